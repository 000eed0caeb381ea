#include "kernels/reference/reference.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace curlew::kernels {

void matmul_ref(const MatrixView& w, const float* x, const float* bias, double* y, int tokens) {
  std::vector<float> row(static_cast<std::size_t>(w.cols));
  for (std::int64_t r = 0; r < w.rows; ++r) {
    dequantize(w.type, static_cast<const std::uint8_t*>(w.data) + r * w.row_bytes(), row.data(),
               w.cols);
    for (int t = 0; t < tokens; ++t) {
      double sum = bias ? bias[r] : 0.0;
      for (std::int64_t c = 0; c < w.cols; ++c) sum += double{row[c]} * x[t * w.cols + c];
      y[t * w.rows + r] = sum;
    }
  }
}

std::vector<float> quantize_activations_ref(const float* x, std::int64_t cols, int tokens) {
  constexpr int kBlock = 32;
  std::vector<float> out(static_cast<std::size_t>(cols * tokens));
  for (std::size_t begin = 0; begin < out.size(); begin += kBlock) {
    float amax = 0.f;
    for (int i = 0; i < kBlock; ++i) amax = std::max(amax, std::fabs(x[begin + i]));
    const float d = amax / 127.f;
    for (int i = 0; i < kBlock; ++i)
      out[begin + i] = amax == 0.f ? 0.f : d * std::nearbyint(x[begin + i] * (127.f / amax));
  }
  return out;
}

void rms_norm_ref(const float* x, const float* weight, double* y, int rows, int cols, float eps) {
  for (int r = 0; r < rows; ++r) {
    const float* row = x + static_cast<std::int64_t>(r) * cols;
    double squares = 0;
    for (int c = 0; c < cols; ++c) squares += double{row[c]} * row[c];
    for (int c = 0; c < cols; ++c)
      y[static_cast<std::int64_t>(r) * cols + c] =
          row[c] / std::sqrt(squares / cols + eps) * weight[c];
  }
}

void layer_norm_ref(const float* x, const float* weight, const float* bias, double* y, int rows,
                    int cols, float eps) {
  for (int r = 0; r < rows; ++r) {
    const float* row = x + static_cast<std::int64_t>(r) * cols;
    double mean = 0, variance = 0;
    for (int c = 0; c < cols; ++c) mean += double{row[c]} / cols;
    for (int c = 0; c < cols; ++c) variance += (row[c] - mean) * (row[c] - mean) / cols;
    for (int c = 0; c < cols; ++c)
      y[static_cast<std::int64_t>(r) * cols + c] =
          (row[c] - mean) / std::sqrt(variance + eps) * weight[c] + (bias ? bias[c] : 0.0);
  }
}

void silu_mul_ref(const float* gate, const float* up, double* out, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) out[i] = gate[i] / (1 + std::exp(-double{gate[i]})) * up[i];
}

void gelu_ref(const float* x, double* y, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    const double v = x[i];
    y[i] = v / 2 * (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (v + 0.044715 * v * v * v)));
  }
}

void gelu_mul_ref(const float* gate, const float* up, double* out, std::int64_t n) {
  gelu_ref(gate, out, n);
  for (std::int64_t i = 0; i < n; ++i) out[i] *= up[i];
}

void swiglu_oai_ref(const float* gate, const float* up, double* out, std::int64_t n, float alpha,
                    float limit) {
  for (std::int64_t i = 0; i < n; ++i) {
    const double g = std::min(gate[i], limit), u = std::clamp(up[i], -limit, limit);
    out[i] = g / (1 + std::exp(-alpha * g)) * (u + 1);
  }
}

void rope_ref(const float* x, const std::int32_t* pos, const float* inv_freq, int n_freqs,
              int tokens, int heads, int head_dim, RopePairs pairs, float magnitude, double* out) {
  std::copy_n(x, static_cast<std::int64_t>(tokens) * heads * head_dim, out);
  for (int t = 0; t < tokens; ++t)
    for (int h = 0; h < heads; ++h)
      for (int i = 0; i < n_freqs; ++i) {
        const std::int64_t head = (static_cast<std::int64_t>(t) * heads + h) * head_dim;
        const std::int64_t a = head + (pairs == RopePairs::kAdjacent ? 2 * i : i);
        const std::int64_t b = pairs == RopePairs::kAdjacent ? a + 1 : a + n_freqs;
        const double angle = double{inv_freq[i]} * pos[t];
        out[a] = magnitude * (x[a] * std::cos(angle) - x[b] * std::sin(angle));
        out[b] = magnitude * (x[a] * std::sin(angle) + x[b] * std::cos(angle));
      }
}

void softmax_ref(std::vector<double>& x) {
  const double peak = *std::max_element(x.begin(), x.end());
  double sum = 0;
  for (double& v : x) sum += v = std::exp(v - peak);
  for (double& v : x) v /= sum;
}

void attention_ref(const AttentionArgs& a, const float* k, const float* v, double* out) {
  const int group = a.n_heads / a.n_kv_heads;
  const int value_dim = a.value_dim ? a.value_dim : a.head_dim;
  const int value_row = a.value_row ? a.value_row : value_dim;
  for (std::int64_t t = 0; t < a.tokens; ++t)
    for (std::int64_t h = 0; h < a.n_heads; ++h) {
      const float* q = a.q + (t * a.n_heads + h) * a.head_dim;
      const std::int64_t pos = a.first_pos + t;
      const std::int64_t first = a.window > 0 ? std::max<std::int64_t>(0, pos - a.window + 1) : 0;
      std::vector<double> p;
      for (std::int64_t j = first; j <= pos; ++j) {
        const float* key = k + (j * a.n_kv_heads + h / group) * a.head_dim;
        double dot = 0;
        for (int d = 0; d < a.head_dim; ++d) dot += double{q[d]} * key[d];
        p.push_back(a.scale * dot);
      }
      if (a.sinks) p.push_back(a.sinks[h]);
      softmax_ref(p);
      for (int d = 0; d < value_dim; ++d) {
        double sum = 0;
        for (std::int64_t j = first; j <= pos; ++j)
          sum += p[j - first] * v[(j * a.n_kv_heads + h / group) * value_row + d];
        out[(t * a.n_heads + h) * value_dim + d] = sum;
      }
    }
}

}  // namespace curlew::kernels
