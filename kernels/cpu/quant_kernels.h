// Panels of quantised weights x int8 activations; layouts in panel_format.h.
//
//   y[t, r] = sum_b  dx[t, b] * s[r, b] * (offset[t, b] + sum_c code[r, c] * q[t, c])  -  min[r, b]
//   * sum[t, b]
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

inline constexpr int kColumnGroups = 8;      // of 4 columns, in a block of 32
inline constexpr int kPrefetchBytes = 2048;  // ahead of a single token's stream of weights

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

  static Bytes vector(const std::uint8_t* planes, int idx, int half) {
    return S::load_bytes(planes + idx * kVectorBytes + half * kHalfBytes);
  }

  template <int kGroup>
  static Bytes low(const std::uint8_t* planes, int half) {
    if constexpr (kLowBits == 8)
      return vector(planes, kGroup, half);
    else if constexpr (kLowBits == 4)
      return S::template shift_and < kGroup < 4 ? 0 : -4 > (vector(planes, kGroup % 4, half), 15);
    else
      return S::template shift_and<-2 * (kGroup % 4)>(vector(planes, kGroup / 4, half), 3);
  }

  // The high plane's bits, already at their place above the low ones.
  template <int kGroup>
  static Bytes high(const std::uint8_t* planes, int half) {
    constexpr int kFirst = kLowBits;  // vectors before this plane: 64 bytes per bit
    if constexpr (kHighBits == 2)
      return S::template shift_and<kLowBits - 2 * (kGroup % 4)>(
          vector(planes, kFirst + kGroup / 4, half), 3 << kLowBits);
    else
      return S::template shift_and<kLowBits - kGroup>(vector(planes, kFirst, half), 1 << kLowBits);
  }

  template <int kGroup>
  static Bytes entries(const std::uint8_t* planes, int half) {
    const Bytes codes = low<kGroup>(planes, half);
    if constexpr (kHighBits > 0)
      return S::bit_or(codes, high<kGroup>(planes, half));
    else if constexpr (F.table != CodeTable::kNone)
      return S::lookup(code_entries(F.table), codes);
    else
      return codes;
  }

  static void unpack(const std::uint8_t* planes, int half, Bytes (&out)[kColumnGroups]) {
    [&]<int... kGroup>(std::integer_sequence<int, kGroup...>) {
      ((out[kGroup] = entries<kGroup>(planes, half)), ...);
    }
    (std::make_integer_sequence<int, kColumnGroups>());
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

  Scales(const std::uint8_t* chunk_header, int half) : header(chunk_header), row(half * S::kLanes) {
    if constexpr (kSuper) {
      d = S::load_f16(header + 2 * row);
      if constexpr (F.has_min) dmin = S::load_f16(header + kRowBytes16 + 2 * row);
    }
  }

  // Group `idx` of the chunk; for block types that is a block.
  Floats scale(int idx) const {
    if constexpr (kSuper) {
      const std::uint8_t* sc = header + (F.has_min ? 2 : 1) * kRowBytes16 + idx * kPanelRows + row;
      return S::mul(d, S::load_i8(reinterpret_cast<const std::int8_t*>(sc)));
    } else if constexpr (F.scales == ScaleKind::kBF16) {
      return S::load_bf16(header + idx * kRowBytes16 + 2 * row);
    } else {
      return S::load_f16(header + idx * kRowBytes16 + 2 * row);
    }
  }

  Floats min(int idx) const {
    if constexpr (kSuper)
      return S::mul(dmin,
                    S::load_u8(header + 2 * kRowBytes16 + (F.groups() + idx) * kPanelRows + row));
    else
      return S::load_f16(header + (kChunkBlocks + idx) * kRowBytes16 + 2 * row);
  }
};

// Adds the columns that share scale kGroup of a 32-column block. Everything that indexes w is known
// at compile time: the block stays in registers.
template <class S, PanelFormat F, int T, int kGroup>
void add_group(const typename S::Bytes (&w)[kColumnGroups], const Scales<S, F>& scales,
               int block_idx, const ActivationBlock<T>& x, typename S::Floats (&sums)[T]) {
  constexpr int kGroups = kBlockCols / F.group;
  constexpr int kVectors = kColumnGroups / kGroups;
  constexpr bool kSigned = F.wide() && S::kSignedWide;
  const auto scale = scales.scale(block_idx * kGroups + kGroup);
  for (int t = 0; t < T; ++t) {
    auto dot = S::set_int(kSigned ? 0 : x.offset[kGroup][t]);
    for (int v = kGroup * kVectors; v < (kGroup + 1) * kVectors; ++v)
      dot = F.wide() ? S::dot_wide(dot, w[v], x.q[t] + 4 * v)
                     : S::dot_narrow(dot, w[v], x.q[t] + 4 * v);
    sums[t] = S::fma(S::to_floats(dot), S::mul(scale, S::set(x.d[t])), sums[t]);
  }
  if constexpr (F.has_min) {
    const auto min = scales.min(block_idx * kGroups + kGroup);
    for (int t = 0; t < T; ++t) sums[t] = S::fnma(min, S::set(x.sum[kGroup][t]), sums[t]);
  }
}

