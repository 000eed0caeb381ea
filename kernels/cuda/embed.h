// The rows of the embedding matrix that the step's tokens name.
//
//   y[t, c] = scale * table[ids[t], c]      y [tokens, cols] float32; ids within the table
//
// A thread a unit of 32 columns; reads one row a token.
#pragma once

#include "kernels/cuda/device_matrix.h"
#include "kernels/cuda/kv_view.h"

namespace curlew::cuda {

struct EmbedArgs {
  DeviceMatrix table;
  const std::int32_t* ids;
  float* y;
  int tokens;
  float scale;
};

cudaError_t embed(const EmbedArgs& args, cudaStream_t stream);

}  // namespace curlew::cuda
