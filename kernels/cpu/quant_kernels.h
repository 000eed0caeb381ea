// Panels of quantised weights x int8 activations; layouts in panel_format.h.
//
//   y[t, r] = sum_b  dx[t, b] * s[r, b] * (offset[t, b] + sum_c code[r, c] * q[t, c])
//                    - min[r, b] * sum[t, b]
//
// b runs over the groups of columns that share a scale. Integer sums are exact; everything else is
// float32. Each 32-column block of weights is unpacked to bytes in registers once per tile of
// tokens.
#pragma once

#include <utility>

#include "kernels/cpu/kernel_table.h"
#include "kernels/cpu/panel_format.h"

namespace curlew::kernels {
namespace {

inline constexpr int kColumnGroups = 8;  // of 4 columns, in a block of 32

template <class S, int T>
void quantize_tokens(const QuantizeArgs& a) {
  auto* out = reinterpret_cast<ActivationBlock<T>*>(a.blocks);
  for (std::int64_t c = 0; c < a.cols; c += kBlockCols, ++out)
    for (int t = 0; t < T; ++t) {
      const float* x = a.x + t * a.cols + c;
      typename S::Floats peak = S::abs(S::load(x));
      for (int i = S::kLanes; i < kBlockCols; i += S::kLanes)
        peak = S::max(peak, S::abs(S::load(x + i)));
      const float amax = S::max_of(peak);
      const float inverse = amax > 1e-30f ? 127.f / amax : 0.f;
      const int first = S::quantize_16(x, inverse, out->q[t]);
      const int second = S::quantize_16(x + 16, inverse, out->q[t] + 16);
      const int sums[2] = {a.group == kBlockCols ? first + second : first, second};
      out->d[t] = amax * (1.f / 127.f);
      for (int i = 0; i < 2; ++i) {
        out->sum[i][t] = out->d[t] * static_cast<float>(sums[i]);
        out->offset[i][t] = -a.zero * sums[i];
      }
    }
}

template <class S>
void quantize_tile(const QuantizeArgs& a) {
  switch (a.tokens) {
    case 1:
      return quantize_tokens<S, 1>(a);
    case 2:
      return quantize_tokens<S, 2>(a);
    case 4:
      return quantize_tokens<S, 4>(a);
    default:
      return quantize_tokens<S, 8>(a);
  }
}

// Unpacking: the entries of column group kGroup, rows half * kLanes .. + kLanes - 1.
template <class S, PanelFormat F>
struct Planes {
  using Bytes = typename S::Bytes;
  static constexpr int kHalfBytes = S::kLanes * 4;
  static constexpr int kLowBits = F.bits == 8 ? 8 : (F.bits < 4 ? 2 : 4);
  static constexpr int kHighBits = F.bits - kLowBits;

  const std::uint8_t* at;  // the block's planes
  int half;

  CURLEW_INLINE Bytes vector(int idx) const {
    return S::load_bytes(at + idx * kVectorBytes + half * kHalfBytes);
  }

  template <int kGroup>
  CURLEW_INLINE Bytes low() const {
    if constexpr (kLowBits == 8)
      return vector(kGroup);
    else if constexpr (kLowBits == 4)
      return S::template shift_and < kGroup < 4 ? 0 : -4 > (vector(kGroup % 4), 15);
    else
      return S::template shift_and<-2 * (kGroup % 4)>(vector(kGroup / 4), 3);
  }

  // The high plane's bits, already at their place above the low ones.
  template <int kGroup>
  CURLEW_INLINE Bytes high() const {
    constexpr int kFirst = kLowBits;  // vectors before this plane: 64 bytes per bit
    if constexpr (kHighBits == 2)
      return S::template shift_and<kLowBits - 2 * (kGroup % 4)>(vector(kFirst + kGroup / 4),
                                                                3 << kLowBits);
    else
      return S::template shift_and<kLowBits - kGroup>(vector(kFirst), 1 << kLowBits);
  }

  template <int kGroup>
  CURLEW_INLINE Bytes entries() const {
    const Bytes codes = low<kGroup>();
    if constexpr (kHighBits > 0)
      return S::bit_or(codes, high<kGroup>());
    else if constexpr (F.table != CodeTable::kNone)
      return S::lookup(code_entries(F.table), codes);
    else
      return codes;
  }
};

// Scales of a chunk, from its header.
template <class S, PanelFormat F>
struct Scales {
  using Floats = typename S::Floats;
  static constexpr bool kSuper = F.scales == ScaleKind::kSuper;
  static constexpr int kRowBytes16 = kPanelRows * 2;

  const std::uint8_t* header;
  int row;         // of the first lane
  Floats d, dmin;  // super-block types only

