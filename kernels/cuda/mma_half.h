// The matrix units' product of halves, how its operands come out of shared memory, and the plain twins
// for the host.
//
//   d[16, 8] += a[16, 16] * b[16, 8]   halves, float32 sums
//
// With g = lane / 4 and t = lane % 4 a lane holds, as PTX has it (mma.m16n8k16), two halves a word:
//   a  [0] row g, columns 2t and 2t + 1; [1] row g + 8; [2] and [3] the same, 8 columns on
//   b  [0] column g, rows 2t and 2t + 1; [1] 8 rows on
//   d  row g (d[0], d[1]) and g + 8 (d[2], d[3]), columns 2t and 2t + 1
// d has the same places as a: sums of one product, made halves, are an operand of the next.
//
// sm_75 takes two products of half the depth.
#pragma once

#include "kernels/cuda/half.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/vector_access.h"

namespace curlew::cuda {

#if defined(CURLEW_CUDA_ON_HOST)
// Every lane fetches the words that its four sums are of.
inline void mma_half_by_shuffles(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
  const int lane = static_cast<int>(threadIdx.x) % kWarpLanes, g = lane / 4, t = lane % 4;
  const uint2 first = {a[0], a[1]}, second = {a[2], a[3]}, all_b = {b[0], b[1]};
  for (int k = 0; k < 4; ++k) {
    const uint2 rows[2] = {__shfl_sync(kAllLanes, first, 4 * g + k),
                           __shfl_sync(kAllLanes, second, 4 * g + k)};
    for (int column = 0; column < 2; ++column) {
      const uint2 v = __shfl_sync(kAllLanes, all_b, 4 * (2 * t + column) + k);
      for (int half = 0; half < 2; ++half) {
        const float2 w = halves_to_floats(half == 0 ? v.x : v.y);
        const float2 low = halves_to_floats(rows[half].x), high = halves_to_floats(rows[half].y);
        d[column] += low.x * w.x + low.y * w.y;
        d[2 + column] += high.x * w.x + high.y * w.y;
      }
    }
  }
}
#endif

__device__ inline void mma_half(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
#if defined(CURLEW_CUDA_ON_HOST)
  mma_half_by_shuffles(d, a, b);
#elif defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
      "{%8, %9}, {%0, %1, %2, %3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#elif defined(__CUDA_ARCH__)
  for (int i = 0; i < 2; ++i)
    asm("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5}, {%6}, "
        "{%0, %1, %2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[2 * i]), "r"(a[2 * i + 1]), "r"(b[i]));
#endif
}

// Four matrices of 8 x 8 halves out of shared memory, a lane the address of one row of 16 bytes: of
// matrix i those of lanes 8i .. 8i + 7. Word i of a lane: row g of matrix i, columns 2t and 2t + 1;
// transposed: rows 2t and 2t + 1, column g.
enum class Turn { kNone, kTransposed };

template <Turn kTurn>
__device__ inline void load_matrices(unsigned (&out)[4], const Half* row) {
#if defined(CURLEW_CUDA_ON_HOST)
  curlew::on_host::check_alignment(row, 16);
  const int lane = static_cast<int>(threadIdx.x) % kWarpLanes, g = lane / 4, t = lane % 4;
  for (int i = 0; i < 4; ++i) {
    if constexpr (kTurn == Turn::kNone) {
      out[i] = load_vector<unsigned>(__shfl_sync(kAllLanes, row, 8 * i + g) + 2 * t);
    } else {
      const Half low = __shfl_sync(kAllLanes, row, 8 * i + 2 * t)[g];
      const Half high = __shfl_sync(kAllLanes, row, 8 * i + 2 * t + 1)[g];
      out[i] = static_cast<unsigned>(low.bits) | static_cast<unsigned>(high.bits) << 16;
    }
  }
#elif defined(__CUDA_ARCH__)
  const auto at = static_cast<unsigned>(__cvta_generic_to_shared(row));
  if constexpr (kTurn == Turn::kNone)
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(out[0]), "=r"(out[1]), "=r"(out[2]), "=r"(out[3])
                 : "r"(at)
                 : "memory");
  else
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(out[0]), "=r"(out[1]), "=r"(out[2]), "=r"(out[3])
                 : "r"(at)
                 : "memory");
#endif
}

// a[16, 16] whose rows lie `stride` halves apart.
__device__ inline void load_a(unsigned (&a)[4], const Half* tile, int stride, int lane) {
  load_matrices<Turn::kNone>(a, tile + lane % 16 * stride + lane / 16 * 8);
}

// Two b[16, 8] side by side, of a tile whose rows are b's columns: b[0], b[1] of the first eight rows,
// b[2], b[3] of the next.
__device__ inline void load_b_pair(unsigned (&b)[4], const Half* tile, int stride, int lane) {
  load_matrices<Turn::kNone>(b, tile + (lane / 16 * 8 + lane % 8) * stride + lane / 8 % 2 * 8);
}

// The same of a tile whose rows are b's rows: the first eight columns, then the next.
__device__ inline void load_b_pair_turned(unsigned (&b)[4], const Half* tile, int stride,
                                          int lane) {
  load_matrices<Turn::kTransposed>(b, tile + lane % 16 * stride + lane / 16 * 8);
}

}  // namespace curlew::cuda
