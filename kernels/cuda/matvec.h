// Products of weights with activations: what a small step is made of. Up to four activations here, more
// in matmul_small.h (quantised weights, 64 at a time) or eight a block (F16, BF16, F32).
//
//   v[t, r] = sum_c w[r, c] * x[t, c] (+ bias[r]), or with a gate
//   v[t, r] = gate_function(gate[r] . x[t] (+ gate_bias[r]), w[r] . x[t] (+ bias[r]))
//   y[t, r] = scale * v (kStore),  y[t, r] += scale * v (kAdd),  y[t, r] = scale * gelu(v) (kGelu)
//
//   x   [tokens, cols]     int8 with scales for quantised weights, float32 for F16, BF16, F32
//   y   [tokens, y_stride] float32, rows r of it; with kAdd it is the residual stream
//
// Up to three jobs that read the same x go into one launch: Q, K and V.
//
// Bandwidth-bound by design. 7B in Q4_K_M at 3.0 TB/s is 13 bytes a clock and multiprocessor, that
// is 26 weights. A warp owns two rows (or a row of the gate and the same of the matrix beside it);
// a lane owns a unit of 32 columns, which for 4-bit codes is one 16-byte load, 512 contiguous bytes
// a warp. One activation then costs some 40 instructions a lane and unit: 1 of 4 issue slots at
// full bandwidth; each further one 15 more, so that four are free and eight would be at the edge.
// In flight: two batches of two units of two rows, 128 bytes a lane; with 16 warps on a
// multiprocessor 64 KB, four times what 3 TB/s and 700 ns ask for. The first batch is asked for
// before wait_for_inputs(), so it is under way while the kernel before is still busy.
//
// Few rows: up to four warps share a row pair, each with every fourth 32 units, and add up through
// shared memory in a fixed order; how many depends on the shape only. A token gets the same bits
// beside any three others; beside more it goes through matmul_small, whose order is another.
//
// Integer products are exact and those of the CPU engine; scales, minima and sums in float32.
// Reference: matmul_ref on quantize_activations_ref.
#pragma once

#include "kernels/cuda/activations.h"
#include "kernels/cuda/gate.h"

namespace curlew::cuda {

inline constexpr int kMatvecJobsMax = 3;

enum class Finish : int { kStore, kAdd, kGelu };

struct MatvecJob {
  DeviceMatrix w;
  DeviceMatrix gate;  // same shape and format as w; codes null for none
  const float* bias = nullptr;
  const float* gate_bias = nullptr;
  float* y = nullptr;
  int y_stride = 0;
};

struct MatvecArgs {
  MatvecJob jobs[kMatvecJobsMax];
  int n_jobs = 1;
  Activations x;
  int tokens = 1;  // any number
  Finish finish = Finish::kStore;
  Gate gate_function = Gate::kNone;
  float scale = 1.f;
};

// All jobs have the same columns, and either all of them a gate or none.
cudaError_t matvec(const MatvecArgs& args, cudaStream_t stream);

}  // namespace curlew::cuda
