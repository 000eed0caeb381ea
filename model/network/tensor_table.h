// Which tensors a network has, by architecture: names, shapes, and which may be missing.
//
// The check is strict both ways. A tensor that is missing or of another shape is an error; so is a
// tensor of the file that no row names, because a network run without it would answer, and answer
// wrongly.
#pragma once

#include <span>
#include <string_view>

#include "model/network/architecture.h"

namespace curlew::model {

enum class Presence { kOptional, kRequired };

// A dimension of a tensor, by what it counts.
enum class Axis {
  kNone,
  kHidden,    // hidden_dim
  kQuery,     // n_heads * head_dim
  kKeyValue,  // n_kv_heads * head_dim
  kFfn,       // ffn_dim
  kVocab,     // n_vocab
};

struct TensorRow {
  std::string_view name;  // "attn_q.weight"; a layer's own stands after "blk.<layer>."
  Axis inputs;            // elements of a row
  Axis outputs;           // rows; kNone for a vector
  Presence presence = Presence::kRequired;
};

// One row a kind of network. Everything not said here (pre-norm, RMSNorm, SwiGLU, grouped-query
// attention) is common to all of them.
struct Architecture {
  std::string_view name;
  kernels::RopePairs rope_pairs;
  std::span<const TensorRow> layer_tensors;
};

std::span<const Architecture> architectures();

// Every tensor of the file against the table, `config` giving the sizes.
Status check_tensors(const ModelFile& file, const Architecture& architecture,
                     const ModelConfig& config);

}  // namespace curlew::model
