// The numbers of a network, ready to multiply. Immutable after load; views and packed matrices may
// point into the mapped file, which must outlive them.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "kernels/ops.h"
#include "model/error.h"
#include "model/files/model_file.h"
#include "model/network/architecture.h"

namespace curlew::model {

// y = W x + b
struct Linear {
  std::string name;  // of the tensor, "blk.0.attn_q.weight"; what adapters know a map by
  kernels::PackedMatrix matrix;  // [outputs, inputs]; empty where the network has no such map
  std::vector<float> bias;       // [outputs], or empty

  explicit operator bool() const { return static_cast<bool>(matrix); }
};

struct Norm {
  std::vector<float> weight;  // empty where the network has no such norm
  std::vector<float> bias;    // as long, or empty
};

// Keys and values by head.
struct HeadWeights {
  Linear q;                  // [n_heads * head_dim, hidden_dim]
  Linear k;                  // [n_kv_heads * head_dim, hidden_dim]
  Linear v;                  // [n_kv_heads * value_dim, hidden_dim]
  Norm q_norm, k_norm;       // [head_dim], or one for every head: [heads * head_dim]
  std::vector<float> sinks;  // [n_heads], or empty
};

// Keys and values from one vector a position; see LatentConfig. W_k stands here as the query meets
// it: transposed.
struct LatentWeights {
  Linear q;               // [n_heads * head_dim, hidden_dim], or by way of q_rank:
  Linear q_down;          // [q_rank, hidden_dim]
  Norm q_norm;            // [q_rank]
  Linear q_up;            // [n_heads * head_dim, q_rank]
  Linear kv_down;         // [kv_rank + rope_dim, hidden_dim]
  Norm kv_norm;           // [kv_rank]
  std::vector<Linear> k;  // [n_heads] of [kv_rank, head_dim - rope_dim]
  std::vector<Linear> v;  // [n_heads] of [value_dim, kv_rank]
};

struct FeedForwardWeights {
  Linear gate, up;  // [ffn, hidden_dim]; no gate where the activation has none
  Linear down;      // [hidden_dim, ffn]
};

struct ExpertWeights {
  Linear router;                      // [experts, hidden_dim]
  std::vector<float> selection_bias;  // [experts] added for choosing, not for weighting; or empty
  std::vector<FeedForwardWeights> experts;
};

struct LayerWeights {
  Norm attention_norm, ffn_norm;  // [hidden_dim]
  HeadWeights heads;              // one of these two
  LatentWeights latent;
  Linear attention_out;    // [hidden_dim, n_heads * value_dim]
  FeedForwardWeights ffn;  // what every token passes: the dense part, or the shared experts
  ExpertWeights experts;   // empty in a dense layer
};

struct Weights {
  kernels::MatrixView embedding;  // [n_vocab, hidden_dim]; rows are dequantised as tokens need them
  std::vector<LayerWeights> layers;
  Norm output_norm;  // [hidden_dim]
  Linear output;     // [n_vocab, hidden_dim]

  std::size_t packed_bytes = 0;                // beside the mapped file
  std::vector<std::vector<float>> transposed;  // what matrices that stand in no file point into
};

// What most bytes of the layers are stored as; kF32 where there are none.
kernels::WeightType main_weight_type(const ModelFile& file);

// `config` comes from read_config(file), which has checked every tensor. on_progress may be empty.
Expected<Weights> load_weights(const ModelFile& file, const ModelConfig& config,
                               kernels::ThreadPool& pool,
                               const std::function<void(float fraction)>& on_progress);

}  // namespace curlew::model
