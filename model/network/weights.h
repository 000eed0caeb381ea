// The numbers of a network, ready to multiply. Immutable after load; views and packed matrices may
// point into the mapped file, which must outlive them.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "kernels/ops.h"
#include "model/error.h"
#include "model/files/model_file.h"
#include "model/network/architecture.h"

namespace curlew::model {

// Biases are empty where the architecture or the file has none.
struct LayerWeights {
  std::vector<float> attention_norm;          // [hidden_dim]
  kernels::PackedMatrix q;                    // [n_heads * head_dim, hidden_dim]
  kernels::PackedMatrix k, v;                 // [n_kv_heads * head_dim, hidden_dim]
  kernels::PackedMatrix attention_out;        // [hidden_dim, n_heads * head_dim]
  std::vector<float> q_bias, k_bias, v_bias;  // [rows of q, k, v]
  std::vector<float> attention_out_bias;      // [hidden_dim]
  std::vector<float> ffn_norm;                // [hidden_dim]
  kernels::PackedMatrix ffn_gate, ffn_up;     // [ffn_dim, hidden_dim]
  kernels::PackedMatrix ffn_down;             // [hidden_dim, ffn_dim]
};

struct Weights {
  kernels::MatrixView embedding;  // [n_vocab, hidden_dim]; rows are dequantised as tokens need them
  std::vector<LayerWeights> layers;
  std::vector<float> output_norm;  // [hidden_dim]
  kernels::PackedMatrix output;    // [n_vocab, hidden_dim]

  kernels::WeightType main_type =
      kernels::WeightType::kF32;  // of most bytes of the layers' matrices
  std::size_t packed_bytes = 0;   // beside the mapped file
};

// `config` comes from read_config(file), which has checked every tensor. on_progress may be empty.
Expected<Weights> load_weights(const ModelFile& file, const ModelConfig& config,
                               kernels::ThreadPool& pool,
                               const std::function<void(float fraction)>& on_progress);

}  // namespace curlew::model
