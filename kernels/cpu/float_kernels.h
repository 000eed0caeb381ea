// F32, F16 and BF16 weights, row-major as in the file, x float32 activations. A tile of R rows by T
// tokens keeps R * T vectors of partial sums in registers; each row and each token is read once per
// tile. Where the machine multiplies pairs of bfloat16, activations are rounded to them first.
#pragma once

#include "kernels/cpu/kernel_table.h"

namespace curlew::kernels {
namespace {

template <class S, WeightType kType>
struct FloatWeights {
  static constexpr int kBytes = kType == WeightType::kF32 ? 4 : 2;

  static typename S::Floats load(const std::uint8_t* p) {
    if constexpr (kType == WeightType::kF32)
      return S::load(reinterpret_cast<const float*>(p));
    else if constexpr (kType == WeightType::kF16)
      return S::load_f16(p);
    else
      return S::load_bf16(p);
  }
  static typename S::Floats load_n(const std::uint8_t* p, int n) {
    if constexpr (kType == WeightType::kF32)
      return S::load_n(reinterpret_cast<const float*>(p), n);
    else if constexpr (kType == WeightType::kF16)
      return S::load_f16_n(p, n);
    else
      return S::load_bf16_n(p, n);
  }
};

template <class S, WeightType kType, int R, int T>
void multiply_float_tile(const FloatTileArgs& a) {
  using Weights = FloatWeights<S, kType>;
  typename S::Floats sums[R][T];
  for (auto& row : sums)
    for (auto& sum : row) sum = S::zero();
  const auto* const activations = static_cast<const float*>(a.x);
  std::int64_t c = 0;
  for (; c + S::kLanes <= a.cols; c += S::kLanes) {
    typename S::Floats x[T];
    for (int t = 0; t < T; ++t) x[t] = S::load(activations + t * a.cols + c);
    for (int r = 0; r < R; ++r) {
      const std::uint8_t* at = a.w + r * a.row_bytes + c * Weights::kBytes;
      if constexpr (T == 1) S::prefetch(at + R * a.row_bytes);  // the same place of the next tile
      const auto w = Weights::load(at);
      for (int t = 0; t < T; ++t) sums[r][t] = S::fma(w, x[t], sums[r][t]);
    }
  }
  if (const int rest = static_cast<int>(a.cols - c); rest > 0)
    for (int r = 0; r < R; ++r) {
      const auto w = Weights::load_n(a.w + r * a.row_bytes + c * Weights::kBytes, rest);
      for (int t = 0; t < T; ++t)
        sums[r][t] = S::fma(w, S::load_n(activations + t * a.cols + c, rest), sums[r][t]);
    }
  for (int r = 0; r < R; ++r)
    for (int t = 0; t < T; ++t)
      a.y[t * a.y_stride + r] = S::sum(sums[r][t]) + (a.bias ? a.bias[r] : 0.f);
}

template <class S>
void round_activations(const float* x, std::uint16_t* rounded, std::int64_t n) {
  std::int64_t i = 0;
  for (; i + S::kPairLanes <= n; i += S::kPairLanes) S::round_pairs(x + i, rounded + i);
  if (i < n) S::round_pairs_n(x + i, rounded + i, static_cast<int>(n - i));
}

// BF16 weights and activations.
template <class S, int R, int T>
void multiply_pair_tile(const FloatTileArgs& a) {
  typename S::Floats sums[R][T];
  for (auto& row : sums)
    for (auto& sum : row) sum = S::zero();
  const auto add = [&](std::int64_t c, const auto& load) {
    typename S::Pairs x[T];
    for (int t = 0; t < T; ++t)
      x[t] = load(static_cast<const std::uint16_t*>(a.x) + t * a.cols + c);
    for (int r = 0; r < R; ++r) {
      const std::uint8_t* at = a.w + r * a.row_bytes + c * 2;
      if constexpr (T == 1) S::prefetch(at + R * a.row_bytes);
      const typename S::Pairs w = load(at);
      for (int t = 0; t < T; ++t) sums[r][t] = S::dot_pairs(w, x[t], sums[r][t]);
    }
  };
  std::int64_t c = 0;
  for (; c + S::kPairLanes <= a.cols; c += S::kPairLanes) add(c, S::load_pairs);
  if (const int rest = static_cast<int>(a.cols - c); rest > 0)
    add(c, [=](const void* p) { return S::load_pairs_n(p, rest); });
  for (int r = 0; r < R; ++r)
    for (int t = 0; t < T; ++t)
      a.y[t * a.y_stride + r] = S::sum(sums[r][t]) + (a.bias ? a.bias[r] : 0.f);
}

template <class S, WeightType kType, int R, int T>
constexpr FloatTileFn float_tile_fn() {
  if constexpr (kType == WeightType::kBF16 && requires { typename S::Pairs; })
    return multiply_pair_tile<S, R, T>;
  else
    return multiply_float_tile<S, kType, R, T>;
}

template <class S, WeightType kType>
FloatTileFn float_fn_of(int rows, int tokens) {
  if (rows == 1) {
    if (tokens == 1) return float_tile_fn<S, kType, 1, 1>();
    return float_tile_fn<S, kType, 1, kFloatTokens>();
  }
  if (tokens == 1) return float_tile_fn<S, kType, kFloatRows, 1>();
  return float_tile_fn<S, kType, kFloatRows, kFloatTokens>();
}

template <class S>
FloatTileFn float_fn(WeightType type, int rows, int tokens) {
  switch (type) {
    case WeightType::kF32:
      return float_fn_of<S, WeightType::kF32>(rows, tokens);
    case WeightType::kF16:
      return float_fn_of<S, WeightType::kF16>(rows, tokens);
    case WeightType::kBF16:
      return float_fn_of<S, WeightType::kBF16>(rows, tokens);
    default:
      return nullptr;
  }
}

}  // namespace
}  // namespace curlew::kernels
