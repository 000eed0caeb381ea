// The vector operations the kernel templates are written in, with AVX-512 (F, BW, DQ, VL, VNNI).
// Only for files compiled with those flags. Everything is local to the including file (unnamed
// namespace), so that the linker can never pick an AVX-512 copy of a shared inline function for a
// machine that lacks it; for the same reason kernel templates use nothing inline of the standard
// library.
//
// simd_avx2.h, simd_neon.h and simd_plain.h have the same members; this file documents them.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace curlew::kernels {
namespace {

struct SimdAvx512 {
  static constexpr int kLanes = 16;        // floats of a vector; rows of a panel done at once
  static constexpr int kTokenTile = 8;     // tokens that share one unpacking of quantised weights
  static constexpr int kRowVectors = 2;    // vectors of rows that meet a tile of tokens at once
  static constexpr int kScoreRows = 4;     // query rows, and
  static constexpr int kScoreVectors = 4;  // key vectors, whose products are kept in registers
  static constexpr bool kSignedWide = false;  // dot_wide() takes entries minus 128 by itself

  using Floats = __m512;  // kLanes float32
  using Ints = __m512i;   // kLanes int32
  using Bytes = __m512i;  // kLanes * 4 bytes

  static Floats zero() { return _mm512_setzero_ps(); }
  static Floats set(float v) { return _mm512_set1_ps(v); }
  static Floats load(const float* p) { return _mm512_loadu_ps(p); }
  static void store(float* p, Floats v) { _mm512_storeu_ps(p, v); }
  static Floats add(Floats a, Floats b) { return _mm512_add_ps(a, b); }
  static Floats sub(Floats a, Floats b) { return _mm512_sub_ps(a, b); }
  static Floats mul(Floats a, Floats b) { return _mm512_mul_ps(a, b); }
  static Floats div(Floats a, Floats b) { return _mm512_div_ps(a, b); }
  static Floats max(Floats a, Floats b) { return _mm512_max_ps(a, b); }
  static Floats min(Floats a, Floats b) { return _mm512_min_ps(a, b); }
  static Floats fma(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }    // a b + c
  static Floats fnma(Floats a, Floats b, Floats c) { return _mm512_fnmadd_ps(a, b, c); }  // c - a b
  static float sum(Floats v) { return _mm512_reduce_add_ps(v); }
  static float max_of(Floats v) { return _mm512_reduce_max_ps(v); }
  static Floats abs(Floats v) { return _mm512_abs_ps(v); }
  static Floats round(Floats v) { return _mm512_roundscale_ps(v, _MM_FROUND_TO_NEAREST_INT); }
  // v * 2^n; n integral, |n| <= 126
  static Floats scale_by_power(Floats v, Floats n) { return _mm512_scalef_ps(v, n); }

  // The first n (0 .. kLanes) elements; the others are 0, or stay untouched in memory.
  static __mmask16 first(int n) { return static_cast<__mmask16>((1u << n) - 1); }
  static Floats load_n(const float* p, int n) { return _mm512_maskz_loadu_ps(first(n), p); }
  static void store_n(float* p, Floats v, int n) { _mm512_mask_storeu_ps(p, first(n), v); }
  static Floats keep_first(Floats v, int n, Floats others) {
    return _mm512_mask_mov_ps(others, first(n), v);
  }

