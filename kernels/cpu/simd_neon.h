// simd_avx512.h's operations with NEON, as every aarch64 CPU has it: vectors of 16 bytes, so 4 rows
// of a panel. With SDOT when the file is compiled for it (ARMv8.2 dotprod).
//
// Tested under emulation, where results are exact but time means nothing: the tile sizes follow
// from the number of registers and from published instruction timings, not from measurements.
#pragma once

#include <arm_neon.h>

#include <cstdint>

namespace curlew::kernels {
namespace {

struct SimdNeon {
  // 16 integer sums in registers, which leaves 16 for weights, activations and what is in flight.
  static constexpr int kLanes = 4;
  static constexpr int kTokenTile = 8;
  static constexpr int kRowVectors = 2;
  static constexpr int kScoreRows = 4;
  static constexpr int kScoreVectors = 4;
  static constexpr bool kSignedWide = true;  // both factors of a product are signed here

  using Floats = float32x4_t;
  using Ints = int32x4_t;
  using Bytes = uint8x16_t;

  static Floats zero() { return vdupq_n_f32(0.f); }
  static Floats set(float v) { return vdupq_n_f32(v); }
  static Floats load(const float* p) { return vld1q_f32(p); }
  static void store(float* p, Floats v) { vst1q_f32(p, v); }
  static Floats add(Floats a, Floats b) { return vaddq_f32(a, b); }
  static Floats sub(Floats a, Floats b) { return vsubq_f32(a, b); }
  static Floats mul(Floats a, Floats b) { return vmulq_f32(a, b); }
  static Floats div(Floats a, Floats b) { return vdivq_f32(a, b); }
  static Floats max(Floats a, Floats b) { return vmaxq_f32(a, b); }
  static Floats min(Floats a, Floats b) { return vminq_f32(a, b); }
  static Floats fma(Floats a, Floats b, Floats c) { return vfmaq_f32(c, a, b); }
  static Floats fnma(Floats a, Floats b, Floats c) { return vfmsq_f32(c, a, b); }
  static float sum(Floats v) { return vaddvq_f32(v); }
  static float max_of(Floats v) { return vmaxvq_f32(v); }
  static Floats abs(Floats v) { return vabsq_f32(v); }
  static Floats round(Floats v) { return vrndnq_f32(v); }
  static Floats scale_by_power(Floats v, Floats n) {
    const int32x4_t exponent = vaddq_s32(vcvtq_s32_f32(n), vdupq_n_s32(127));
    return vmulq_f32(v, vreinterpretq_f32_s32(vshlq_n_s32(exponent, 23)));
  }

  // There are no masked loads: a vector that is not whole goes through memory.
  static Floats load_n(const float* p, int n) {
    if (n == kLanes) return load(p);
    float v[kLanes] = {};
    __builtin_memcpy(v, p, sizeof(float) * static_cast<unsigned>(n));
    return load(v);
  }
  static void store_n(float* p, Floats v, int n) {
    if (n == kLanes) return store(p, v);
    __builtin_memcpy(p, &v, sizeof(float) * static_cast<unsigned>(n));
  }
  static Floats keep_first(Floats v, int n, Floats others) {
    const int32x4_t lanes = {0, 1, 2, 3};
    return vbslq_f32(vcltq_s32(lanes, vdupq_n_s32(n)), v, others);
  }

  static Floats load_f16(const void* p) { return vcvt_f32_f16(read<float16x4_t>(p)); }
  static Floats load_f16_n(const void* p, int n) { return vcvt_f32_f16(read_n<float16x4_t>(p, n)); }
  static Floats set_f16(const void* p) {
    return vcvt_f32_f16(vreinterpret_f16_u16(vdup_n_u16(read<std::uint16_t>(p))));
  }
  static void store_f16_n(void* p, Floats v, int n) {
    const float16x4_t halves = vcvt_f16_f32(v);
    if (n == kLanes)
      __builtin_memcpy(p, &halves, sizeof halves);
    else
      __builtin_memcpy(p, &halves, 2 * static_cast<unsigned>(n));
  }
  static Floats load_bf16(const void* p) { return widen_bf16(read<uint16x4_t>(p)); }
  static Floats load_bf16_n(const void* p, int n) { return widen_bf16(read_n<uint16x4_t>(p, n)); }

  static Floats load_i8(const std::int8_t* p) {
    const int8x8_t bytes = vcreate_s8(read<std::uint32_t>(p));
    return vcvtq_f32_s32(vmovl_s16(vget_low_s16(vmovl_s8(bytes))));
  }
  static Floats load_u8(const std::uint8_t* p) {
    const uint8x8_t bytes = vcreate_u8(read<std::uint32_t>(p));
    return vcvtq_f32_u32(vmovl_u16(vget_low_u16(vmovl_u8(bytes))));
  }

