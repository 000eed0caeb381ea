#include "kernels/cuda/attention_prompt.h"

#include "kernels/cuda/async_copy.h"
#include "kernels/cuda/mma_half.h"

namespace curlew::cuda {
namespace {

constexpr int kWarps = 4;
constexpr int kThreads = kWarps * kWarpLanes;
constexpr int kWarpTokens = kQueryTile / kWarps;
constexpr int kKeyTile = 32;  // positions
constexpr int kStages = 2;
constexpr float kNothing = -1e30f;  // below every score; finite, so that differences are numbers
constexpr float kLog2e = 1.4426950408889634f;
static_assert(kWarpTokens == 16);

template <int kDim>
struct Shared {
  static constexpr int kStride = kDim + 8;  // halves; no two rows of eight share a bank
  static constexpr int kTile = kKeyTile * kStride;
  SharedArray<Half, kStages * kTile> keys;
  SharedArray<Half, kStages * kTile> values;
};

// The block's tokens and what its keys are.
struct Block {
  QueryTile tile;
  int head, kv_head;
  int first_pos;   // of the tile's first token
  int begin, end;  // of the positions that any of them sees; begin is a multiple of kKeyTile
};

// This thread's pieces of the keys and the values of positions first .. first + kKeyTile - 1.
template <int kDim>
__device__ void copy_tile(const AttentionPromptArgs& a, const Block& b, int first, Half* keys,
                          Half* values) {
  constexpr int kPieces = kDim / 8, kRowBytes = 2 * kDim;
  for (int i = static_cast<int>(threadIdx.x); i < kKeyTile * kPieces; i += kThreads) {
    const int row = i / kPieces, at = i % kPieces * 8;
    const bool is_there = first + row < b.end;
    const std::uint8_t* from = row_at(a.kv, a.step, b.tile.first,
                                      is_there ? first + row : b.end - 1, b.kv_head, kRowBytes) +
                               2 * at;
    copy16(keys + row * Shared<kDim>::kStride + at, from, is_there);
    copy16(values + row * Shared<kDim>::kStride + at, from + a.kv.values_at, is_there);
  }
}

// Of two rows of a warp's 16, those of this lane: g and g + 8.
template <int kDim>
struct Running {
  float top[2] = {kNothing, kNothing}, sum[2] = {0.f, 0.f};
  float mixed[kDim / 8][4] = {};
};

__device__ float of_four_lanes_max(float v) {
  v = fmaxf(v, __shfl_xor_sync(kAllLanes, v, 1));
  return fmaxf(v, __shfl_xor_sync(kAllLanes, v, 2));
}
__device__ float of_four_lanes_sum(float v) {
  v += __shfl_xor_sync(kAllLanes, v, 1);
  return v + __shfl_xor_sync(kAllLanes, v, 2);
}

// The warp's queries as the first product's left operand, in units that make the softmax one of
// powers of two.
template <int kDim>
__device__ void load_queries(const AttentionPromptArgs& a, const Block& b, int first, int lane,
                             unsigned (&q)[kDim / 16][4]) {
  const float by = a.scale * kLog2e;
#pragma unroll
  for (int k = 0; k < kDim / 16; ++k)
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const int row = first + i % 2 * 8 + lane / 4;
      float2 v = {0.f, 0.f};
      if (row < b.tile.count) {
        const auto at = static_cast<std::size_t>((b.tile.first + row) * a.n_heads + b.head) * kDim +
                        static_cast<std::size_t>(k * 16 + i / 2 * 8 + lane % 4 * 2);
        v = load_vector<float2>(a.q + at);
      }
      q[k][i] = pack_halves_within(by * v.x, by * v.y);
    }
}

// Takes in kKeyTile positions from `first` on.
template <int kDim>
__device__ void attend_tile(const AttentionPromptArgs& a, int first, int warp_pos, const Half* keys,
                            const Half* values, int lane, const unsigned (&q)[kDim / 16][4],
                            Running<kDim>& state) {
  constexpr int kStride = Shared<kDim>::kStride, kScoreTiles = kKeyTile / 8;
  float score[kScoreTiles][4] = {};
#pragma unroll
  for (int k = 0; k < kDim / 16; ++k)
#pragma unroll
    for (int n = 0; n < kScoreTiles; n += 2) {
      unsigned pair[4];
      load_b_pair(pair, keys + n * 8 * kStride + k * 16, kStride, lane);
      const unsigned left[2] = {pair[0], pair[1]}, right[2] = {pair[2], pair[3]};
      mma_half(score[n], q[k], left);
      mma_half(score[n + 1], q[k], right);
    }

  // What a token does not see: positions behind it, and before its window. Most tiles have none.
  const bool is_seen_whole = first + kKeyTile - 1 <= warp_pos &&
                             (a.window <= 0 || first > warp_pos + kWarpTokens - 1 - a.window);
  if (!is_seen_whole) {
#pragma unroll
    for (int n = 0; n < kScoreTiles; ++n)
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const int pos = first + n * 8 + lane % 4 * 2 + i % 2;
        const int own = warp_pos + lane / 4 + i / 2 * 8;
        if (pos > own || (a.window > 0 && pos <= own - a.window)) score[n][i] = kNothing;
      }
  }
#pragma unroll
  for (int row = 0; row < 2; ++row) {
    float top = state.top[row];
#pragma unroll
    for (int n = 0; n < kScoreTiles; ++n)
      top = fmaxf(top, fmaxf(score[n][2 * row], score[n][2 * row + 1]));
    top = of_four_lanes_max(top);
    const float keep = exp2f(state.top[row] - top);
    state.top[row] = top;
    float sum = 0.f;
#pragma unroll
    for (int n = 0; n < kScoreTiles; ++n)
#pragma unroll
      for (int i = 2 * row; i < 2 * row + 2; ++i) {
        score[n][i] = score[n][i] > kNothing ? exp2f(score[n][i] - top) : 0.f;
        sum += score[n][i];
      }
    state.sum[row] = fmaf(state.sum[row], keep, sum);  // of this lane's columns only
#pragma unroll
    for (int n = 0; n < kDim / 8; ++n)
      state.mixed[n][2 * row] *= keep, state.mixed[n][2 * row + 1] *= keep;
  }

#pragma unroll
  for (int k = 0; k < kKeyTile / 16; ++k) {
    const float(&low)[4] = score[2 * k];
    const float(&high)[4] = score[2 * k + 1];
    const unsigned p[4] = {pack_halves(low[0], low[1]), pack_halves(low[2], low[3]),
                           pack_halves(high[0], high[1]), pack_halves(high[2], high[3])};
#pragma unroll
    for (int n = 0; n < kDim / 8; n += 2) {
      unsigned pair[4];
      load_b_pair_turned(pair, values + k * 16 * kStride + n * 8, kStride, lane);
      const unsigned left[2] = {pair[0], pair[1]}, right[2] = {pair[2], pair[3]};
      mma_half(state.mixed[n], p, left);
      mma_half(state.mixed[n + 1], p, right);
    }
  }
}

