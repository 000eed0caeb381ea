// Activations to halves, for products with many tokens (matmul_tiled.h); and the gate before it, where
// the products did not apply it.
//
//   v = x, or with a gate v = gate_function(gate, x);   out.f16 = v / s,   out.f16_scale = s
//
//   x, gate  [tokens, cols]  float32, or halves where x is null (x16, gate16); rows x_stride apart; cols
//            a multiple of 32, x_stride of 4
//   s        of each token the least power of two not below its largest |v|: no value is too large for a
//            half, and what becomes too small for one is 2^24 times smaller than the token's largest.
//            Without out.f16_scale 1, and values are cut to a half's range.
//   out.f32  [tokens, cols] v as it is, where wanted; may be x where x_stride == cols
//
// A block a token, its values in registers between finding s and dividing. Traffic: 6 * tokens * cols
// bytes, 10 with a gate; of halves 4 and 6.
#pragma once

#include "kernels/cuda/activations.h"
#include "kernels/cuda/gate.h"

namespace curlew::cuda {

inline constexpr int kHalfRowsColsMax = 49152;

struct HalfRowsArgs {
  const float* x = nullptr;
  const float* gate = nullptr;
  const Half* x16 = nullptr;
  const Half* gate16 = nullptr;
  Activations out;
  int tokens = 0, cols = 0;
  int x_stride = 0;  // 0: cols
  Gate gate_function = Gate::kNone;
};

cudaError_t half_rows(const HalfRowsArgs& args, cudaStream_t stream);

}  // namespace curlew::cuda
