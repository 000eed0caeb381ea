#include "kernels/cuda/attention.h"

#include "kernels/cuda/half.h"
#include "kernels/cuda/quantize_unit.h"
#include "kernels/cuda/reduce.h"
#include "kernels/cuda/rope_kv.h"

namespace curlew::cuda {
namespace {

constexpr int kWarps = 4;
constexpr int kThreads = kWarps * kWarpLanes;
constexpr int kMergeThreads = 128;
constexpr int kPlainPerLane = kHeadDimMax / kWarpLanes;
constexpr float kNothing = -1e30f;  // below every score; finite, so that differences are numbers

// How the elements of a row are dealt to lanes.
template <int kLanes_>
struct WideRows {  // eight halves a lane, kLanes lanes a row
  static constexpr int kLanes = kLanes_, kPerLane = 8, kUnroll = 2;
  __device__ static int element(int lane, int j) { return lane % kLanes * kPerLane + j; }
  // Known to the compiler, which saves it registers.
  __device__ static constexpr KvElement element_of(const KvLayer&) { return KvElement::kF16; }
  __device__ static void load(const std::uint8_t* row, KvElement, int, int lane, float* out) {
    const uint4 v = load16(row + lane % kLanes * 16);
    const unsigned words[4] = {v.x, v.y, v.z, v.w};
    for (int j = 0; j < 4; ++j) {
      const float2 pair = halves_to_floats(words[j]);
      out[2 * j] = pair.x, out[2 * j + 1] = pair.y;
    }
  }
};
struct PlainRows {  // every 32nd element a lane, of any row
  static constexpr int kLanes = kWarpLanes, kPerLane = kPlainPerLane, kUnroll = 1;
  __device__ static int element(int lane, int j) { return lane + j * kWarpLanes; }
  __device__ static KvElement element_of(const KvLayer& kv) { return kv.element; }
  __device__ static float read(const std::uint8_t* row, KvElement e, int i) {
    if (e == KvElement::kF32) return reinterpret_cast<const float*>(row)[i];
    if (e == KvElement::kF16) return to_float(reinterpret_cast<const Half*>(row)[i]);
    const std::uint8_t* block = row + i / kKvQ8Cols * kKvQ8Bytes;
    const auto code = static_cast<std::int8_t>(block[sizeof(Half) + i % kKvQ8Cols]);
    return to_float(*reinterpret_cast<const Half*>(block)) * static_cast<float>(code);
  }
  __device__ static void load(const std::uint8_t* row, KvElement e, int dim, int lane, float* out) {
    for (int j = 0; j < kPerLane; ++j) {
      const int i = element(lane, j);
      out[j] = i < dim ? read(row, e, i) : 0.f;
    }
  }
};

// Of one query head: the softmax so far.
template <int kPerLane>
struct Running {
  float top = kNothing, sum = 0.f;
  float mixed[kPerLane] = {};
};

template <class Rows, int kGroup>
struct Shared {
  static constexpr int kDim = Rows::kLanes * Rows::kPerLane;
  SharedArray<float, kWarps * kGroup> top, sum;
  SharedArray<float, kWarps * kGroup * kDim> mixed;
};

// Where a token's spans begin.
struct Span {
  int begin, end;
};
__device__ Span span_of(const AttentionArgs& a, int token, int split) {
  const int pos = a.step.pos[token];
  const int first = a.window > 0 && pos >= a.window ? pos - a.window + 1 : 0;
  const int count = pos + 1 - first;
  const int length = max((count + a.splits - 1) / a.splits, kSpanMin);
  return {first + split * length, min(first + (split + 1) * length, pos + 1)};
}

// Takes in another running softmax of the same head.
template <int kPerLane>
__device__ void merge(Running<kPerLane>& into, float top, float sum, const float* mixed) {
  const float new_top = fmaxf(into.top, top);
  const float ours = expf(into.top - new_top), theirs = expf(top - new_top);
  into.sum = into.sum * ours + sum * theirs;
  for (int j = 0; j < kPerLane; ++j) into.mixed[j] = into.mixed[j] * ours + mixed[j] * theirs;
  into.top = new_top;
}

template <class Rows, int kGroup>
__device__ void attend_rows(const AttentionArgs& a, Span span, int token, int kv_head,
                            const float (&q)[kGroup][Rows::kPerLane],
                            Running<Rows::kPerLane> (&state)[kGroup]) {
  constexpr int kRowsAtOnce = kWarpLanes / Rows::kLanes, kUnroll = Rows::kUnroll;
  const int warp = static_cast<int>(threadIdx.x) / kWarpLanes, lane = threadIdx.x % kWarpLanes;
  const int value_row = a.value_row > 0 ? a.value_row : a.value_dim;
  const KvElement element = Rows::element_of(a.kv);
  const int key_bytes = kv_row_bytes(element, a.head_dim);
  const int value_bytes = kv_row_bytes(element, value_row);
  for (int p = span.begin + warp * kRowsAtOnce * kUnroll; p < span.end;
       p += kWarps * kRowsAtOnce * kUnroll) {
    float k[kUnroll][Rows::kPerLane], v[kUnroll][Rows::kPerLane];
    bool is_seen[kUnroll];
#pragma unroll
    for (int u = 0; u < kUnroll; ++u) {
      const int at = p + u * kRowsAtOnce + lane / Rows::kLanes;
      is_seen[u] = at < span.end;
      const int pos = is_seen[u] ? at : span.begin;
      Rows::load(row_at(a.kv, a.step, token, pos, kv_head, key_bytes), element, a.head_dim, lane,
                 k[u]);
      Rows::load(row_at(a.kv, a.step, token, pos, kv_head, value_bytes) + a.kv.values_at, element,
                 a.value_dim, lane, v[u]);
    }
#pragma unroll
    for (int g = 0; g < kGroup; ++g) {
      float score[kUnroll], top = state[g].top;
#pragma unroll
      for (int u = 0; u < kUnroll; ++u) {
        float dot = 0.f;
        for (int j = 0; j < Rows::kPerLane; ++j) dot = fmaf(q[g][j], k[u][j], dot);
        for (int step = 1; step < Rows::kLanes; step *= 2)
          dot += __shfl_xor_sync(kAllLanes, dot, step);
        score[u] = is_seen[u] ? dot : kNothing;
        top = fmaxf(top, score[u]);
      }
      const float keep = expf(state[g].top - top);
      state[g].top = top;
      state[g].sum *= keep;
      for (int j = 0; j < Rows::kPerLane; ++j) state[g].mixed[j] *= keep;
#pragma unroll
      for (int u = 0; u < kUnroll; ++u) {
        const float weight = is_seen[u] ? expf(score[u] - top) : 0.f;
        state[g].sum += weight;
        for (int j = 0; j < Rows::kPerLane; ++j)
          state[g].mixed[j] = fmaf(weight, v[u][j], state[g].mixed[j]);
      }
    }
  }
}

// The rows that stood side by side in a warp, into the first of them.
template <class Rows>
__device__ void merge_warp(Running<Rows::kPerLane>& state) {
  for (int step = Rows::kLanes; step < kWarpLanes; step *= 2) {
    float mixed[Rows::kPerLane];
    const float top = __shfl_xor_sync(kAllLanes, state.top, step);
    const float sum = __shfl_xor_sync(kAllLanes, state.sum, step);
    for (int j = 0; j < Rows::kPerLane; ++j)
      mixed[j] = __shfl_xor_sync(kAllLanes, state.mixed[j], step);
    merge(state, top, sum, mixed);
  }
}

// Where the span's result of one head goes: mixed [value_dim], and (top, sum) behind all of them.
struct Partial {
  float* mixed;
  float* top_and_sum;
};
__device__ Partial partial_of(const AttentionArgs& a, int token, int head, int split) {
  const std::size_t i =
      static_cast<std::size_t>(token * a.n_heads + head) * static_cast<std::size_t>(a.splits) +
      static_cast<std::size_t>(split);
  const std::size_t all = static_cast<std::size_t>(a.tokens) * static_cast<std::size_t>(a.n_heads) *
                          static_cast<std::size_t>(a.splits);
  const auto dim = static_cast<std::size_t>(a.value_dim);
  return {a.partial + i * dim, a.partial + all * dim + 2 * i};
}

template <class Rows, int kGroup>
__global__ void __launch_bounds__(kThreads) attention_kernel(AttentionArgs a) {
  using Sh = Shared<Rows, kGroup>;
  Sh& s = shared_memory<Sh>();
  let_next_start();
  wait_for_inputs();
  const int group = a.n_heads / a.n_kv_heads, chunks = (group + kGroup - 1) / kGroup;
  const int kv_head = static_cast<int>(blockIdx.x) / chunks;
  const int first = static_cast<int>(blockIdx.x) % chunks * kGroup;  // within the group
  const int token = static_cast<int>(blockIdx.y), split = static_cast<int>(blockIdx.z);
  const int warp = static_cast<int>(threadIdx.x) / kWarpLanes, lane = threadIdx.x % kWarpLanes;
  const int heads = min(kGroup, group - first), first_head = kv_head * group + first;
  const Span span = span_of(a, token, split);

  Running<Rows::kPerLane> state[kGroup];
  if (span.begin < span.end) {
    float q[kGroup][Rows::kPerLane];
    for (int g = 0; g < kGroup; ++g) {
      const std::size_t head =
          static_cast<std::size_t>(token * a.n_heads + first_head + min(g, heads - 1));
      const float* from = a.q + head * static_cast<std::size_t>(a.head_dim);
      for (int j = 0; j < Rows::kPerLane; ++j) {
        const int i = Rows::element(lane, j);
        q[g][j] = i < a.head_dim ? a.scale * from[i] : 0.f;
      }
    }
    attend_rows<Rows, kGroup>(a, span, token, kv_head, q, state);
  }
#pragma unroll
  for (int g = 0; g < kGroup; ++g) {
    merge_warp<Rows>(state[g]);
    const int slot = warp * kGroup + g;
    if (lane == 0) s.top[slot] = state[g].top, s.sum[slot] = state[g].sum;
    if (lane < Rows::kLanes)
      for (int j = 0; j < Rows::kPerLane; ++j)
        s.mixed[slot * Sh::kDim + Rows::element(lane, j)] = state[g].mixed[j];
  }
  __syncthreads();
  for (int i = static_cast<int>(threadIdx.x); i < heads * a.value_dim; i += kThreads) {
    const int g = i / a.value_dim, e = i % a.value_dim;
    Running<1> all;
    for (int w = 0; w < kWarps; ++w) {
      const int slot = w * kGroup + g;
      merge(all, s.top[slot], s.sum[slot], &s.mixed[slot * Sh::kDim + e]);
    }
    const Partial out = partial_of(a, token, first_head + g, split);
    out.mixed[e] = all.mixed[0];
    if (e == 0) out.top_and_sum[0] = all.top, out.top_and_sum[1] = all.sum;
  }
}

// Four neighbouring columns of a token's output row, which belong to one head.
__device__ float4 merge_spans(const AttentionArgs& a, int token, int c) {
  const int head = c / a.value_dim, e = c % a.value_dim;
  Running<4> all;
  if (a.sinks != nullptr) all.top = a.sinks[head], all.sum = 1.f;
  for (int split = 0; split < a.splits; ++split) {
    const Partial part = partial_of(a, token, head, split);
    const float sum = part.top_and_sum[1];
    if (sum == 0.f) break;  // spans are filled from the first on
    const float4 v = load16<float4>(part.mixed + e);
    const float mixed[4] = {v.x, v.y, v.z, v.w};
    merge(all, part.top_and_sum[0], sum, mixed);
  }
  const float by = 1.f / all.sum;
  return make_float4(by * all.mixed[0], by * all.mixed[1], by * all.mixed[2], by * all.mixed[3]);
}

__global__ void __launch_bounds__(kMergeThreads) attention_merge_kernel(AttentionArgs a) {
  let_next_start();
  wait_for_inputs();
  const int cols = a.n_heads * a.value_dim, token = static_cast<int>(blockIdx.y);
  const int c = 4 * (static_cast<int>(blockIdx.x) * kMergeThreads + static_cast<int>(threadIdx.x));
  float4 v = make_float4(0.f, 0.f, 0.f, 0.f);
  if (c < cols) v = merge_spans(a, token, c);
  if (a.out.f32 != nullptr && c < cols)
    store_vector(a.out.f32 + static_cast<std::size_t>(token) * static_cast<std::size_t>(cols) + c,
                 v);
  if (a.out.q != nullptr) quantize_unit(v, a.out, token, cols, c);
}

template <class Rows, int kGroup>
cudaError_t start(const AttentionArgs& a, cudaStream_t stream) {
  const int group = a.n_heads / a.n_kv_heads;
  const int blocks = a.n_kv_heads * ((group + kGroup - 1) / kGroup);
  return launch(attention_kernel<Rows, kGroup>,
                {.grid = dim3(static_cast<unsigned>(blocks), static_cast<unsigned>(a.tokens),
                              static_cast<unsigned>(a.splits)),
                 .block = kThreads,
                 .shared_bytes = sizeof(Shared<Rows, kGroup>)},
                a, stream, "attention");
}

template <int kLanes>
cudaError_t start_wide(const AttentionArgs& a, cudaStream_t stream) {
  const int group = a.n_heads / a.n_kv_heads;
  if (group == 1) return start<WideRows<kLanes>, 1>(a, stream);
  if (group == 2) return start<WideRows<kLanes>, 2>(a, stream);
  if (group <= 4) return start<WideRows<kLanes>, 4>(a, stream);
  return start<WideRows<kLanes>, 8>(a, stream);
}

cudaError_t start_spans(const AttentionArgs& a, cudaStream_t stream) {
  const bool is_wide = a.kv.element == KvElement::kF16 && a.head_dim == a.value_dim &&
                       (a.value_row == 0 || a.value_row == a.value_dim);
  if (is_wide && a.head_dim == 64) return start_wide<8>(a, stream);
  if (is_wide && a.head_dim == 128) return start_wide<16>(a, stream);
  if (is_wide && a.head_dim == 256) return start_wide<32>(a, stream);
  return start<PlainRows, 1>(a, stream);
}

}  // namespace

cudaError_t attention(const AttentionArgs& a, cudaStream_t stream) {
  const int cols = a.n_heads * a.value_dim;
  if (a.tokens < 0 || a.splits < 1 || a.n_kv_heads < 1 || a.n_heads % a.n_kv_heads != 0)
    return cudaErrorInvalidValue;
  if (a.head_dim < 1 || a.head_dim > kHeadDimMax || a.value_dim < 1 || a.value_dim > kHeadDimMax)
    return cudaErrorInvalidValue;
  if (a.value_dim % 4 != 0 || (a.out.q != nullptr && cols % kUnitCols != 0))
    return cudaErrorInvalidValue;
  if (a.kv.element == KvElement::kQ8 &&
      (a.head_dim % kKvQ8Cols != 0 || a.value_dim % kKvQ8Cols != 0))
    return cudaErrorInvalidValue;
  if (a.tokens == 0) return cudaSuccess;
  if (const cudaError_t error = start_spans(a, stream); error != cudaSuccess) return error;
  const int blocks = (cols + 4 * kMergeThreads - 1) / (4 * kMergeThreads);
  return launch(attention_merge_kernel,
                {.grid = dim3(static_cast<unsigned>(blocks), static_cast<unsigned>(a.tokens)),
                 .block = kMergeThreads},
                a, stream, "attention_merge");
}

}  // namespace curlew::cuda