template <int kDim>
__device__ void put(const AttentionPromptArgs& a, const Block& b, int first, int lane,
                    Running<kDim>& state) {
#pragma unroll
  for (int row = 0; row < 2; ++row) {
    float sum = of_four_lanes_sum(state.sum[row]), by = 1.f;
    if (a.sinks != nullptr) {
      // A sink far above all scores leaves nothing, one far below changes nothing.
      const float sink = a.sinks[b.head] * kLog2e, top = fmaxf(sink, state.top[row]);
      by = exp2f(state.top[row] - top);
      sum = fmaf(sum, by, exp2f(sink - top));
    }
    by /= sum;
    const int token = first + row * 8 + lane / 4;
    if (token >= b.tile.count) continue;
    const auto at = static_cast<std::size_t>((b.tile.first + token) * a.n_heads + b.head) * kDim +
                    static_cast<std::size_t>(lane % 4 * 2);
#pragma unroll
    for (int n = 0; n < kDim / 8; ++n) {
      const float2 v = {by * state.mixed[n][2 * row], by * state.mixed[n][2 * row + 1]};
      if (a.out.f32 != nullptr) store_vector(a.out.f32 + at + n * 8, v);
      if (a.out.f16 != nullptr) store_vector(a.out.f16 + at + n * 8, pack_halves_within(v.x, v.y));
    }
  }
}

