// simd_avx512.h's operations with AVX2, FMA and F16C; with AVX-VNNI too when the file is compiled
// for it.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace curlew::kernels {
namespace {

struct SimdAvx2 {
  static constexpr int kLanes = 8;
  static constexpr int kTokenTile = 4;
  static constexpr int kRowVectors = 1;
  static constexpr int kScoreRows = 3;
  static constexpr int kScoreVectors = 4;
#if defined(__AVXVNNI__)
  static constexpr bool kSignedWide = false;
#else
  static constexpr bool kSignedWide = true;
#endif

  using Floats = __m256;
  using Ints = __m256i;
  using Bytes = __m256i;

  static Floats zero() {
    return _mm256_setzero_ps();
  }
  static Floats set(float v) {
    return _mm256_set1_ps(v);
  }
  static Floats load(const float* p) {
    return _mm256_loadu_ps(p);
  }
  static void store(float* p, Floats v) {
    _mm256_storeu_ps(p, v);
  }
  static Floats add(Floats a, Floats b) {
    return _mm256_add_ps(a, b);
  }
  static Floats sub(Floats a, Floats b) {
    return _mm256_sub_ps(a, b);
  }
  static Floats mul(Floats a, Floats b) {
    return _mm256_mul_ps(a, b);
  }
  static Floats div(Floats a, Floats b) {
    return _mm256_div_ps(a, b);
  }
  static Floats max(Floats a, Floats b) {
    return _mm256_max_ps(a, b);
  }
  static Floats min(Floats a, Floats b) {
    return _mm256_min_ps(a, b);
  }
  static Floats fma(Floats a, Floats b, Floats c) {
    return _mm256_fmadd_ps(a, b, c);
  }
  static Floats fnma(Floats a, Floats b, Floats c) {
    return _mm256_fnmadd_ps(a, b, c);
  }
  static Floats abs(Floats v) {
    return _mm256_andnot_ps(_mm256_set1_ps(-0.f), v);
  }
  static Floats round(Floats v) {
    return _mm256_round_ps(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  static float sum(Floats v) {
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
  }
  static float max_of(Floats v) {
    __m128 s = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    s = _mm_max_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_max_ss(s, _mm_movehdup_ps(s)));
  }
  static Floats scale_by_power(Floats v, Floats n) {
    const __m256i exponent = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
    return _mm256_mul_ps(v, _mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23)));
  }

  static __m256i first(int n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
  static Floats load_n(const float* p, int n) {
    return _mm256_maskload_ps(p, first(n));
  }
  static void store_n(float* p, Floats v, int n) {
    _mm256_maskstore_ps(p, first(n), v);
  }
  static Floats keep_first(Floats v, int n, Floats others) {
    return _mm256_blendv_ps(others, v, _mm256_castsi256_ps(first(n)));
  }

  static Floats load_f16(const void* p) {
    return _mm256_cvtph_ps(_mm_loadu_si128(static_cast<const __m128i*>(p)));
  }
  static Floats load_f16_n(const void* p, int n) {
    return _mm256_cvtph_ps(load_16_bit_n(p, n));
  }
  static Floats set_f16(const void* p) {
    std::int16_t bits;
    __builtin_memcpy(&bits, p, 2);
    return _mm256_cvtph_ps(_mm_set1_epi16(bits));
  }
  static void store_f16_n(void* p, Floats v, int n) {
    const __m128i halves = _mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT);
    if (n == kLanes) return _mm_storeu_si128(static_cast<__m128i*>(p), halves);
    __builtin_memcpy(p, &halves, 2 * static_cast<unsigned>(n));
  }
  static Floats load_bf16(const void* p) {
    return widen_bf16(_mm_loadu_si128(static_cast<const __m128i*>(p)));
  }
  static Floats load_bf16_n(const void* p, int n) {
    return widen_bf16(load_16_bit_n(p, n));
  }

