// Sums and maxima over a warp and a block. Every thread enters, every thread gets the result, and the
// order of the additions is fixed.
#pragma once

#include "kernels/cuda/launch.h"

namespace curlew::cuda {

__device__ inline float warp_sum(float value) {
  for (int step = kWarpLanes / 2; step > 0; step /= 2)
    value += __shfl_xor_sync(kAllLanes, value, step);
  return value;
}

__device__ inline float warp_max(float value) {
  for (int step = kWarpLanes / 2; step > 0; step /= 2)
    value = fmaxf(value, __shfl_xor_sync(kAllLanes, value, step));
  return value;
}

// Of a block of kThreads. `sums` may be used again at once: it is read and written between barriers.
template <int kThreads>
struct BlockSums {
  SharedArray<float, kThreads / kWarpLanes> of_warp;
};

template <int kThreads>
__device__ inline float block_sum(float value, BlockSums<kThreads>& sums) {
  constexpr int kWarps = kThreads / kWarpLanes;
  const int warp = static_cast<int>(threadIdx.x) / kWarpLanes;
  value = warp_sum(value);
  __syncthreads();
  if (static_cast<int>(threadIdx.x) % kWarpLanes == 0) sums.of_warp[warp] = value;
  __syncthreads();
  float total = 0.f;
  for (int w = 0; w < kWarps; ++w) total += sums.of_warp[w];
  return total;
}

}  // namespace curlew::cuda
