// Loads and stores of 16, 8 and 4 bytes a thread. On the host they are checked to stand on a
// multiple of their size, which a card would demand too.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

namespace curlew::cuda {

template <class Vector>
__device__ inline Vector load_vector(const void* at) {
#if defined(CURLEW_CUDA_ON_HOST)
  curlew::on_host::check_alignment(at, sizeof(Vector));
#endif
  return *static_cast<const Vector*>(at);
}

template <class Vector = uint4>
__device__ inline Vector load16(const void* at) {
  static_assert(sizeof(Vector) == 16);
  return load_vector<Vector>(at);
}

template <class Vector>
__device__ inline void store_vector(void* at, Vector value) {
#if defined(CURLEW_CUDA_ON_HOST)
  curlew::on_host::check_alignment(at, sizeof(Vector));
#endif
  *static_cast<Vector*>(at) = value;
}

// Weights: read once a step, by one block, and never written. They pass the first-level cache by and
// leave it to the activations; the compiler may move such a load before anything.
__device__ inline uint4 load16_weights(const void* at) {
#if defined(__CUDA_ARCH__)
  uint4 v;
  asm("ld.global.nc.L1::no_allocate.L2::128B.v4.u32 {%0, %1, %2, %3}, [%4];"
      : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w)
      : "l"(at));
  return v;
#else
  return load16(at);
#endif
}

}  // namespace curlew::cuda
