#include "kernels/cuda/quantize_rows.h"

#include "kernels/cuda/quantize_unit.h"

namespace curlew::cuda {
namespace {

constexpr int kThreads = 256;
constexpr int kColsPerBlock = 4 * kThreads;

__global__ void __launch_bounds__(kThreads) quantize_rows_kernel(QuantizeArgs a) {
  let_next_start();
  wait_for_inputs();
  const int c = static_cast<int>(blockIdx.x) * kColsPerBlock + 4 * static_cast<int>(threadIdx.x);
  const std::int64_t token = blockIdx.y;
  const bool is_inside = c < a.cols;
  float4 v = make_float4(0.f, 0.f, 0.f, 0.f);
  if (is_inside) v = load16<float4>(a.x + token * a.x_stride + c);
  if (a.gate != nullptr && is_inside) {
    const float4 g = load16<float4>(a.gate + token * a.x_stride + c);
    v = make_float4(gated(a.gate_function, g.x, v.x), gated(a.gate_function, g.y, v.y),
                    gated(a.gate_function, g.z, v.z), gated(a.gate_function, g.w, v.w));
    if (a.out.f32 != nullptr) store_vector(a.out.f32 + token * a.cols + c, v);
  }
  if (a.out.q != nullptr) quantize_unit(v, a.out, token, a.cols, c);
}

}  // namespace

cudaError_t quantize_rows(const QuantizeArgs& args, cudaStream_t stream) {
  QuantizeArgs a = args;
  if (a.x_stride == 0) a.x_stride = a.cols;
  if (a.tokens < 0 || a.cols <= 0 || a.cols % 4 != 0 || a.x_stride < a.cols || a.x_stride % 4 != 0)
    return cudaErrorInvalidValue;
  if (a.out.q != nullptr && a.cols % kUnitCols != 0) return cudaErrorInvalidValue;
  if (a.tokens == 0) return cudaSuccess;
  const auto blocks = static_cast<unsigned>((a.cols + kColsPerBlock - 1) / kColsPerBlock);
  return launch(quantize_rows_kernel,
                {.grid = dim3(blocks, static_cast<unsigned>(a.tokens)), .block = kThreads}, a,
                stream, "quantize_rows");
}

}  // namespace curlew::cuda
