// The matrix units' int8 product of a warp, and its plain twin for the host.
//
//   d[16, 8] += a[16, K] * b[K, 8]   signed 8-bit, 32-bit sums, exact; K = 32 or 16
//
// With g = lane / 4 and t = lane % 4 a lane holds, as PTX has it (mma.m16n8k32 and .m16n8k16):
//   a  rows g and g + 8, columns 4t .. 4t + 3 (and for K = 32 also 16 + 4t ..), a word each
//   b  column g, rows 4t .. (and 16 + 4t ..)
//   d  rows g (d[0], d[1]) and g + 8 (d[2], d[3]), columns 2t and 2t + 1
//
// sm_75 has no such shape for int8 and takes the twin.
#pragma once

#include "kernels/cuda/launch.h"

namespace curlew::cuda {

// K = 16 by shuffles: every lane fetches the words that its four sums are of.
__device__ inline void mma_16_by_shuffles(int (&d)[4], int a_low, int a_high, int b) {
  const int lane = static_cast<int>(threadIdx.x) % kWarpLanes, g = lane / 4, t = lane % 4;
  for (int k = 0; k < 4; ++k) {
    const int low = __shfl_sync(kAllLanes, a_low, 4 * g + k);
    const int high = __shfl_sync(kAllLanes, a_high, 4 * g + k);
    const int left = __shfl_sync(kAllLanes, b, 8 * t + k);
    const int right = __shfl_sync(kAllLanes, b, 8 * t + 4 + k);
    d[0] = __dp4a(low, left, d[0]);
    d[1] = __dp4a(low, right, d[1]);
    d[2] = __dp4a(high, left, d[2]);
    d[3] = __dp4a(high, right, d[3]);
  }
}

__device__ inline void mma_16(int (&d)[4], int a_low, int a_high, int b) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  asm("mma.sync.aligned.m16n8k16.row.col.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5}, {%6}, "
      "{%0, %1, %2, %3};"
      : "+r"(d[0]), "+r"(d[1]), "+r"(d[2]), "+r"(d[3])
      : "r"(a_low), "r"(a_high), "r"(b));
#else
  mma_16_by_shuffles(d, a_low, a_high, b);
#endif
}

// a[0], a[1]: rows g and g + 8 of the first 16 columns; a[2], a[3]: of the next 16.
__device__ inline void mma_32(int (&d)[4], const int (&a)[4], int b_first, int b_second) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  asm("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
      "{%8, %9}, {%0, %1, %2, %3};"
      : "+r"(d[0]), "+r"(d[1]), "+r"(d[2]), "+r"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b_first), "r"(b_second));
#else
  mma_16_by_shuffles(d, a[0], a[1], b_first);
  mma_16_by_shuffles(d, a[2], a[3], b_second);
#endif
}

}  // namespace curlew::cuda
