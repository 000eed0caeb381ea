#include "kernels/cpu/kernel_table.h"

namespace curlew::kernels {

void rms_norm(const float* x, const float* weight, float* y, int rows, int cols, float eps) {
  kernel_table().rms_norm(x, weight, y, rows, cols, eps);
}

void silu_mul(const float* gate, const float* up, float* out, std::int64_t n) {
  kernel_table().silu_mul(gate, up, out, n);
}

void add(const float* x, float* y, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) y[i] += x[i];
}

}  // namespace curlew::kernels
