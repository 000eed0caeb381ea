// Copies from device memory to shared memory that pass the registers by, 16 bytes a thread.
//
//   copy16(to, from, is_wanted);   zeros where it is not wanted (from is then not read)
//   end_group();                   what was asked for since the last call is a group
//   wait_groups<n>();              all but the n last groups of this thread are there; others see
//                                  them after a barrier
//
// On sm_75 and on the host they are plain loads and stores, done at once: a forgotten wait is found
// by compute-sanitizer on a card only.
#pragma once

#include "kernels/cuda/vector_access.h"

namespace curlew::cuda {

__device__ inline void copy16(void* to, const void* from, bool is_wanted) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  const auto at = static_cast<unsigned>(__cvta_generic_to_shared(to));
  const int bytes = is_wanted ? 16 : 0;
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(at), "l"(from), "r"(bytes)
               : "memory");
#else
  store_vector(to, is_wanted ? load16(from) : make_uint4(0u, 0u, 0u, 0u));
#endif
}

__device__ inline void end_group() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

template <int kGroups>
__device__ inline void wait_groups() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  asm volatile("cp.async.wait_group %0;" ::"n"(kGroups) : "memory");
#endif
}

}  // namespace curlew::cuda
