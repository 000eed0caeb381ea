// SimdAvx512 with the dot product of bfloat16 pairs: twice the products of float32 in an
// instruction. Only for files compiled with -mavx512bf16.
#pragma once

#include "kernels/cpu/simd_avx512.h"

namespace curlew::kernels {
namespace {

struct SimdAvx512Bf16 : SimdAvx512 {
  static constexpr int kPairLanes = 2 * kLanes;

  using Pairs = __m512bh;  // kPairLanes bfloat16

  static Pairs load_pairs(const std::uint8_t* p) { return (__m512bh)_mm512_loadu_si512(p); }
  static Pairs load_pairs_n(const std::uint8_t* p, int n) {
    return (__m512bh)_mm512_maskz_loadu_epi16((__mmask32{1} << n) - 1, p);
  }
  // Rounds to nearest, ties to even.
  static Pairs round_pairs(const float* x) {
    return _mm512_cvtne2ps_pbh(load(x + kLanes), load(x));
  }
  static Pairs round_pairs_n(const float* x, int n) {  // n < kPairLanes
    const int second = n > kLanes ? n - kLanes : 0;
    return _mm512_cvtne2ps_pbh(load_n(x + kLanes, second), load_n(x, n - second));
  }
  // sum[i] += a[2i] b[2i] + a[2i + 1] b[2i + 1]
  static Floats dot_pairs(Pairs a, Pairs b, Floats sum) { return _mm512_dpbf16_ps(sum, a, b); }
};

}  // namespace
}  // namespace curlew::kernels
