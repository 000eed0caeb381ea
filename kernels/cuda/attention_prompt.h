// Attention of many tokens at once: prompts. attention.h's formula, on the matrix units.
//
//   q      [tokens, n_heads, head_dim]  float32
//   tiles  [n_tiles] runs of at most kQueryTile tokens that stand one behind another in one sequence:
//          pos[first + i] == pos[first] + i
//   out    f32 or f16 (without f16_scale) [tokens, n_heads * head_dim], or both
//   cache  of halves, values as wide as keys, V a plane of its own
//   sinks, window  as in attention.h
//
// A block of four warps owns a tile and one query head, a warp 16 of its tokens. Keys and values pass
// by in tiles of 32 positions, two in shared memory: one on its way, one multiplied. The weights of a
// tile, made halves, are the second product's operand without leaving the registers. Online softmax in
// float32 with powers of two, arXiv:2205.14135 and 2307.08691. Queries and weights are rounded to halves.
//
// Tiles of keys begin at multiples of 32 whatever the token, and what a token does not see counts for
// nothing: the same bits wherever a prompt was cut.
//
// Cost: the keys once a tile of 64 tokens and head, out of the L2; 4 * head_dim operations a pair.
#pragma once

#include "kernels/cuda/attention.h"

namespace curlew::cuda {

inline constexpr int kQueryTile = 64;

struct QueryTile {
  std::int32_t first, count;
};

struct AttentionPromptArgs {
  const float* q;
  KvLayer kv;
  StepTokens step;
  const QueryTile* tiles;
  Activations out;
  const float* sinks;
  int n_tiles, n_heads, n_kv_heads, head_dim, window;
  float scale;
};

// Whether such heads and such a cache can be given.
bool can_attend_in_tiles(const KvLayer& kv, int head_dim, int value_dim);

cudaError_t attention_prompt(const AttentionPromptArgs& args, cudaStream_t stream);

}  // namespace curlew::cuda