// Adds one 32-column block of T tokens to sums[T].
template <class S, PanelFormat F, int T>
void add_block(const std::uint8_t* planes, int half, const Scales<S, F>& scales, int block_idx,
               const ActivationBlock<T>& x, typename S::Floats (&sums)[T]) {
  typename S::Bytes w[kColumnGroups];
  Planes<S, F>::unpack(planes, half, w);
  add_group<S, F, T, 0>(w, scales, block_idx, x, sums);
  if constexpr (F.group < kBlockCols) add_group<S, F, T, 1>(w, scales, block_idx, x, sums);
}

template <class S>
void store_rows(const PanelArgs& a, int token, int row, typename S::Floats sum) {
  const int n = a.rows - row < S::kLanes ? a.rows - row : S::kLanes;
  if (n <= 0) return;
  if (a.bias) sum = S::add(sum, S::load_n(a.bias + row, n));
  S::store_n(a.y + token * a.y_stride + row, sum, n);
}

// kHalves: how many vectors of rows are summed side by side. One token does the whole panel in one
// pass over its bytes; a tile of tokens needs the registers and walks the panel, by then in cache,
// once per vector of rows.
template <class S, PanelFormat F, int T, int kHalves>
void multiply_rows(const PanelArgs& a, int first_half) {
  typename S::Floats sums[kHalves][T];
  for (auto& row : sums)
    for (auto& sum : row) sum = S::zero();
  const std::uint8_t* chunk = a.panel;
  const auto* x = reinterpret_cast<const ActivationBlock<T>*>(a.blocks);
  for (std::int64_t left = a.cols / kBlockCols; left > 0; left -= kChunkBlocks) {
    const int blocks = left < kChunkBlocks ? static_cast<int>(left) : kChunkBlocks;
    const std::uint8_t* planes = chunk + F.header_bytes();
    for (int b = 0; b < blocks; ++b, ++x, planes += F.plane_bytes()) {
      if constexpr (T == 1)
        for (int line = 0; line < F.bits; ++line)
          S::prefetch(planes + kPrefetchBytes + line * kVectorBytes);
      for (int h = 0; h < kHalves; ++h)
        add_block<S, F, T>(planes, first_half + h, Scales<S, F>(chunk, first_half + h), b, *x,
                           sums[h]);
    }
    chunk = planes;
  }
  for (int h = 0; h < kHalves; ++h)
    for (int t = 0; t < T; ++t) store_rows<S>(a, t, (first_half + h) * S::kLanes, sums[h][t]);
}

template <class S, PanelFormat F, int T>
void multiply_panel(const PanelArgs& a) {
  constexpr int kVectors = kPanelRows / S::kLanes;
  constexpr int kAtOnce = T == 1 ? kVectors : 1;
  for (int half = 0; half < kVectors; half += kAtOnce) multiply_rows<S, F, T, kAtOnce>(a, half);
}

template <class S, WeightType kType>
PanelFn panel_fn_of(int tokens) {
  constexpr PanelFormat kFormat = panel_format(kType);
  switch (tokens) {
    case 1:
      return multiply_panel<S, kFormat, 1>;
    case 2:
      return multiply_panel<S, kFormat, 2>;
    case 4:
      return multiply_panel<S, kFormat, 4>;
    case 8:
      if constexpr (S::kTokenTile >= 8) return multiply_panel<S, kFormat, 8>;
  }
  return nullptr;
}

template <class S>
PanelFn panel_fn(WeightType type, int tokens) {
  switch (type) {
    case WeightType::kQ4_0:
      return panel_fn_of<S, WeightType::kQ4_0>(tokens);
    case WeightType::kQ4_1:
      return panel_fn_of<S, WeightType::kQ4_1>(tokens);
    case WeightType::kQ5_0:
      return panel_fn_of<S, WeightType::kQ5_0>(tokens);
    case WeightType::kQ5_1:
      return panel_fn_of<S, WeightType::kQ5_1>(tokens);
    case WeightType::kQ8_0:
      return panel_fn_of<S, WeightType::kQ8_0>(tokens);
    case WeightType::kQ2_K:
      return panel_fn_of<S, WeightType::kQ2_K>(tokens);
    case WeightType::kQ3_K:
      return panel_fn_of<S, WeightType::kQ3_K>(tokens);
    case WeightType::kQ4_K:
      return panel_fn_of<S, WeightType::kQ4_K>(tokens);
    case WeightType::kQ5_K:
      return panel_fn_of<S, WeightType::kQ5_K>(tokens);
    case WeightType::kQ6_K:
      return panel_fn_of<S, WeightType::kQ6_K>(tokens);
    case WeightType::kIQ4_NL:
      return panel_fn_of<S, WeightType::kIQ4_NL>(tokens);
    case WeightType::kIQ4_XS:
      return panel_fn_of<S, WeightType::kIQ4_XS>(tokens);
    case WeightType::kMXFP4:
      return panel_fn_of<S, WeightType::kMXFP4>(tokens);
    default:
      return nullptr;
  }
}

}  // namespace
}  // namespace curlew::kernels