  static Floats load_i8(const std::int8_t* p) {
    return _mm256_cvtepi32_ps(
        _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
  }
  static Floats load_u8(const std::uint8_t* p) {
    return _mm256_cvtepi32_ps(
        _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
  }

  static Ints set_int(std::int32_t v) {
    return _mm256_set1_epi32(v);
  }
  static Floats to_floats(Ints v) {
    return _mm256_cvtepi32_ps(v);
  }

  static Bytes load_bytes(const std::uint8_t* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  static Bytes bit_or(Bytes a, Bytes b) {
    return _mm256_or_si256(a, b);
  }
  template <int kLeft>
  static Bytes shift_and(Bytes v, int mask) {
    if constexpr (kLeft > 0) v = _mm256_slli_epi16(v, kLeft);
    if constexpr (kLeft < 0) v = _mm256_srli_epi16(v, -kLeft);
    return _mm256_and_si256(v, _mm256_set1_epi8(static_cast<char>(mask)));
  }
  static Bytes lookup(const std::uint8_t* entries, Bytes codes) {
    const __m128i table = _mm_loadu_si128(reinterpret_cast<const __m128i*>(entries));
    return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(table), codes);
  }

  using Quad = __m256i;
  static Quad broadcast_4(const std::int8_t* x) {
    int bits;
    __builtin_memcpy(&bits, x, 4);
    return _mm256_set1_epi32(bits);
  }
#if defined(__AVXVNNI__)
  static Ints dot_narrow(Ints sum, Bytes w, Quad x) {
    return _mm256_dpbusd_avx_epi32(sum, w, x);
  }
  static Ints dot_wide(Ints sum, Bytes w, Quad x) {
    return dot_narrow(sum, w, x);
  }
#else
  static Ints dot_narrow(Ints sum, Bytes w, Quad x) {
    return add_pairs(sum, _mm256_maddubs_epi16(w, x));
  }
  // Pairs of products of full bytes overflow 16 bits, so the sign moves from w - 128 to x.
  static Ints dot_wide(Ints sum, Bytes w, Quad x) {
    const __m256i value = _mm256_xor_si256(w, _mm256_set1_epi8(-128));
    const __m256i signed_x = _mm256_sign_epi8(x, value);
    return add_pairs(sum, _mm256_maddubs_epi16(_mm256_abs_epi8(value), signed_x));
  }
#endif

  static int quantize_16(const float* x, float inverse, std::int8_t* q) {
    const __m256 scale = _mm256_set1_ps(inverse);
    const __m256i a = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x), scale));
    const __m256i b = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x + 8), scale));
    const __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(a, b), 0xd8);
    const __m128i bytes =
        _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(q), bytes);
    const __m256i sums = _mm256_add_epi32(a, b);
    __m128i s = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1)));
  }

  static void prefetch(const void* p) {
    _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T0);
  }

  static void transpose(Floats (&v)[kLanes]) {
    Floats t[8], u[8];
    for (int i = 0; i < 8; i += 2) {
      t[i] = _mm256_unpacklo_ps(v[i], v[i + 1]);
      t[i + 1] = _mm256_unpackhi_ps(v[i], v[i + 1]);
    }
    for (int i = 0; i < 8; i += 4)
      for (int j = 0; j < 2; ++j) {
        u[i + 2 * j] = _mm256_shuffle_ps(t[i + j], t[i + j + 2], 0x44);
        u[i + 2 * j + 1] = _mm256_shuffle_ps(t[i + j], t[i + j + 2], 0xee);
      }
    for (int i = 0; i < 4; ++i) {
      v[i] = _mm256_permute2f128_ps(u[i], u[i + 4], 0x20);
      v[i + 4] = _mm256_permute2f128_ps(u[i], u[i + 4], 0x31);
    }
  }

 private:
  static __m128i load_16_bit_n(const void* p, int n) {
    __m128i v = _mm_setzero_si128();
    __builtin_memcpy(&v, p, 2 * static_cast<unsigned>(n));
    return v;
  }
  static Floats widen_bf16(__m128i v) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(v), 16));
  }
  [[maybe_unused]] static Ints add_pairs(Ints sum, __m256i pairs) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  }
};

}  // namespace
}  // namespace curlew::kernels
