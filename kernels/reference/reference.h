// The plain twins of the operations in kernels/ops.h: one loop each, sums in float64, no threads,
// no layouts. Tests compare the fast ones with these; they are as dull as possible on purpose.
// Shapes as in ops.h.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/ops.h"

namespace curlew::kernels {

// y[t, r] = sum_c w[r, c] x[t, c] (+ bias[r]) on the dequantised weights.
void matmul_ref(const MatrixView& w, const float* x, const float* bias, double* y, int tokens);

// x as the quantised products see it: int8 with one float32 scale per 32 columns, expanded again.
std::vector<float> quantize_activations_ref(const float* x, std::int64_t cols, int tokens);

void rms_norm_ref(const float* x, const float* weight, double* y, int rows, int cols, float eps);
void layer_norm_ref(const float* x, const float* weight, const float* bias, double* y, int rows,
                    int cols, float eps);
void silu_mul_ref(const float* gate, const float* up, double* out, std::int64_t n);
void gelu_ref(const float* x, double* y, std::int64_t n);
void gelu_mul_ref(const float* gate, const float* up, double* out, std::int64_t n);
void swiglu_oai_ref(const float* gate, const float* up, double* out, std::int64_t n, float alpha,
                    float limit);
void rope_ref(const float* x, const std::int32_t* pos, const float* inv_freq, int n_freqs,
              int tokens, int heads, int head_dim, RopePairs pairs, float magnitude, double* out);

// p[i] = exp(x[i]) / sum_j exp(x[j]), in place.
void softmax_ref(std::vector<double>& x);

// Attention over contiguous keys [first_pos + tokens, n_kv_heads, head_dim] and values [first_pos +
// tokens, n_kv_heads, value_row] in place of blocks; everything else of args is used but kv_type.
void attention_ref(const AttentionArgs& args, const float* k, const float* v, double* out);

}  // namespace curlew::kernels
