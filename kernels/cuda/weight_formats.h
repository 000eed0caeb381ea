// How a lane reads one unit (32 columns) of a row in each format of device_matrix.h, and what it
// makes of it: eight words of int8 codes, a scale and perhaps a minimum.
//
//   w[c] = scale * (code[c] - kZero) - min          kHalves: columns 0-15 and 16-31 have their own
//
// Loading and decoding are apart, so that a kernel can have several units on their way.
#pragma once

#include "kernels/cuda/device_matrix.h"
#include "kernels/cuda/half.h"
#include "kernels/cuda/vector_access.h"

namespace curlew::cuda {

// first[j]: columns 4j .. 4j + 3, second[j]: 16 more.
struct UnitCodes {
  int first[4], second[4];
  float scale[2], min[2];  // [1] only where the halves have their own
};

__device__ inline unsigned word_of(uint4 v, int i) {
  return i == 0 ? v.x : i == 1 ? v.y : i == 2 ? v.z : v.w;
}

__device__ inline void split_nibbles(uint4 codes, UnitCodes& out) {
  for (int j = 0; j < 4; ++j) {
    out.first[j] = static_cast<int>(word_of(codes, j) & 0x0f0f0f0fu);
    out.second[j] = static_cast<int>(word_of(codes, j) >> 4 & 0x0f0f0f0fu);
  }
}

__device__ inline void take_words(uint4 first, uint4 second, UnitCodes& out) {
  for (int j = 0; j < 4; ++j) {
    out.first[j] = static_cast<int>(word_of(first, j));
    out.second[j] = static_cast<int>(word_of(second, j));
  }
}

// Scale and minimum of unit g within a super-block, out of a K header.
__device__ inline void split_k_header(uint4 header, int g, UnitCodes& out) {
  const float2 d = halves_to_floats(header.x);
  const unsigned scale = (header.y >> 4 * g & 15u) | (header.w >> 2 * g & 3u) << 4;
  const unsigned min = (header.z >> 4 * g & 15u) | (header.w >> (16 + 2 * g) & 3u) << 4;
  out.scale[0] = d.x * static_cast<float>(scale);
  out.min[0] = d.y * static_cast<float>(min);
}

// Index of unit `unit` of row `row` in a plane that has one entry a unit.
__device__ inline std::size_t unit_index(const DeviceMatrix& w, int row, int unit) {
  return static_cast<std::size_t>(row) * static_cast<std::size_t>(w.cols / kUnitCols) +
         static_cast<std::size_t>(unit);
}

struct FormatQ4_0 {
  static constexpr DeviceFormat kFormat = DeviceFormat::kQ4_0;
  static constexpr int kZero = 8;
  static constexpr bool kHalves = false, kHasMin = false;
  struct Raw {
    uint4 codes;
    std::uint16_t d;
  };
  __device__ static Raw load(const DeviceMatrix& w, int row, int unit) {
    const std::size_t i = unit_index(w, row, unit);
    return {load16_weights(w.codes + 16 * i), load_vector<std::uint16_t>(w.scales + 2 * i)};
  }
  __device__ static UnitCodes decode(const Raw& raw, int) {
    UnitCodes out;
    split_nibbles(raw.codes, out);
    out.scale[0] = to_float({raw.d});
    return out;
  }
};

struct FormatQ8_0 {
  static constexpr DeviceFormat kFormat = DeviceFormat::kQ8_0;
  static constexpr int kZero = 0;
  static constexpr bool kHalves = false, kHasMin = false;
  struct Raw {
    uint4 first, second;
    std::uint16_t d;
  };
  __device__ static Raw load(const DeviceMatrix& w, int row, int unit) {
    const std::size_t i = unit_index(w, row, unit);
    return {load16_weights(w.codes + 16 * i), load16_weights(w.more + 16 * i),
            load_vector<std::uint16_t>(w.scales + 2 * i)};
  }
  __device__ static UnitCodes decode(const Raw& raw, int) {
    UnitCodes out;
    take_words(raw.first, raw.second, out);
    out.scale[0] = to_float({raw.d});
    return out;
  }
};

struct FormatQ4_K {
  static constexpr DeviceFormat kFormat = DeviceFormat::kQ4_K;
  static constexpr int kZero = 0;
  static constexpr bool kHalves = false, kHasMin = true;
  struct Raw {
    uint4 codes, header;
  };
  __device__ static Raw load(const DeviceMatrix& w, int row, int unit) {
    const std::size_t i = unit_index(w, row, unit);
    return {load16_weights(w.codes + 16 * i), load16_weights(w.scales + 16 * (i / kSuperUnits))};
  }
  __device__ static UnitCodes decode(const Raw& raw, int unit) {
    UnitCodes out;
    split_nibbles(raw.codes, out);
    split_k_header(raw.header, unit % kSuperUnits, out);
    return out;
  }
};

struct FormatQ5_K {
  static constexpr DeviceFormat kFormat = DeviceFormat::kQ5_K;
  static constexpr int kZero = 0;
  static constexpr bool kHalves = false, kHasMin = true;
  struct Raw {
    uint4 codes, header;
    unsigned fifth;
  };
  __device__ static Raw load(const DeviceMatrix& w, int row, int unit) {
    const std::size_t i = unit_index(w, row, unit);
    return {load16_weights(w.codes + 16 * i), load16_weights(w.scales + 16 * (i / kSuperUnits)),
            load_vector<unsigned>(w.more + 4 * i)};
  }
  __device__ static UnitCodes decode(const Raw& raw, int unit) {
    UnitCodes out;
    split_nibbles(raw.codes, out);
    for (int j = 0; j < 4; ++j) {
      out.first[j] |= static_cast<int>(raw.fifth >> j << 4 & 0x10101010u);
      out.second[j] |= static_cast<int>(raw.fifth >> j & 0x10101010u);
    }
    split_k_header(raw.header, unit % kSuperUnits, out);
    return out;
  }
};

struct FormatQ6_K {
  static constexpr DeviceFormat kFormat = DeviceFormat::kQ6_K;
  static constexpr int kZero = 32;
  static constexpr bool kHalves = true, kHasMin = false;
  struct Raw {
    uint4 codes;
    uint2 upper;
    std::uint16_t scales, d;
  };
  __device__ static Raw load(const DeviceMatrix& w, int row, int unit) {
    const std::size_t i = unit_index(w, row, unit);
    return {load16_weights(w.codes + 16 * i), load_vector<uint2>(w.more + 8 * i),
            load_vector<std::uint16_t>(w.scales + 2 * i),
            load_vector<std::uint16_t>(w.super + 2 * (i / kSuperUnits))};
  }
  __device__ static UnitCodes decode(const Raw& raw, int) {
    UnitCodes out;
    split_nibbles(raw.codes, out);
    for (int j = 0; j < 4; ++j) {
      out.first[j] |= static_cast<int>((raw.upper.x >> 2 * j & 0x03030303u) << 4);
      out.second[j] |= static_cast<int>((raw.upper.y >> 2 * j & 0x03030303u) << 4);
    }
    const float d = to_float({raw.d});
    out.scale[0] = d * static_cast<float>(static_cast<std::int8_t>(raw.scales & 255));
    out.scale[1] = d * static_cast<float>(static_cast<std::int8_t>(raw.scales >> 8));
    return out;
  }
};

struct FormatWide {
  static constexpr DeviceFormat kFormat = DeviceFormat::kWide;
  static constexpr int kZero = 0;
  static constexpr bool kHalves = true, kHasMin = true;
  struct Raw {
    uint4 first, second, scales;
  };
  __device__ static Raw load(const DeviceMatrix& w, int row, int unit) {
    const std::size_t i = unit_index(w, row, unit);
    return {load16_weights(w.codes + 16 * i), load16_weights(w.more + 16 * i),
            load16_weights(w.scales + 16 * i)};
  }
  __device__ static UnitCodes decode(const Raw& raw, int) {
    UnitCodes out;
    take_words(raw.first, raw.second, out);
    out.scale[0] = __uint_as_float(raw.scales.x);
    out.min[0] = __uint_as_float(raw.scales.y);
    out.scale[1] = __uint_as_float(raw.scales.z);
    out.min[1] = __uint_as_float(raw.scales.w);
    return out;
  }
};

// The unquantised ones: their unit is what one 16-byte load holds, kCols columns.
template <DeviceFormat kFloatFormat>
struct FormatFloat {
  static constexpr DeviceFormat kFormat = kFloatFormat;
  static constexpr int kCols = kFloatFormat == DeviceFormat::kF32 ? 4 : 8;
  __device__ static int units(const DeviceMatrix& w) {  // of a row, its padding included
    return (w.cols + kUnitCols - 1) / kUnitCols * (kUnitCols / kCols);
  }
  __device__ static uint4 load(const DeviceMatrix& w, int row, int unit) {
    const std::size_t i = static_cast<std::size_t>(row) * static_cast<std::size_t>(units(w)) +
                          static_cast<std::size_t>(unit);
    return load16_weights(w.codes + 16 * i);
  }
  __device__ static void decode(uint4 raw, float* value) {  // [kCols]
    for (int j = 0; j < 4; ++j) {
      const unsigned word = word_of(raw, j);
      if constexpr (kFormat == DeviceFormat::kF32) {
        value[j] = __uint_as_float(word);
      } else if constexpr (kFormat == DeviceFormat::kF16) {
        const float2 pair = halves_to_floats(word);
        value[2 * j] = pair.x, value[2 * j + 1] = pair.y;
      } else {
        value[2 * j] = bf16_to_float(static_cast<std::uint16_t>(word & 0xffffu));
        value[2 * j + 1] = bf16_to_float(static_cast<std::uint16_t>(word >> 16));
      }
    }
  }
};
using FormatF16 = FormatFloat<DeviceFormat::kF16>;
using FormatBF16 = FormatFloat<DeviceFormat::kBF16>;
using FormatF32 = FormatFloat<DeviceFormat::kF32>;

// What `start` gives for a format: it is called with a value of the format's type.
template <class Start>
cudaError_t with_format(DeviceFormat format, const Start& start) {
  switch (format) {
    case DeviceFormat::kQ4_0:
      return start(FormatQ4_0());
    case DeviceFormat::kQ8_0:
      return start(FormatQ8_0());
    case DeviceFormat::kQ4_K:
      return start(FormatQ4_K());
    case DeviceFormat::kQ5_K:
      return start(FormatQ5_K());
    case DeviceFormat::kQ6_K:
      return start(FormatQ6_K());
    case DeviceFormat::kWide:
      return start(FormatWide());
    case DeviceFormat::kF16:
      return start(FormatF16());
    case DeviceFormat::kBF16:
      return start(FormatBF16());
    case DeviceFormat::kF32:
      return start(FormatF32());
  }
  return cudaErrorInvalidValue;
}

}  // namespace curlew::cuda
