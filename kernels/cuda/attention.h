// Attention over the paged KV cache, split over the positions.
//
//   out[t, h] = sum_j p[j] v[j, h / group],   p = softmax_j(scale * q[t, h] . k[j, h / group])
//   over the positions j <= pos[t] that token t sees; with a window also j > pos[t] - window.
//
//   q        [tokens, n_heads, head_dim]   float32
//   out      f32 [tokens, n_heads * value_dim], or q and scale (then that is a multiple of 32), or
//            all of them
//   partial  working memory of attention_partial_floats(...) floats
//   sinks    [n_heads] a logit that takes its share and gives no value, or null
//   value_row  elements between two rows of V; 0: value_dim. Latent attention reads its values from
//            the keys: values_at of the cache is 0 and value_row is head_dim.
//
// Two kernels. The first: a block of four warps takes one kv head, up to eight of the query heads
// that share it (each row of K and V is read once for all of them), one token and one span of its
// positions; lanes of a warp stand side by side on a row, 16 bytes each, so that 16 lanes read a row
// of 128 halves and two rows are in flight a warp and load. The second adds the spans up and
// quantises for the output projection. Online softmax in float32, arXiv:2205.14135; splitting,
// "Flash-Decoding", Dao et al. 2023.
//
// Spans: at least kSpanMin positions, at most `splits` of them; where they begin depends on the
// token's own position only, so a token gets the same bits in any company. Traffic: K and V once a
// group of query heads; 7B at depth 4096: 8.4 MB a layer, 2.8 us at 3 TB/s.
//
// Heads of 64, 128 and 256 halves have the path above; other sizes, float32 and int8 caches and
// latent attention a plain one (a warp a row, a query head at a time).
#pragma once

#include "kernels/cuda/activations.h"
#include "kernels/cuda/kv_view.h"

namespace curlew::cuda {

struct AttentionArgs {
  const float* q;
  KvLayer kv;
  StepTokens step;
  Activations out;
  float* partial;
  const float* sinks;
  int tokens, n_heads, n_kv_heads, head_dim, value_dim, value_row, window, splits;
  float scale;
};

cudaError_t attention(const AttentionArgs& args, cudaStream_t stream);

inline constexpr int kSpanMin = 32;  // positions

constexpr std::size_t attention_partial_floats(int tokens, int n_heads, int value_dim, int splits) {
  return static_cast<std::size_t>(tokens) * static_cast<std::size_t>(n_heads) *
         static_cast<std::size_t>(splits) * static_cast<std::size_t>(value_dim + 2);
}

}  // namespace curlew::cuda