  // kLanes half or bfloat16 values as float32
  static Floats load_f16(const void* p) {
    return _mm512_cvtph_ps(_mm256_loadu_si256(static_cast<const __m256i*>(p)));
  }
  static Floats load_f16_n(const void* p, int n) {
    return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(first(n), p));
  }
  static Floats set_f16(const void* p) {  // one half-precision value in every lane
    std::int16_t bits;
    __builtin_memcpy(&bits, p, 2);
    return _mm512_cvtph_ps(_mm256_set1_epi16(bits));
  }
  static void store_f16_n(void* p, Floats v, int n) {
    _mm256_mask_storeu_epi16(p, first(n), _mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT));
  }
  static Floats widen_bf16(__m256i v) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(v), 16));
  }
  static Floats load_bf16(const void* p) {
    return widen_bf16(_mm256_loadu_si256(static_cast<const __m256i*>(p)));
  }
  static Floats load_bf16_n(const void* p, int n) {
    return widen_bf16(_mm256_maskz_loadu_epi16(first(n), p));
  }

  // kLanes 8-bit integers as float32
  static Floats load_i8(const std::int8_t* p) {
    return _mm512_cvtepi32_ps(
        _mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
  }
  static Floats load_u8(const std::uint8_t* p) {
    return _mm512_cvtepi32_ps(
        _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
  }

  static Ints set_int(std::int32_t v) { return _mm512_set1_epi32(v); }
  static Floats to_floats(Ints v) { return _mm512_cvtepi32_ps(v); }

  static Bytes load_bytes(const std::uint8_t* p) { return _mm512_loadu_si512(p); }
  static Bytes bit_or(Bytes a, Bytes b) { return _mm512_or_si512(a, b); }
  // (v << kLeft) & mask in every byte; negative kLeft shifts right
  template <int kLeft>
  static Bytes shift_and(Bytes v, int mask) {
    if constexpr (kLeft > 0) v = _mm512_slli_epi16(v, kLeft);
    if constexpr (kLeft < 0) v = _mm512_srli_epi16(v, -kLeft);
    return _mm512_and_si512(v, _mm512_set1_epi8(static_cast<char>(mask)));
  }
  static Bytes lookup(const std::uint8_t* entries, Bytes codes) {  // entries [16], codes < 16
    const __m128i table = _mm_loadu_si128(reinterpret_cast<const __m128i*>(entries));
    return _mm512_shuffle_epi8(_mm512_broadcast_i32x4(table), codes);
  }

  // sum[r] += w[r][0..3] . x[0..3]; w unsigned (dot_narrow: < 64), x signed, |x| <= 127
  using Quad = __m512i;  // the same four int8 for every row
  static Quad broadcast_4(const std::int8_t* x) {
    int bits;
    __builtin_memcpy(&bits, x, 4);
    return _mm512_set1_epi32(bits);
  }
  static Ints dot_narrow(Ints sum, Bytes w, Quad x) { return _mm512_dpbusd_epi32(sum, w, x); }
  static Ints dot_wide(Ints sum, Bytes w, Quad x) { return dot_narrow(sum, w, x); }

  // Quantises 16 floats: q = round(x * inverse), returns the sum of q.
  static int quantize_16(const float* x, float inverse, std::int8_t* q) {
    const __m512i v =
        _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(x), _mm512_set1_ps(inverse)));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(q), _mm512_cvtsepi32_epi8(v));
    return _mm512_reduce_add_epi32(v);
  }

  static void prefetch(const void* p) { _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T0); }

  // rows[i] holds kLanes values of row i; on return vector i holds value i of every row.
  static void transpose(Floats (&v)[kLanes]) {
    Floats t[16];
    for (int i = 0; i < 16; i += 2) {
      t[i] = _mm512_unpacklo_ps(v[i], v[i + 1]);
      t[i + 1] = _mm512_unpackhi_ps(v[i], v[i + 1]);
    }
    for (int i = 0; i < 16; i += 4)
      for (int j = 0; j < 2; ++j) {
        const __m512d a = _mm512_castps_pd(t[i + j]), b = _mm512_castps_pd(t[i + j + 2]);
        v[i + 2 * j] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, b));
        v[i + 2 * j + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, b));
      }
    for (int i = 0; i < 4; ++i) {
      t[i] = _mm512_shuffle_f32x4(v[i], v[i + 4], 0x88);
      t[i + 4] = _mm512_shuffle_f32x4(v[i], v[i + 4], 0xdd);
      t[i + 8] = _mm512_shuffle_f32x4(v[i + 8], v[i + 12], 0x88);
      t[i + 12] = _mm512_shuffle_f32x4(v[i + 8], v[i + 12], 0xdd);
    }
    for (int i = 0; i < 4; ++i) {
      v[i] = _mm512_shuffle_f32x4(t[i], t[i + 8], 0x88);
      v[i + 8] = _mm512_shuffle_f32x4(t[i], t[i + 8], 0xdd);
      v[i + 4] = _mm512_shuffle_f32x4(t[i + 4], t[i + 12], 0x88);
      v[i + 12] = _mm512_shuffle_f32x4(t[i + 4], t[i + 12], 0xdd);
    }
  }
};

}  // namespace
}  // namespace curlew::kernels
