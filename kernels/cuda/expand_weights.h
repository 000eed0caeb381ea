// Rows of weights as plain halves, for products by a library (library_matmul.h).
//
//   y[r, c] = half(w[first_row + r, c]),   r < rows;  y [rows, w.cols], 16-byte aligned
//
// Any format but F32; cols a multiple of 32. A thread a unit. Traffic: the weights once and 2 bytes a
// weight: 7B in Q4_K_M 17 GB.
#pragma once

#include <cuda_runtime.h>

#include "kernels/cuda/device_matrix.h"
#include "kernels/cuda/half_bits.h"

namespace curlew::cuda {

struct ExpandWeightsArgs {
  DeviceMatrix w;
  Half* y = nullptr;
  int first_row = 0, rows = 0;
};

cudaError_t expand_weights(const ExpandWeightsArgs& args, cudaStream_t stream);

}  // namespace curlew::cuda
