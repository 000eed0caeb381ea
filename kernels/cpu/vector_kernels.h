// Element-wise kernels and the exponential they share.
#pragma once

#include <cstdint>

namespace curlew::kernels {
namespace {

// e^x within 2e-7 relative for -87 <= x <= 88, clamped outside. x = n ln 2 + r with |r| <= ln 2 /
// 2, the Taylor polynomial of e^r to the sixth power (its next term is below 2e-7), scaled by 2^n.
// NaN is not kept.
template <class S>
typename S::Floats exponential(typename S::Floats x) {
  x = S::min(S::max(x, S::set(-87.f)), S::set(88.f));
  const auto n = S::round(S::mul(x, S::set(1.44269504f)));
  auto r = S::fnma(n, S::set(0.693359375f), x);  // ln 2 in two parts, the first exact in few bits
  r = S::fnma(n, S::set(-2.12194440e-4f), r);
  constexpr float kCoefficients[] = {1.f / 120, 1.f / 24, 1.f / 6, 1.f / 2, 1.f, 1.f};
  auto p = S::set(1.f / 720);
  for (const float coefficient : kCoefficients) p = S::fma(p, r, S::set(coefficient));
  return S::scale_by_power(p, n);
}

template <class S>
void rms_norm_row(const float* x, const float* weight, float* y, int cols, float eps) {
  auto squares = S::zero(), squares_odd = S::zero();  // two chains hide the latency
  int c = 0;
  for (; c + 2 * S::kLanes <= cols; c += 2 * S::kLanes) {
    const auto a = S::load(x + c), b = S::load(x + c + S::kLanes);
    squares = S::fma(a, a, squares);
    squares_odd = S::fma(b, b, squares_odd);
  }
  for (; c < cols; c += S::kLanes) {
    const auto a = S::load_n(x + c, cols - c < S::kLanes ? cols - c : S::kLanes);
    squares = S::fma(a, a, squares);
  }
  const float mean = S::sum(S::add(squares, squares_odd)) / static_cast<float>(cols);
  const auto scale = S::set(1.f / __builtin_sqrtf(mean + eps));
  for (c = 0; c < cols; c += S::kLanes) {
    const int n = cols - c < S::kLanes ? cols - c : S::kLanes;
    S::store_n(y + c, S::mul(S::mul(S::load_n(x + c, n), scale), S::load_n(weight + c, n)), n);
  }
}

template <class S>
void rms_norm_rows(const float* x, const float* weight, float* y, int rows, int cols, float eps) {
  for (int r = 0; r < rows; ++r) {
    const std::int64_t at = static_cast<std::int64_t>(r) * cols;
    rms_norm_row<S>(x + at, weight, y + at, cols, eps);
  }
}

// Mean first, then the squares of what is left: no cancellation, whatever the mean.
template <class S>
void layer_norm_row(const float* x, const float* weight, const float* bias, float* y, int cols,
                    float eps) {
  auto sum = S::zero(), squares = S::zero();
  for (int c = 0; c < cols; c += S::kLanes)
    sum = S::add(sum, S::load_n(x + c, cols - c < S::kLanes ? cols - c : S::kLanes));
  const auto mean = S::set(S::sum(sum) / static_cast<float>(cols));
  for (int c = 0; c < cols; c += S::kLanes) {
    const int n = cols - c < S::kLanes ? cols - c : S::kLanes;
    const auto rest = S::keep_first(S::sub(S::load_n(x + c, n), mean), n, S::zero());
    squares = S::fma(rest, rest, squares);
  }
  const float variance = S::sum(squares) / static_cast<float>(cols);
  const auto scale = S::set(1.f / __builtin_sqrtf(variance + eps));
  for (int c = 0; c < cols; c += S::kLanes) {
    const int n = cols - c < S::kLanes ? cols - c : S::kLanes;
    const auto unit = S::mul(S::sub(S::load_n(x + c, n), mean), scale);
    const auto shift = bias != nullptr ? S::load_n(bias + c, n) : S::zero();
    S::store_n(y + c, S::fma(unit, S::load_n(weight + c, n), shift), n);
  }
}

template <class S>
void layer_norm_rows(const float* x, const float* weight, const float* bias, float* y, int rows,
                     int cols, float eps) {
  for (int r = 0; r < rows; ++r) {
    const std::int64_t at = static_cast<std::int64_t>(r) * cols;
    layer_norm_row<S>(x + at, weight, bias, y + at, cols, eps);
  }
}

// v / (1 + e^-w)
template <class S>
typename S::Floats times_sigmoid(typename S::Floats v, typename S::Floats w) {
  return S::div(v, S::add(S::set(1.f), exponential<S>(S::sub(S::zero(), w))));
}

// 1/2 (1 + tanh u) is the logistic function of 2 u, so that no tanh is needed.
template <class S>
typename S::Floats gelu_of(typename S::Floats v) {
  constexpr float kTwiceRootTwoOverPi = 1.5957691216057308f;
  const auto cubic = S::mul(S::mul(v, v), S::mul(v, S::set(0.044715f)));
  return times_sigmoid<S>(v, S::mul(S::add(v, cubic), S::set(kTwiceRootTwoOverPi)));
}

template <class S>
void gelu_n(const float* x, float* y, std::int64_t n) {
  for (std::int64_t i = 0; i < n; i += S::kLanes) {
    const int lanes = n - i < S::kLanes ? static_cast<int>(n - i) : S::kLanes;
    S::store_n(y + i, gelu_of<S>(S::load_n(x + i, lanes)), lanes);
  }
}

template <class S>
void gelu_mul_n(const float* gate, const float* up, float* out, std::int64_t n) {
  for (std::int64_t i = 0; i < n; i += S::kLanes) {
    const int lanes = n - i < S::kLanes ? static_cast<int>(n - i) : S::kLanes;
    const auto gelu = gelu_of<S>(S::load_n(gate + i, lanes));
    S::store_n(out + i, S::mul(gelu, S::load_n(up + i, lanes)), lanes);
  }
}

template <class S>
void swiglu_oai_n(const float* gate, const float* up, float* out, std::int64_t n, float alpha,
                  float limit) {
  const auto top = S::set(limit), bottom = S::set(-limit);
  for (std::int64_t i = 0; i < n; i += S::kLanes) {
    const int lanes = n - i < S::kLanes ? static_cast<int>(n - i) : S::kLanes;
    const auto g = S::min(S::load_n(gate + i, lanes), top);
    const auto u = S::max(S::min(S::load_n(up + i, lanes), top), bottom);
    const auto swish = times_sigmoid<S>(g, S::mul(g, S::set(alpha)));
    S::store_n(out + i, S::mul(swish, S::add(u, S::set(1.f))), lanes);
  }
}

template <class S>
void silu_mul_n(const float* gate, const float* up, float* out, std::int64_t n) {
  for (std::int64_t i = 0; i < n; i += S::kLanes) {
    const int lanes = n - i < S::kLanes ? static_cast<int>(n - i) : S::kLanes;
    const auto g = S::load_n(gate + i, lanes);
    S::store_n(out + i, S::mul(times_sigmoid<S>(g, g), S::load_n(up + i, lanes)), lanes);
  }
}

template <class S>
void to_f16_n(const float* x, void* halves, int n) {
  auto* out = static_cast<std::uint8_t*>(halves);
  for (int i = 0; i < n; i += S::kLanes) {
    const int lanes = n - i < S::kLanes ? n - i : S::kLanes;
    S::store_f16_n(out + 2 * static_cast<std::int64_t>(i), S::load_n(x + i, lanes), lanes);
  }
}

}  // namespace
}  // namespace curlew::kernels
