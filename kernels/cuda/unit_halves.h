// A unit of weights of any format but F32, as 32 halves.
//
//   UnitHalves<Format>::load(matrix, row, unit)    raw, in registers
//   UnitHalves<Format>::store(raw, unit, to)       to: 32 halves, 16-byte aligned
//
// Every weight is found in float32, exactly or rounded once, and then rounded to a half.
#pragma once

#include "kernels/cuda/weight_formats.h"

namespace curlew::cuda {

// Byte i of a word of codes, signed, as a number: put under the exponent of 2^23, it is one at once.
__device__ inline float code_value(unsigned flipped, int i) {
  constexpr float kBias = 8388608.f + 128.f;
  return __uint_as_float(0x4b000000u | (flipped >> 8 * i & 255u)) - kBias;
}

template <class Format>
struct UnitHalves {
  using Raw = typename Format::Raw;
  __device__ static Raw load(const DeviceMatrix& w, int row, int unit) {
    return Format::load(w, row, unit);
  }
  __device__ static void store(const Raw& raw, int unit, Half* to) {
    const UnitCodes codes = Format::decode(raw, unit);
#pragma unroll
    for (int side = 0; side < 2; ++side) {
      const int which = Format::kHalves ? side : 0;
      const float scale = codes.scale[which];
      static_assert(!Format::kHasMin || Format::kZero == 0);
      unsigned word[8];
#pragma unroll
      for (int j = 0; j < 4; ++j) {
        const unsigned c =
            static_cast<unsigned>(side == 0 ? codes.first[j] : codes.second[j]) ^ 0x80808080u;
        float v[4];
        for (int i = 0; i < 4; ++i) {
          const float code = code_value(c, i);
          if constexpr (Format::kHasMin)
            v[i] = fmaf(scale, code, -codes.min[which]);
          else
            v[i] = scale * (code - static_cast<float>(Format::kZero));
        }
        word[2 * j] = pack_halves(v[0], v[1]);
        word[2 * j + 1] = pack_halves(v[2], v[3]);
      }
      for (int j = 0; j < 2; ++j)
        store_vector(to + 16 * side + 8 * j,
                     make_uint4(word[4 * j], word[4 * j + 1], word[4 * j + 2], word[4 * j + 3]));
    }
  }
};

template <DeviceFormat kFloatFormat>
struct UnitHalves<FormatFloat<kFloatFormat>> {
  static constexpr int kLoads = 4;
  struct Raw {
    uint4 part[kLoads];
  };
  __device__ static Raw load(const DeviceMatrix& w, int row, int unit) {
    Raw raw;
#pragma unroll
    for (int i = 0; i < kLoads; ++i)
      raw.part[i] = FormatFloat<kFloatFormat>::load(w, row, kLoads * unit + i);
    return raw;
  }
  __device__ static void store(const Raw& raw, int, Half* to) {
#pragma unroll
    for (int i = 0; i < kLoads; ++i) {
      uint4 v = raw.part[i];
      if constexpr (kFloatFormat == DeviceFormat::kBF16) {
        float w[8];
        FormatFloat<kFloatFormat>::decode(raw.part[i], w);
        v = make_uint4(pack_halves_within(w[0], w[1]), pack_halves_within(w[2], w[3]),
                       pack_halves_within(w[4], w[5]), pack_halves_within(w[6], w[7]));
      }
      store_vector(to + 8 * i, v);
    }
  }
};

}  // namespace curlew::cuda