  CURLEW_INLINE void read(const std::uint8_t* chunk_header, int half) {
    header = chunk_header;
    row = half * S::kLanes;
    if constexpr (kSuper) {
      d = S::load_f16(header + 2 * row);
      if constexpr (F.has_min) dmin = S::load_f16(header + kRowBytes16 + 2 * row);
    }
  }

  // Group `idx` of the chunk; for block types that is a block.
  CURLEW_INLINE Floats scale(int idx) const {
    if constexpr (kSuper) {
      const std::uint8_t* sc = header + (F.has_min ? 2 : 1) * kRowBytes16 + idx * kPanelRows + row;
      return S::mul(d, S::load_i8(reinterpret_cast<const std::int8_t*>(sc)));
    } else if constexpr (F.scales == ScaleKind::kBF16) {
      return S::load_bf16(header + idx * kRowBytes16 + 2 * row);
    } else {
      return S::load_f16(header + idx * kRowBytes16 + 2 * row);
    }
  }

  CURLEW_INLINE Floats min(int idx) const {
    if constexpr (kSuper)
      return S::mul(dmin,
                    S::load_u8(header + 2 * kRowBytes16 + (F.groups() + idx) * kPanelRows + row));
    else
      return S::load_f16(header + (kChunkBlocks + idx) * kRowBytes16 + 2 * row);
  }
};

// The vectors of rows that one pass sums side by side: kVectors of kLanes rows each, the first of
// them in `panel`.
template <class S, PanelFormat F, int T, int kVectors>
struct Pass {
  using Floats = typename S::Floats;
  using Ints = typename S::Ints;
  static constexpr int kPanelVectors = kPanelRows / S::kLanes;
  static constexpr int kScaleGroups = kBlockCols / F.group;  // of a block
  static constexpr bool kSigned = F.wide() && S::kSignedWide;

  const std::uint8_t* chunk[kVectors];
  int half[kVectors];
  Floats sums[kVectors][T];

  CURLEW_INLINE void start(const PanelArgs& a, int first_vector) {
    for (int v = 0; v < kVectors; ++v) {
      chunk[v] =
          a.panel + static_cast<std::size_t>((first_vector + v) / kPanelVectors) * a.panel_bytes;
      half[v] = (first_vector + v) % kPanelVectors;
    }
  }

  // Adds column group kGroup of a block to the integer sums.
  template <int kGroup>
  CURLEW_INLINE static void add_columns(const Planes<S, F> (&planes)[kVectors],
                                        const ActivationBlock<T>& x, Ints (&dots)[kVectors][T]) {
    typename S::Bytes w[kVectors];
    for (int v = 0; v < kVectors; ++v) w[v] = planes[v].template entries<kGroup>();
    for (int t = 0; t < T; ++t) {
      const auto four = S::broadcast_4(x.q[t] + 4 * kGroup);
      for (int v = 0; v < kVectors; ++v)
        dots[v][t] =
            F.wide() ? S::dot_wide(dots[v][t], w[v], four) : S::dot_narrow(dots[v][t], w[v], four);
    }
  }

  // Adds the columns of a block that share scale kScale.
  template <int kScale>
  CURLEW_INLINE void add_scaled(const Planes<S, F> (&planes)[kVectors],
                                const Scales<S, F> (&scales)[kVectors], int block_idx,
                                const ActivationBlock<T>& x) {
    constexpr int kGroups = kColumnGroups / kScaleGroups;
    Ints dots[kVectors][T];
    for (int t = 0; t < T; ++t) {
      const Ints start = S::set_int(kSigned ? 0 : x.offset[kScale][t]);
      for (int v = 0; v < kVectors; ++v) dots[v][t] = start;
    }
    [&]<int... kGroup>(std::integer_sequence<int, kGroup...>) {
      (add_columns<kScale * kGroups + kGroup>(planes, x, dots), ...);
    }
    (std::make_integer_sequence<int, kGroups>());
    const int group_idx = block_idx * kScaleGroups + kScale;
    for (int v = 0; v < kVectors; ++v) {
      const Floats scale = scales[v].scale(group_idx);
      for (int t = 0; t < T; ++t)
        sums[v][t] = S::fma(S::to_floats(dots[v][t]), S::mul(scale, S::set(x.d[t])), sums[v][t]);
      if constexpr (F.has_min) {
        const Floats min = scales[v].min(group_idx);
        for (int t = 0; t < T; ++t) sums[v][t] = S::fnma(min, S::set(x.sum[kScale][t]), sums[v][t]);
      }
    }
  }