template <int kDim>
__global__ void __launch_bounds__(kThreads) attention_prompt_kernel(AttentionPromptArgs a) {
  using Sh = Shared<kDim>;
  Sh& s = shared_memory<Sh>();
  let_next_start();
  wait_for_inputs();
  const int warp = static_cast<int>(threadIdx.x) / kWarpLanes, lane = threadIdx.x % kWarpLanes;
  // The last tiles have the most positions: they start first.
  const QueryTile tile = a.tiles[a.n_tiles - 1 - static_cast<int>(blockIdx.y)];
  const int head = static_cast<int>(blockIdx.x), first_pos = a.step.pos[tile.first];
  const int first_seen = a.window > 0 ? max(first_pos - a.window + 1, 0) : 0;
  const Block b = {tile,
                   head,
                   head / (a.n_heads / a.n_kv_heads),
                   first_pos,
                   first_seen / kKeyTile * kKeyTile,
                   first_pos + tile.count};
  const int warp_first = warp * kWarpTokens, warp_pos = b.first_pos + warp_first;
  const bool is_idle = warp_first >= tile.count;

  const auto ask = [&](int at) {
    const int stage = at / kKeyTile % kStages * Sh::kTile;
    if (at < b.end) copy_tile<kDim>(a, b, at, &s.keys[stage], &s.values[stage]);
    end_group();
  };
  ask(b.begin);
  unsigned q[kDim / 16][4];
  load_queries<kDim>(a, b, warp_first, lane, q);
  Running<kDim> state;
  for (int at = b.begin; at < b.end; at += kKeyTile) {
    wait_groups<0>();
    __syncthreads();
    ask(at + kKeyTile);
    const int stage = at / kKeyTile % kStages * Sh::kTile;
    if (!is_idle && at <= warp_pos + kWarpTokens - 1)
      attend_tile<kDim>(a, at, warp_pos, &s.keys[stage], &s.values[stage], lane, q, state);
  }
  if (!is_idle) put<kDim>(a, b, warp_first, lane, state);
}

template <int kDim>
cudaError_t start(const AttentionPromptArgs& a, cudaStream_t stream) {
  return launch(attention_prompt_kernel<kDim>,
                {.grid = dim3(static_cast<unsigned>(a.n_heads), static_cast<unsigned>(a.n_tiles)),
                 .block = kThreads,
                 .shared_bytes = sizeof(Shared<kDim>)},
                a, stream, "attention_prompt");
}

}  // namespace

bool can_attend_in_tiles(const KvLayer& kv, int head_dim, int value_dim) {
  const bool is_size = head_dim == 64 || head_dim == 80 || head_dim == 96 || head_dim == 128;
  return is_size && value_dim == head_dim && kv.element == KvElement::kF16 && kv.values_at > 0;
}

cudaError_t attention_prompt(const AttentionPromptArgs& a, cudaStream_t stream) {
  if (a.n_tiles < 0 || a.n_kv_heads < 1 || a.n_heads % a.n_kv_heads != 0 ||
      !can_attend_in_tiles(a.kv, a.head_dim, a.head_dim) || a.out.f16_scale != nullptr)
    return cudaErrorInvalidValue;
  if (a.n_tiles == 0) return cudaSuccess;
  switch (a.head_dim) {
    case 64:
      return start<64>(a, stream);
    case 80:
      return start<80>(a, stream);
    case 96:
      return start<96>(a, stream);
    default:
      return start<128>(a, stream);
  }
}

}  // namespace curlew::cuda
