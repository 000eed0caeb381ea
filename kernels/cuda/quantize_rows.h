// Activations to int8, for products with quantised weights; and the gate before it, where gate and up
// could not be multiplied in one launch (matvec.h does it otherwise).
//
//   v = x, or with a gate v = gate_function(gate, x)
//   x, gate  [tokens, cols]  float32, rows x_stride apart; cols and x_stride multiples of 4, cols of 32
//            where q is wanted
//   out      q and scale as activations.h lays them out; with a gate also f32, which may be x
//
// Eight lanes a unit, no shared memory. Traffic: 5.25 * tokens * cols bytes, from and to the L2.
#pragma once

#include "kernels/cuda/activations.h"
#include "kernels/cuda/gate.h"

namespace curlew::cuda {

struct QuantizeArgs {
  const float* x;
  Activations out;
  int tokens, cols;
  const float* gate = nullptr;
  Gate gate_function = Gate::kNone;
  int x_stride = 0;  // 0: cols
};

cudaError_t quantize_rows(const QuantizeArgs& args, cudaStream_t stream);

}  // namespace curlew::cuda
