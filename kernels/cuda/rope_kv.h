// Rotary embedding of queries and keys, norms by head before it, and the write into the KV cache.
//
//   rope_angles   (cos, sin) of pos[t] * inv_freq[i], times `magnitude`, once a step for all layers.
//                 Angles in float64: position 100,000 is as exact as position 1.
//   rope_kv       q: each head normalised (where there is a weight), rotated, in place
//                 k: likewise, and stored in the cache;   v: stored in the cache
//
//   angles  [tokens, n_freqs] of (cos, sin)        inv_freq [n_freqs]
//   q       [tokens, n_heads, key_dim]  float32    k [tokens, n_kv_heads, key_dim]
//   v       [tokens, n_kv_heads, value_dim], or null where values are part of the keys
//   norms   [key_dim], or [heads, key_dim] where each head has its own; null for none
//
// The pairs (2i, 2i + 1) or (i, n_freqs + i) of a head, from element `rope_at` on, are rotated; the
// rest passes. With rope_at > 0 (latent attention) only the elements before it are normalised.
// Float32; one rounding on the way into the cache. A warp a head and token. arXiv:2104.09864
#pragma once

#include "kernels/cuda/kv_view.h"
#include "kernels/cuda/norm.h"

namespace curlew::cuda {

inline constexpr int kHeadDimMax = 640;

struct RopeAnglesArgs {
  const std::int32_t* pos;
  const float* inv_freq;
  float2* angles;
  int tokens, n_freqs;
  float magnitude;
};

cudaError_t rope_angles(const RopeAnglesArgs& args, cudaStream_t stream);

struct HeadNorm {
  const float* weight = nullptr;
  bool by_head = false;
};

struct RopeKvArgs {
  float* q;        // null: none, as where latent attention makes its queries later
  const float* k;  // null: neither keys nor values
  const float* v;
  const float2* angles;
  KvLayer kv;
  StepTokens step;
  HeadNorm q_norm, k_norm;
  NormFormula norm_formula;
  float norm_eps;
  kernels::RopePairs pairs;
  int tokens, n_heads, n_kv_heads, key_dim, value_dim, n_freqs, rope_at;
};

cudaError_t rope_kv(const RopeKvArgs& args, cudaStream_t stream);

}  // namespace curlew::cuda
