// Products of which every activation has a matrix of its own, one of a stack: the experts that a
// token was sent to, the heads of latent attention.
//
//   y[s, r] = sum_c w[m * rows + r, c] * x[s / share, c] (+ bias[m, r]),   m = chosen[s]
//   with a gate:  y[s, r] = gate_function(gate[m * rows + r] . x (+ gate_bias[m, r]), the above)
//   without one and with is_gelu:  y[s, r] = gelu(the above)
//
//   w, gate  stacks of matrices of `rows` rows, as one matrix of many rows
//   x        [slots / share, cols]  int8 with scales for quantised weights, float32 for others, its
//            rows x_stride apart
//   chosen   [slots] which of the stack, and one that is not in it is taken for the last; or null:
//            slots go through the stack in turn, as heads do
//   y        [slots, y_stride] float32, rows of it
//
// A warp owns two rows of one slot, as in matvec.h with one activation; nothing is shared between
// slots that meet the same matrix but the L2. Right for a few tokens, where the bytes of the chosen
// experts are what takes the time; a prompt reads them again for every token.
#pragma once

#include "kernels/cuda/activations.h"
#include "kernels/cuda/gate.h"

namespace curlew::cuda {

struct ExpertMatvecArgs {
  DeviceMatrix w;
  DeviceMatrix gate;  // same shape and format as w; codes null for none
  const float* bias = nullptr;
  const float* gate_bias = nullptr;
  Activations x;
  const std::int32_t* chosen = nullptr;
  float* y = nullptr;
  int rows = 0;  // of one matrix
  int slots = 0;
  int share = 1;     // slots that read the same x
  int x_stride = 0;  // of float32; 0: cols
  int y_stride = 0;  // 0: rows
  Gate gate_function = Gate::kNone;
  bool is_gelu = false;
};

cudaError_t expert_matvec(const ExpertMatvecArgs& args, cudaStream_t stream);

}  // namespace curlew::cuda
