// RMSNorm or LayerNorm over rows, handed on as the next products want it.
//
//   rms     y[r, c] = x[r, c] / sqrt(mean_c(x[r, c]^2) + eps) * weight[c]          arXiv:1910.07467
//   layer   y[r, c] = (x[r, c] - mean_c) / sqrt(var_c + eps) * weight[c] (+ bias[c])
//                                                                                  arXiv:1607.06450
//   x       [rows, cols]  float32, row r at x + r * x_stride; with row_idx, at x + row_idx[r] * x_stride
//   weight  [cols], bias [cols] or null
//   out     f32 [rows, cols], or q and scale, or f16 without f16_scale (then cols is a multiple of
//           32), or all of them; f32 may be x where x_stride == cols
//
// Sums in float32. A block a row; its later passes find the row in the first-level cache.
// Latency-bound: some 30 KB a token, all in the L2.
#pragma once

#include "kernels/cuda/activations.h"

namespace curlew::cuda {

enum class NormFormula : int { kRms, kLayer };

struct NormArgs {
  const float* x;
  const float* weight;
  const float* bias;
  Activations out;
  int rows, cols, x_stride;
  float eps;
  NormFormula formula;
  const std::int32_t* row_idx = nullptr;  // [rows], in device memory
};

cudaError_t norm(const NormArgs& args, cudaStream_t stream);

}  // namespace curlew::cuda