  CURLEW_INLINE void add_chunk(int blocks, const ActivationBlock<T>* x) {
    Planes<S, F> planes[kVectors];
    Scales<S, F> scales[kVectors];
    for (int v = 0; v < kVectors; ++v) {
      planes[v] = {chunk[v] + F.header_bytes(), half[v]};
      scales[v].read(chunk[v], half[v]);
    }
    for (int b = 0; b < blocks; ++b) {
      add_scaled<0>(planes, scales, b, x[b]);
      if constexpr (kScaleGroups > 1) add_scaled<1>(planes, scales, b, x[b]);
      for (int v = 0; v < kVectors; ++v) planes[v].at += F.plane_bytes();
    }
    for (int v = 0; v < kVectors; ++v) chunk[v] = planes[v].at;
  }
};

// A part of the columns leaves its sums in y for the next part: the sequence of additions is the
// same as in one go.
template <class S, PanelFormat F, int T, int kVectors>
void multiply_rows(const PanelArgs& a, int first_vector) {
  using Kernel = Pass<S, F, T, kVectors>;
  Kernel pass;
  pass.start(a, first_vector);
  int rows[kVectors];
  for (int v = 0; v < kVectors; ++v) {
    const int row = (first_vector + v) * S::kLanes;
    rows[v] = a.rows - row < 0 ? 0 : (a.rows - row < S::kLanes ? a.rows - row : S::kLanes);
    for (int t = 0; t < T; ++t)
      pass.sums[v][t] = a.is_first ? S::zero() : S::load_n(a.y + t * a.y_stride + row, rows[v]);
  }
  const auto* x = reinterpret_cast<const ActivationBlock<T>*>(a.blocks);
  for (std::int64_t left = a.cols / kBlockCols; left > 0; left -= kChunkBlocks, x += kChunkBlocks)
    pass.add_chunk(left < kChunkBlocks ? static_cast<int>(left) : kChunkBlocks, x);
  for (int v = 0; v < kVectors; ++v) {
    const int row = (first_vector + v) * S::kLanes;
    const auto bias = a.bias ? S::load_n(a.bias + row, rows[v]) : S::zero();
    for (int t = 0; t < T; ++t)
      S::store_n(a.y + t * a.y_stride + row,
                 a.bias ? S::add(pass.sums[v][t], bias) : pass.sums[v][t], rows[v]);
  }
}

// One token does a whole panel in one pass over its bytes, many tokens as many rows as the path has
// registers for.
template <class S, PanelFormat F, int T, int P>
void multiply_panels(const PanelArgs& a) {
  constexpr int kVectors = P * kPanelRows / S::kLanes;
  constexpr int kAtOnce =
      T == 1 ? kPanelRows / S::kLanes : (S::kRowVectors < kVectors ? S::kRowVectors : kVectors);
  for (int v = 0; v < kVectors; v += kAtOnce) multiply_rows<S, F, T, kAtOnce>(a, v);
}

template <class S, WeightType kType, int P>
PanelFn panel_fn_of(int tokens) {
  constexpr PanelFormat kFormat = panel_format(kType);
  switch (tokens) {
    case 1:
      return multiply_panels<S, kFormat, 1, P>;
    case 2:
      return multiply_panels<S, kFormat, 2, P>;
    case 4:
      return multiply_panels<S, kFormat, 4, P>;
    case 8:
      if constexpr (S::kTokenTile >= 8) return multiply_panels<S, kFormat, 8, P>;
  }
  return nullptr;
}

template <class S>
PanelFn panel_fn(WeightType type, int tokens, int panels) {
  const auto choose = [=]<WeightType kType>() {
    return panels == 2 ? panel_fn_of<S, kType, 2>(tokens) : panel_fn_of<S, kType, 1>(tokens);
  };
  switch (type) {
    case WeightType::kQ4_0:
      return choose.template operator()<WeightType::kQ4_0>();
    case WeightType::kQ4_1:
      return choose.template operator()<WeightType::kQ4_1>();
    case WeightType::kQ5_0:
      return choose.template operator()<WeightType::kQ5_0>();
    case WeightType::kQ5_1:
      return choose.template operator()<WeightType::kQ5_1>();
    case WeightType::kQ8_0:
      return choose.template operator()<WeightType::kQ8_0>();
    case WeightType::kQ2_K:
      return choose.template operator()<WeightType::kQ2_K>();
    case WeightType::kQ3_K:
      return choose.template operator()<WeightType::kQ3_K>();
    case WeightType::kQ4_K:
      return choose.template operator()<WeightType::kQ4_K>();
    case WeightType::kQ5_K:
      return choose.template operator()<WeightType::kQ5_K>();
    case WeightType::kQ6_K:
      return choose.template operator()<WeightType::kQ6_K>();
    case WeightType::kIQ4_NL:
      return choose.template operator()<WeightType::kIQ4_NL>();
    case WeightType::kIQ4_XS:
      return choose.template operator()<WeightType::kIQ4_XS>();
    case WeightType::kMXFP4:
      return choose.template operator()<WeightType::kMXFP4>();
    default:
      return nullptr;
  }
}

}  // namespace
}  // namespace curlew::kernels
