#include "kernels/cuda/norm.h"

#include "kernels/cuda/half.h"
#include "kernels/cuda/quantize_unit.h"
#include "kernels/cuda/reduce.h"

namespace curlew::cuda {
namespace {

constexpr int kThreads = 512;
constexpr int kColsPerStep = 4 * kThreads;

struct Shared {
  BlockSums<kThreads> sums;
};

// Columns c .. c + 3 of a row, zeros past its end.
__device__ float4 load_columns(const float* row, int c, int cols, bool is_aligned) {
  if (is_aligned && c + 4 <= cols) return load16<float4>(row + c);
  float v[4] = {0.f, 0.f, 0.f, 0.f};
  for (int i = 0; i < 4; ++i)
    if (c + i < cols) v[i] = row[c + i];
  return make_float4(v[0], v[1], v[2], v[3]);
}

__device__ void store_columns(float* row, int c, int cols, bool is_aligned, float4 v) {
  if (is_aligned && c + 4 <= cols) return store_vector(row + c, v);
  const float values[4] = {v.x, v.y, v.z, v.w};
  for (int i = 0; i < 4; ++i)
    if (c + i < cols) row[c + i] = values[i];
}

__global__ void __launch_bounds__(kThreads) norm_kernel(NormArgs a) {
  Shared& s = shared_memory<Shared>();
  let_next_start();
  wait_for_inputs();
  const std::int64_t r = blockIdx.x;
  const std::int64_t x_row = a.row_idx != nullptr ? a.row_idx[r] : r;
  const float* x = a.x + x_row * a.x_stride;  // [cols]
  const bool is_aligned = a.cols % 4 == 0 && a.x_stride % 4 == 0;
  const int first = 4 * static_cast<int>(threadIdx.x);

  float mean = 0.f;
  if (a.formula == NormFormula::kLayer) {
    float sum = 0.f;
    for (int c = first; c < a.cols; c += kColsPerStep) {
      const float4 v = load_columns(x, c, a.cols, is_aligned);
      sum += v.x + v.y + (v.z + v.w);
    }
    mean = block_sum(sum, s.sums) / static_cast<float>(a.cols);
  }
  float squares = 0.f;
  for (int c = first; c < a.cols; c += kColsPerStep) {
    const float4 v = load_columns(x, c, a.cols, is_aligned);
    const float d[4] = {v.x - mean, v.y - mean, v.z - mean, v.w - mean};
    for (int i = 0; i < 4; ++i)
      if (c + i < a.cols) squares = fmaf(d[i], d[i], squares);
  }
  const float scale = rsqrtf(block_sum(squares, s.sums) / static_cast<float>(a.cols) + a.eps);

  const int whole = (a.cols + kColsPerStep - 1) / kColsPerStep * kColsPerStep;
  for (int c = first; c < whole; c += kColsPerStep) {  // all lanes enter quantize_unit
    const float4 v = load_columns(x, c, a.cols, is_aligned);
    const float4 w = load_columns(a.weight, c, a.cols, is_aligned);
    float4 y = make_float4((v.x - mean) * scale * w.x, (v.y - mean) * scale * w.y,
                           (v.z - mean) * scale * w.z, (v.w - mean) * scale * w.w);
    if (a.bias != nullptr) {
      const float4 b = load_columns(a.bias, c, a.cols, is_aligned);
      y = make_float4(y.x + b.x, y.y + b.y, y.z + b.z, y.w + b.w);
    }
    if (a.out.f32 != nullptr && c < a.cols)
      store_columns(a.out.f32 + r * a.cols, c, a.cols, a.cols % 4 == 0, y);
    if (a.out.f16 != nullptr && c < a.cols)
      store_vector(a.out.f16 + r * a.cols + c,
                   make_uint2(pack_halves_within(y.x, y.y), pack_halves_within(y.z, y.w)));
    if (a.out.q != nullptr) quantize_unit(y, a.out, r, a.cols, c);
  }
}

}  // namespace

cudaError_t norm(const NormArgs& a, cudaStream_t stream) {
  if (a.rows < 0 || a.cols <= 0 || a.x_stride < a.cols) return cudaErrorInvalidValue;
  if ((a.out.q != nullptr || a.out.f16 != nullptr) && a.cols % kUnitCols != 0)
    return cudaErrorInvalidValue;
  if (a.out.f16_scale != nullptr) return cudaErrorInvalidValue;
  if (a.rows == 0) return cudaSuccess;
  return launch(
      norm_kernel,
      {.grid = static_cast<unsigned>(a.rows), .block = kThreads, .shared_bytes = sizeof(Shared)}, a,
      stream, "norm");
}

}  // namespace curlew::cuda
