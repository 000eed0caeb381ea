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

template <class S>
void silu_mul_n(const float* gate, const float* up, float* out, std::int64_t n) {
  for (std::int64_t i = 0; i < n; i += S::kLanes) {
    const int lanes = n - i < S::kLanes ? static_cast<int>(n - i) : S::kLanes;
    const auto g = S::load_n(gate + i, lanes);
    const auto e = exponential<S>(S::sub(S::zero(), g));
    const auto silu = S::div(g, S::add(S::set(1.f), e));
    S::store_n(out + i, S::mul(silu, S::load_n(up + i, lanes)), lanes);
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
