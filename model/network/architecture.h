// What a decoder looks like: the one description that every device executes.
//
// read_config() turns a file's metadata and tensor shapes into a ModelConfig, checking every number
// against the tensors; nothing after it needs to doubt them. Adding an architecture is adding a row
// in tensor_table.cpp: its traits and its tensors. Where a file says nothing of a trait (a norm's
// kind, an activation), the row does.
#pragma once

#include <string>
#include <vector>

#include "kernels/ops.h"
#include "model/error.h"
#include "model/files/model_file.h"

namespace curlew::model {

enum class NormKind {
  kRms,    // weight
  kLayer,  // weight and bias
};

// Of a feed-forward part, W_down a(...).
enum class Activation {
  kSiluGate,   // silu(W_gate x) * W_up x
  kGeluGate,   // gelu(W_gate x) * W_up x, gelu by its tanh formula
  kGelu,       // gelu(W_up x): no gate
  kSwigluOai,  // gpt-oss: clamped, and (up + 1)
};
constexpr bool is_gated(Activation a) {
  return a != Activation::kGelu;
}

enum class RopeScaling {
  kNone,
  kLinear,
  kYarn
};  // llama-3 factors come as a tensor and ride with kNone

// How a router's logits become the weights of the chosen experts. Values are those of the key
// expert_gating_func.
enum class Gating {
  kSoftmax = 1,
  kSigmoid = 2,
  kSoftmaxOfChosen = 3,
};

// Mixture of experts, arXiv:2101.03961 and, shared experts, arXiv:2401.06066.
struct ExpertConfig {
  int count = 0;           // 0: every layer is dense, and nothing here means anything
  int used = 0;            // by each token
  int ffn_dim = 0;         // of one expert
  int shared_ffn_dim = 0;  // of the experts that every token uses, taken as one; 0: none
  int dense_layers = 0;    // the first ones, which have no experts
  Gating gating = Gating::kSoftmax;
  bool renormalise = false;  // the weights of the chosen are made to sum to one
  float weight_scale = 1.f;

  bool in_layer(int layer) const { return count > 0 && layer >= dense_layers; }
};

// Multi-head latent attention, arXiv:2405.04434: the cache keeps one row a position, from which the
// keys and values of all heads are made. They never are: W_k is applied to the query and W_v to
// what attention returns.
struct LatentConfig {
  int kv_rank = 0;         // 0: keys and values are kept by head, and nothing here means anything
  int q_rank = 0;          // queries come by way of a vector of this size; 0: straight
  bool kv_joined = false;  // W_k and W_v stand in one tensor, as older files have it
};

struct ModelConfig {
  std::string architecture;  // "llama", "qwen2"
  std::string name;          // general.name, else the file's stem
  int n_layers = 0, n_vocab = 0;
  int hidden_dim = 0, ffn_dim = 0;
  int n_heads = 0, n_kv_heads = 0;
  int head_dim = 0;        // of queries and keys
  int value_dim = 0;       // of a head's values
  int context_tokens = 0;  // what the model was trained for

  NormKind norm = NormKind::kRms;
  float norm_eps = 1e-5f;
  Activation activation = Activation::kSiluGate;
  bool parallel_residual = false;  // attention and feed-forward read the same norm

  float embedding_scale = 1.f;  // x = scale * embedding
  float residual_scale = 1.f;   // x += scale * (attention, feed-forward)
  float attention_scale = 1.f;  // softmax(scale * q . k)
  float logit_scale = 1.f;      // logits = scale * W_out norm(x)
  std::vector<int> windows;     // [n_layers] tokens that attention looks back over; 0: all

  kernels::RopePairs rope_pairs = kernels::RopePairs::kHalves;
  RopeScaling rope_scaling = RopeScaling::kNone;
  float rope_base = 10000.f, rope_factor = 1.f, rope_magnitude = 1.f;
  int rope_dim = 0;             // rotated elements of a head
  std::vector<float> inv_freq;  // [rope_dim / 2], every scaling applied

  LatentConfig latent;
  ExpertConfig experts;

  bool attention_bias = false;  // bias on Q, K and V
  bool tied_output = false;     // logits by the embedding matrix

  // Elements of latent attention's cached row: the compressed vector, then the key's rotated part.
  int latent_row_dim() const { return latent.kv_rank + rope_dim; }
  int ffn_layer_dim(int layer) const {  // of the part that every token passes through
    return experts.in_layer(layer) ? experts.shared_ffn_dim : ffn_dim;
  }
};

// Architectures that can be run, for messages: "llama, qwen2".
std::string known_architectures();

Expected<ModelConfig> read_config(const ModelFile& file);

}  // namespace curlew::model
