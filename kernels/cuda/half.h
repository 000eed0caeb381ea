// 16-bit floats as they lie in memory, and the way to and from float32, on the card and on the host.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#if defined(__CUDACC__)
#include <cuda_fp16.h>
#else
#include "kernels/cpu/half.h"
#endif

namespace curlew::cuda {

struct Half {
  std::uint16_t bits;
};

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

__device__ inline float bf16_to_float(std::uint16_t bits) {
  return __uint_as_float(static_cast<unsigned>(bits) << 16);
}

// The two halves of a word, the lower first.
__device__ inline float2 halves_to_floats(unsigned word) {
  return {to_float({static_cast<std::uint16_t>(word & 0xffffu)}),
          to_float({static_cast<std::uint16_t>(word >> 16)})};
}

}  // namespace curlew::cuda
