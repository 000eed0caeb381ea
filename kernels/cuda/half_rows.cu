#include "kernels/cuda/half_rows.h"

#include "kernels/cuda/half.h"
#include "kernels/cuda/reduce.h"
#include "kernels/cuda/vector_access.h"

namespace curlew::cuda {
namespace {

constexpr int kThreads = 512;
constexpr int kWarps = kThreads / kWarpLanes;
constexpr int kColsPerStep = 4 * kThreads;
constexpr int kSteps = kHalfRowsColsMax / kColsPerStep;  // at most; a step is 4 columns a thread
static_assert(kHalfRowsColsMax % kColsPerStep == 0);

struct Shared {
  SharedArray<float, kWarps> top;
};

__device__ float4 load_four(const float* f32, const Half* f16, std::int64_t at) {
  if (f32 != nullptr) return load16<float4>(f32 + at);
  const uint2 v = load_vector<uint2>(f16 + at);
  const float2 a = halves_to_floats(v.x), b = halves_to_floats(v.y);
  return make_float4(a.x, a.y, b.x, b.y);
}

__device__ float4 value_of(const HalfRowsArgs& a, std::int64_t token, int c) {
  const std::int64_t at = token * a.x_stride + c;
  const float4 v = load_four(a.x, a.x16, at);
  if (a.gate_function == Gate::kNone) return v;
  const float4 g = load_four(a.gate, a.gate16, at);
  return make_float4(gated(a.gate_function, g.x, v.x), gated(a.gate_function, g.y, v.y),
                     gated(a.gate_function, g.z, v.z), gated(a.gate_function, g.w, v.w));
}

// The least power of two not below `top`, within what float32 can divide by; 1 for nothing.
__device__ float power_above(float top) {
  if (!(top > 0.f)) return 1.f;
  const unsigned bits = __float_as_uint(fminf(fmaxf(top, 1e-30f), 1e30f));
  const unsigned exponent = (bits + 0x007fffffu) & 0x7f800000u;
  return __uint_as_float(exponent);
}

// kKept: how many steps a row has at most.
template <int kKept>
__global__ void __launch_bounds__(kThreads) half_rows_kernel(HalfRowsArgs a) {
  Shared& s = shared_memory<Shared>();
  let_next_start();
  wait_for_inputs();
  const std::int64_t token = blockIdx.x;
  const int first = 4 * static_cast<int>(threadIdx.x);
  float4 kept[kKept];
  float top = 0.f;
#pragma unroll
  for (int i = 0; i < kKept; ++i) {
    const int c = first + i * kColsPerStep;
    if (c >= a.cols) break;
    const float4 v = kept[i] = value_of(a, token, c);
    top = fmaxf(top, fmaxf(fmaxf(fabsf(v.x), fabsf(v.y)), fmaxf(fabsf(v.z), fabsf(v.w))));
  }
  float scale = 1.f;
  if (a.out.f16_scale != nullptr) {
    top = warp_max(top);
    if (first % (4 * kWarpLanes) == 0) s.top[first / (4 * kWarpLanes)] = top;
    __syncthreads();
    for (int w = 0; w < kWarps; ++w) top = fmaxf(top, s.top[w]);
    scale = power_above(top);
    if (first == 0) a.out.f16_scale[token] = scale;
  }
  const float by = 1.f / scale;  // exact
#pragma unroll
  for (int i = 0; i < kKept; ++i) {
    const int c = first + i * kColsPerStep;
    if (c >= a.cols) break;
    const float4 v = kept[i];
    const std::int64_t at = token * a.cols + c;
    store_vector(a.out.f16 + at, make_uint2(pack_halves_within(by * v.x, by * v.y),
                                            pack_halves_within(by * v.z, by * v.w)));
    if (a.out.f32 != nullptr) store_vector(a.out.f32 + at, v);
  }
}

template <int kKept>
cudaError_t start(const HalfRowsArgs& a, cudaStream_t stream) {
  return launch(
      half_rows_kernel<kKept>,
      {.grid = static_cast<unsigned>(a.tokens), .block = kThreads, .shared_bytes = sizeof(Shared)},
      a, stream, "half_rows");
}

}  // namespace

cudaError_t half_rows(const HalfRowsArgs& args, cudaStream_t stream) {
  HalfRowsArgs a = args;
  if (a.x_stride == 0) a.x_stride = a.cols;
  if (a.tokens < 0 || a.cols < 1 || a.cols % kUnitCols != 0 || a.cols > kHalfRowsColsMax)
    return cudaErrorInvalidValue;
  if (a.x_stride < a.cols || a.x_stride % 4 != 0 || a.out.f16 == nullptr ||
      (a.x == nullptr) == (a.x16 == nullptr))
    return cudaErrorInvalidValue;
  if (a.gate_function != Gate::kNone && (a.x != nullptr ? a.gate == nullptr : a.gate16 == nullptr))
    return cudaErrorInvalidValue;
  if (a.tokens == 0) return cudaSuccess;
  const int steps = (a.cols + kColsPerStep - 1) / kColsPerStep;
  if (steps <= 2) return start<2>(a, stream);
  if (steps <= 5) return start<5>(a, stream);
  if (steps <= 10) return start<10>(a, stream);
  return start<kSteps>(a, stream);
}

}  // namespace curlew::cuda
