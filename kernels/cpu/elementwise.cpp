#include "kernels/cpu/kernel_table.h"

namespace curlew::kernels {

void rms_norm(const float* x, const float* weight, float* y, int rows, int cols, float eps) {
  kernel_table().rms_norm(x, weight, y, rows, cols, eps);
}

void layer_norm(const float* x, const float* weight, const float* bias, float* y, int rows,
                int cols, float eps) {
  kernel_table().layer_norm(x, weight, bias, y, rows, cols, eps);
}

void silu_mul(const float* gate, const float* up, float* out, std::int64_t n) {
  kernel_table().silu_mul(gate, up, out, n);
}

void gelu(const float* x, float* y, std::int64_t n) {
  kernel_table().gelu(x, y, n);
}

void gelu_mul(const float* gate, const float* up, float* out, std::int64_t n) {
  kernel_table().gelu_mul(gate, up, out, n);
}

void swiglu_oai(const float* gate, const float* up, float* out, std::int64_t n, float alpha,
                float limit) {
  kernel_table().swiglu_oai(gate, up, out, n, alpha, limit);
}

void add(const float* x, float* y, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) y[i] += x[i];
}

void add_scaled(const float* x, float factor, float* y, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) y[i] += factor * x[i];
}

void scale(float* x, float factor, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) x[i] *= factor;
}

}  // namespace curlew::kernels
