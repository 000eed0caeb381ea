// 16-bit floats as they lie in memory, and the way to and from float32, on the card and on the host.
#pragma once

#include <cuda_runtime.h>

#include <cmath>
#include <cstdint>

#include "kernels/cuda/half_bits.h"

#if defined(__CUDACC__)
#include <cuda_fp16.h>
#else
#include "kernels/cpu/half.h"
#endif

namespace curlew::cuda {

__device__ inline float to_float(Half h) {
#if defined(__CUDACC__)
  return __half2float(__ushort_as_half(h.bits));
#else
  return kernels::f16_to_f32(h.bits);
#endif
}

__device__ inline Half to_half(float value) {
#if defined(__CUDACC__)
  return {__half_as_ushort(__float2half_rn(value))};
#else
  return {kernels::f32_to_f16(value)};
#endif
}

inline constexpr float kHalfMax = 65504.f;

// Two of them as a word, the lower first.
__device__ inline unsigned pack_halves(float low, float high) {
#if defined(__CUDACC__)
  const __half2 pair = __floats2half2_rn(low, high);
  return static_cast<unsigned>(__half_as_ushort(__low2half(pair))) |
         static_cast<unsigned>(__half_as_ushort(__high2half(pair))) << 16;
#else
  return static_cast<unsigned>(to_half(low).bits) | static_cast<unsigned>(to_half(high).bits) << 16;
#endif
}

// The same; what is too large becomes the largest there is.
__device__ inline unsigned pack_halves_within(float low, float high) {
  return pack_halves(fminf(fmaxf(low, -kHalfMax), kHalfMax),
                     fminf(fmaxf(high, -kHalfMax), kHalfMax));
}

__device__ inline float bf16_to_float(std::uint16_t bits) {
  return __uint_as_float(static_cast<unsigned>(bits) << 16);
}

// The two halves of a word, the lower first.
__device__ inline float2 halves_to_floats(unsigned word) {
  return {to_float({static_cast<std::uint16_t>(word & 0xffffu)}),
          to_float({static_cast<std::uint16_t>(word >> 16)})};
}

}  // namespace curlew::cuda
