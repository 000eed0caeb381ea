// Products of halves by cuBLASLt, where the machine has it: on a Hopper card its kernels use matrix
// instructions that ours (matmul_tiled.h) do not.
//
//   y[t, r] = alpha * sum_c w[r, c] * x[t, c] + beta * y[t, r] (+ bias[r])      sums in float32
//
//   w  [rows, cols] halves    x  [tokens, cols] halves    cols a multiple of 8, all 16-byte aligned
//   y  [tokens, y_stride] float32 or halves, rows of it;  bias  [rows] float32, with float32 y only
//
// The library is opened at run time (dlopen), so that one program serves machines that have it and
// machines that do not. Which of its kernels does a shape is asked once a shape. For one thread at a
// time. On the host a plain kernel stands in for it, in tests that ask for it.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <memory>

#include "kernels/cuda/half_bits.h"

namespace curlew::cuda {

struct LibraryMatmulArgs {
  const Half* w = nullptr;
  const Half* x = nullptr;
  float* y = nullptr;  // or
  Half* y16 = nullptr;
  const float* bias = nullptr;
  int rows = 0, cols = 0, tokens = 0, y_stride = 0;
  float alpha = 1.f, beta = 0.f;
};

class LibraryMatmul {
 public:
  static constexpr std::size_t kWorkspaceBytes = std::size_t{32} << 20;

  // Null where there is no library, or none that works with this card.
  static std::unique_ptr<LibraryMatmul> open();
  ~LibraryMatmul();

  // Whether it has a kernel for this shape; asks once a shape.
  bool can_multiply(const LibraryMatmulArgs& args);
  // workspace: device memory of kWorkspaceBytes, 256-byte aligned. Enqueues only.
  cudaError_t multiply(const LibraryMatmulArgs& args, void* workspace, cudaStream_t stream);

 private:
  struct State;
  explicit LibraryMatmul(State* state) : state_(state) {}
  State* state_;
};

}  // namespace curlew::cuda
