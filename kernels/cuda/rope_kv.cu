#include "kernels/cuda/rope_kv.h"

#include "kernels/cuda/half.h"
#include "kernels/cuda/reduce.h"

namespace curlew::cuda {
namespace {

constexpr int kAngleThreads = 64;
constexpr int kWarps = 4;
constexpr int kThreads = kWarps * kWarpLanes;

struct Shared {
  SharedArray<float, kWarps * kHeadDimMax> heads;
};

__global__ void __launch_bounds__(kAngleThreads) rope_angles_kernel(RopeAnglesArgs a) {
  let_next_start();
  wait_for_inputs();
  const int t = static_cast<int>(blockIdx.x);
  for (int i = static_cast<int>(threadIdx.x); i < a.n_freqs; i += kAngleThreads) {
    const double angle = static_cast<double>(a.pos[t]) * static_cast<double>(a.inv_freq[i]);
    a.angles[t * a.n_freqs + i] = make_float2(a.magnitude * static_cast<float>(cos(angle)),
                                              a.magnitude * static_cast<float>(sin(angle)));
  }
}

// The first `dim` elements of a head, in place; a lane keeps to its own elements.
__device__ void normalise_head(float* head, const float* weight, int dim, const RopeKvArgs& a,
                               int lane) {
  float mean = 0.f, squares = 0.f;
  if (a.norm_formula == NormFormula::kLayer) {
    for (int i = lane; i < dim; i += kWarpLanes) mean += head[i];
    mean = warp_sum(mean) / static_cast<float>(dim);
  }
  for (int i = lane; i < dim; i += kWarpLanes)
    squares = fmaf(head[i] - mean, head[i] - mean, squares);
  const float scale = rsqrtf(warp_sum(squares) / static_cast<float>(dim) + a.norm_eps);
  for (int i = lane; i < dim; i += kWarpLanes) head[i] = (head[i] - mean) * scale * weight[i];
}

// Each pair belongs to one lane.
__device__ void rotate_head(float* rotated, const float2* angles, const RopeKvArgs& a, int lane) {
  for (int i = lane; i < a.n_freqs; i += kWarpLanes) {
    const bool adjacent = a.pairs == kernels::RopePairs::kAdjacent;
    const int first = adjacent ? 2 * i : i, second = adjacent ? 2 * i + 1 : i + a.n_freqs;
    const float x = rotated[first], y = rotated[second];
    const float2 angle = angles[i];
    rotated[first] = x * angle.x - y * angle.y;
    rotated[second] = x * angle.y + y * angle.x;
  }
}

// 32 elements, one a lane: the scale is rounded to half first, and the codes follow it.
__device__ void store_q8_block(std::uint8_t* block, float value, int lane) {
  constexpr float kHalfMax = 65504.f;
  const float top = warp_max(fabsf(value));
  const Half d = to_half(fminf(top * (1.f / 127.f), kHalfMax));
  const float scale = to_float(d);
  float inverse = scale > 0.f ? 1.f / scale : 0.f;
  if (inverse * top > 127.4f) inverse = 127.f / top;  // d is far below the normal halves
  if (lane == 0) *reinterpret_cast<Half*>(block) = d;
  block[sizeof(Half) + static_cast<std::size_t>(lane)] =
      static_cast<std::uint8_t>(static_cast<std::int8_t>(__float2int_rn(value * inverse)));
}

// By a whole warp.
__device__ void store_row(std::uint8_t* row, KvElement element, const float* from, int dim,
                          int lane) {
  if (element == KvElement::kQ8) {
    for (int at = 0; at < dim; at += kKvQ8Cols, row += kKvQ8Bytes)
      store_q8_block(row, from[at + lane], lane);
    return;
  }
  for (int i = lane; i < dim; i += kWarpLanes) {
    if (element == KvElement::kF16)
      reinterpret_cast<Half*>(row)[i] = to_half(from[i]);
    else
      reinterpret_cast<float*>(row)[i] = from[i];
  }
}

// Rows of a token: its query heads, its key heads, its value heads.
__global__ void __launch_bounds__(kThreads) rope_kv_kernel(RopeKvArgs a) {
  Shared& s = shared_memory<Shared>();
  let_next_start();
  wait_for_inputs();
  const int warp = static_cast<int>(threadIdx.x) / kWarpLanes, lane = threadIdx.x % kWarpLanes;
  const int t = static_cast<int>(blockIdx.y);
  const int n_queries = a.q != nullptr ? a.n_heads : 0;
  int head = static_cast<int>(blockIdx.x) * kWarps + warp;
  const bool is_query = head < n_queries;
  if (!is_query) head -= n_queries;
  if (!is_query && a.k == nullptr) return;
  const bool is_key = !is_query && head < a.n_kv_heads;
  if (!is_query && !is_key) head -= a.n_kv_heads;
  if (!is_query && !is_key && (a.v == nullptr || head >= a.n_kv_heads)) return;

  if (!is_query && !is_key) {
    std::uint8_t* row = key_row(a.kv, a.step, t, a.step.pos[t], head, a.value_dim);
    const float* value = a.v + static_cast<std::size_t>(t * a.n_kv_heads + head) *
                                   static_cast<std::size_t>(a.value_dim);
    return store_row(row + a.kv.values_at, a.kv.element, value, a.value_dim, lane);
  }
  const int heads = is_query ? a.n_heads : a.n_kv_heads;
  const std::size_t at =
      static_cast<std::size_t>(t * heads + head) * static_cast<std::size_t>(a.key_dim);
  const float* from = (is_query ? a.q : a.k) + at;
  float* work = &s.heads[warp * kHeadDimMax];
  for (int i = lane; i < a.key_dim; i += kWarpLanes) work[i] = from[i];
  const HeadNorm& norm = is_query ? a.q_norm : a.k_norm;
  const int norm_dim = a.rope_at > 0 ? a.rope_at : a.key_dim;
  if (norm.weight != nullptr)
    normalise_head(work, norm.weight + (norm.by_head ? head * norm_dim : 0), norm_dim, a, lane);
  __syncwarp();
  rotate_head(work + a.rope_at, a.angles + t * a.n_freqs, a, lane);
  __syncwarp();
  if (is_query)
    store_row(reinterpret_cast<std::uint8_t*>(a.q + at), KvElement::kF32, work, a.key_dim, lane);
  else
    store_row(key_row(a.kv, a.step, t, a.step.pos[t], head, a.key_dim), a.kv.element, work,
              a.key_dim, lane);
}

}  // namespace

cudaError_t rope_angles(const RopeAnglesArgs& a, cudaStream_t stream) {
  if (a.tokens < 0 || a.n_freqs < 0) return cudaErrorInvalidValue;
  if (a.tokens == 0 || a.n_freqs == 0) return cudaSuccess;
  return launch(rope_angles_kernel,
                {.grid = static_cast<unsigned>(a.tokens), .block = kAngleThreads}, a, stream,
                "rope_angles");
}

cudaError_t rope_kv(const RopeKvArgs& a, cudaStream_t stream) {
  if (a.tokens < 0 || a.key_dim < 1 || a.key_dim > kHeadDimMax) return cudaErrorInvalidValue;
  if (a.rope_at + 2 * a.n_freqs > a.key_dim || a.n_kv_heads < 1) return cudaErrorInvalidValue;
  if (a.kv.element == KvElement::kQ8 &&
      (a.key_dim % kKvQ8Cols != 0 || a.value_dim % kKvQ8Cols != 0))
    return cudaErrorInvalidValue;
  if (a.tokens == 0) return cudaSuccess;
  const int keys = a.k == nullptr ? 0 : a.n_kv_heads, values = a.v == nullptr ? 0 : keys;
  const int rows = (a.q != nullptr ? a.n_heads : 0) + keys + values;
  if (rows == 0) return cudaSuccess;
  const auto blocks = static_cast<unsigned>((rows + kWarps - 1) / kWarps);
  return launch(rope_kv_kernel,
                {.grid = dim3(blocks, static_cast<unsigned>(a.tokens)),
                 .block = kThreads,
                 .shared_bytes = sizeof(Shared)},
                a, stream, "rope_kv");
}

}  // namespace curlew::cuda
