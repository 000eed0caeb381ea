// What a decoder looks like: the one description that every device executes.
//
// read_config() turns a file's metadata and tensor shapes into a ModelConfig, checking every number
// against the tensors; nothing after it needs to doubt them. Adding an architecture is adding a row
// here and its tensors in weights.cpp.
#pragma once

#include <string>
#include <vector>

#include "kernels/ops.h"
#include "model/error.h"
#include "model/files/model_file.h"

namespace curlew::model {

enum class RopeScaling {
  kNone,
  kLinear,
  kYarn
};  // llama-3 factors come as a tensor and ride with kNone

struct ModelConfig {
  std::string architecture;  // "llama", "qwen2"
  std::string name;          // general.name, else the file's stem
  int n_layers = 0, n_vocab = 0;
  int hidden_dim = 0, ffn_dim = 0;
  int n_heads = 0, n_kv_heads = 0, head_dim = 0;
  int context_tokens = 0;  // what the model was trained for
  float norm_eps = 1e-5f;

  kernels::RopePairs rope_pairs = kernels::RopePairs::kHalves;
  RopeScaling rope_scaling = RopeScaling::kNone;
  float rope_base = 10000.f, rope_factor = 1.f, rope_magnitude = 1.f;
  int rope_dim = 0;             // rotated elements of a head
  std::vector<float> inv_freq;  // [rope_dim / 2], every scaling applied

  bool attention_bias = false;  // bias on Q, K and V
  bool tied_output = false;     // logits by the embedding matrix
};

// Architectures that can be run, for messages: "llama, qwen2".
std::string known_architectures();

Expected<ModelConfig> read_config(const ModelFile& file);

}  // namespace curlew::model