  static Ints set_int(std::int32_t v) { return vdupq_n_s32(v); }
  static Floats to_floats(Ints v) { return vcvtq_f32_s32(v); }

  static Bytes load_bytes(const std::uint8_t* p) { return vld1q_u8(p); }
  static Bytes bit_or(Bytes a, Bytes b) { return vorrq_u8(a, b); }
  template <int kLeft>
  static Bytes shift_and(Bytes v, int mask) {
    if constexpr (kLeft > 0) v = vshlq_n_u8(v, kLeft);
    if constexpr (kLeft < 0) {
      v = vshrq_n_u8(v, -kLeft);
      if (mask == 0xff >> -kLeft) return v;  // bytes are shifted, not words: nothing to mask
    }
    return vandq_u8(v, vdupq_n_u8(static_cast<std::uint8_t>(mask)));
  }
  static Bytes lookup(const std::uint8_t* entries, Bytes codes) {
    return vqtbl1q_u8(vld1q_u8(entries), codes);
  }

#if defined(__ARM_FEATURE_DOTPROD)
  using Quad = int8x8_t;  // the four in the lowest lane, which SDOT repeats by itself
  static Quad broadcast_4(const std::int8_t* x) {
    return vcreate_s8(read<std::uint32_t>(x));
  }
  static Ints dot_narrow(Ints sum, Bytes w, Quad x) {
    return vdotq_lane_s32(sum, vreinterpretq_s8_u8(w), x, 0);
  }
#else
  using Quad = int8x16_t;
  static Quad broadcast_4(const std::int8_t* x) {
    return vreinterpretq_s8_s32(vdupq_n_s32(read<std::int32_t>(x)));
  }
  // A pair of products is at most 2 * 128 * 127 in size, which 16 bits hold.
  static Ints dot_narrow(Ints sum, Bytes w, Quad x) {
    const int8x16_t value = vreinterpretq_s8_u8(w);
    const int16x8_t first_rows = vmull_s8(vget_low_s8(value), vget_low_s8(x));
    const int16x8_t last_rows = vmull_high_s8(value, x);
    return vpadalq_s16(sum, vpaddq_s16(first_rows, last_rows));
  }
#endif
  static Ints dot_wide(Ints sum, Bytes w, Quad x) {
    return dot_narrow(sum, veorq_u8(w, vdupq_n_u8(128)), x);  // w - 128
  }

  static int quantize_16(const float* x, float inverse, std::int8_t* q) {
    int32x4_t v[4];
    for (int i = 0; i < 4; ++i) v[i] = vcvtnq_s32_f32(vmulq_n_f32(vld1q_f32(x + 4 * i), inverse));
    const int16x8_t a = vqmovn_high_s32(vqmovn_s32(v[0]), v[1]);
    const int16x8_t b = vqmovn_high_s32(vqmovn_s32(v[2]), v[3]);
    vst1q_s8(q, vqmovn_high_s16(vqmovn_s16(a), b));
    return vaddvq_s32(vaddq_s32(vaddq_s32(v[0], v[1]), vaddq_s32(v[2], v[3])));
  }

  static void prefetch(const void* p) {
    __builtin_prefetch(p);
  }

  static void transpose(Floats (&v)[kLanes]) {
    const float64x2_t even_01 = vreinterpretq_f64_f32(vtrn1q_f32(v[0], v[1]));
    const float64x2_t odd_01 = vreinterpretq_f64_f32(vtrn2q_f32(v[0], v[1]));
    const float64x2_t even_23 = vreinterpretq_f64_f32(vtrn1q_f32(v[2], v[3]));
    const float64x2_t odd_23 = vreinterpretq_f64_f32(vtrn2q_f32(v[2], v[3]));
    v[0] = vreinterpretq_f32_f64(vtrn1q_f64(even_01, even_23));
    v[1] = vreinterpretq_f32_f64(vtrn1q_f64(odd_01, odd_23));
    v[2] = vreinterpretq_f32_f64(vtrn2q_f64(even_01, even_23));
    v[3] = vreinterpretq_f32_f64(vtrn2q_f64(odd_01, odd_23));
  }

 private:
  // Any address will do.
  template <class Value>
  static Value read(const void* p) {
    Value v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
  }
  // The first n 16-bit values, then zeros.
  template <class Value>
  static Value read_n(const void* p, int n) {
    if (n == kLanes) return read<Value>(p);
    Value v{};
    __builtin_memcpy(&v, p, 2 * static_cast<unsigned>(n));
    return v;
  }
  static Floats widen_bf16(uint16x4_t v) {
    return vreinterpretq_f32_u32(vshll_n_u16(v, 16));
  }
};

}  // namespace
}  // namespace curlew::kernels
