// SimdAvx512 with the dot product of bfloat16 pairs: twice the products of float32 in an
// instruction. Only for files compiled with -mavx512bf16.
#pragma once

#include "kernels/cpu/simd_avx512.h"

namespace curlew::kernels {
namespace {

struct SimdAvx512Bf16 : SimdAvx512 {
  static constexpr int kPairLanes = 2 * kLanes;

  using Pairs = __m512bh;  // kPairLanes bfloat16

  static __mmask32 first_pairs(int n) { return (__mmask32{1} << n) - 1; }  // n < kPairLanes
  static Pairs load_pairs(const void* p) { return (__m512bh)_mm512_loadu_si512(p); }
  static Pairs load_pairs_n(const void* p, int n) {
    return (__m512bh)_mm512_maskz_loadu_epi16(first_pairs(n), p);
  }
  // Rounds to nearest, ties to even.
  static void round_pairs(const float* x, std::uint16_t* rounded) {
    _mm512_storeu_si512(rounded, (__m512i)_mm512_cvtne2ps_pbh(load(x + kLanes), load(x)));
  }
  static void round_pairs_n(const float* x, std::uint16_t* rounded, int n) {
    const int second = n > kLanes ? n - kLanes : 0;
    const __m512bh pairs = _mm512_cvtne2ps_pbh(load_n(x + kLanes, second), load_n(x, n - second));
    _mm512_mask_storeu_epi16(rounded, first_pairs(n), (__m512i)pairs);
  }
  // sum[i] += a[2i] b[2i] + a[2i + 1] b[2i + 1]
  static Floats dot_pairs(Pairs a, Pairs b, Floats sum) { return _mm512_dpbf16_ps(sum, a, b); }
};

}  // namespace
}  // namespace curlew::kernels
