#include "kernels/cuda/copy_columns.h"

#include <cstddef>

#include "kernels/cuda/launch.h"

namespace curlew::cuda {
namespace {

constexpr int kThreads = 64;

__global__ void __launch_bounds__(kThreads) copy_columns_kernel(CopyColumnsArgs a) {
  let_next_start();
  wait_for_inputs();
  const auto row = static_cast<std::size_t>(blockIdx.x);
  const float* x = a.x + row * static_cast<std::size_t>(a.x_stride);
  float* y = a.y + row * static_cast<std::size_t>(a.y_stride);
  for (int c = static_cast<int>(threadIdx.x); c < a.cols; c += kThreads) y[c] = x[c];
}

}  // namespace

cudaError_t copy_columns(const CopyColumnsArgs& a, cudaStream_t stream) {
  if (a.rows < 0 || a.cols < 0 || a.x_stride < a.cols || a.y_stride < a.cols)
    return cudaErrorInvalidValue;
  if (a.rows == 0 || a.cols == 0) return cudaSuccess;
  return launch(copy_columns_kernel, {.grid = static_cast<unsigned>(a.rows), .block = kThreads}, a,
                stream, "copy_columns");
}

}  // namespace curlew::cuda
