// Columns of rows, from one place to another.
//
//   y[r, c] = x[r, c]   for c < cols;  rows x_stride and y_stride apart, float32
//
// Of latent attention: the rotated ends of the queries, behind what W_k made of their beginnings.
#pragma once

#include <cuda_runtime.h>

namespace curlew::cuda {

struct CopyColumnsArgs {
  const float* x;
  float* y;
  int rows, cols, x_stride, y_stride;
};

cudaError_t copy_columns(const CopyColumnsArgs& args, cudaStream_t stream);

}  // namespace curlew::cuda
