// The last step of a product, shared by the kernels that compute one. Private to them.
#pragma once

#include "kernels/cuda/matvec.h"

namespace curlew::cuda {

struct FinishArgs {
  Finish finish;
  Gate gate_function;
  float scale;
};

// Output `row` of token `t`: value is w[row] . x[t], gate_value the gate's where there is one.
__device__ inline void finish_output(const FinishArgs& a, const MatvecJob& job, int row, int t,
                                     float value, float gate_value) {
  float* y = job.y + static_cast<std::size_t>(t) * static_cast<std::size_t>(job.y_stride) + row;
  if (job.bias != nullptr) value += job.bias[row];
  if (a.gate_function != Gate::kNone) {
    if (job.gate_bias != nullptr) gate_value += job.gate_bias[row];
    value = gated(a.gate_function, gate_value, value);
  }
  if (a.finish == Finish::kGelu) value = gelu(value);
  *y = a.finish == Finish::kAdd ? fmaf(a.scale, value, *y) : a.scale * value;
}

}  // namespace curlew::cuda
