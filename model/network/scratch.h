// The activations of one step, taken once. Private to Network.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/ops.h"
#include "model/network/architecture.h"
#include "model/network/routing.h"

namespace curlew::model {

// Shapes are [tokens of the step, ...] unless said; empty where the network has no such part.
struct Scratch {
  Scratch(const ModelConfig& config, int chunk_tokens, int kv_blocks);
  std::size_t bytes() const;

  std::vector<std::int32_t> pos;
  std::vector<float> x;               // [hidden_dim] the residual stream
  std::vector<float> normed, delta;   // [hidden_dim]
  std::vector<float> q, k, v, mixed;  // what attention reads and writes: [heads, dim] of each

  // Latent attention: queries before W_k meets them, what attention mixed after W_v did, and both
  // by head.
  std::vector<float> q_low;                      // [q_rank]
  std::vector<float> q_heads;                    // [n_heads, head_dim]
  std::vector<float> value_heads;                // [n_heads, value_dim]
  std::vector<float> head_inputs, head_outputs;  // [n_heads, tokens, dim]

  std::vector<float> gate, up;  // [ffn_dim, or shared_ffn_dim]

  // Experts; a slot is one token at one expert.
  std::vector<float> router_logits;  // [experts]
  std::vector<float> router_scores;  // [2 * experts]
  std::vector<int> chosen;           // [used]
  std::vector<float> chosen_weight;  // [used]
  ExpertGroups groups;
  std::vector<float> slot_inputs, slot_outputs;  // [slots, hidden_dim]
  std::vector<float> slot_gate, slot_up;         // [slots, experts.ffn_dim]

  std::vector<kernels::MatmulJob> jobs;         // of the product at work
  std::vector<void*> key_blocks, value_blocks;  // [blocks of the context], of the layer at work
};

}  // namespace curlew::model
