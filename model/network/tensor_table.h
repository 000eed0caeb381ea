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

// A dimension of a tensor, by what it counts.
enum class Axis {
  kNone,
  kVocab,
  kHidden,       // hidden_dim
  kQuery,        // n_heads * head_dim
  kKey,          // n_kv_heads * head_dim
  kValue,        // n_kv_heads * value_dim
  kMixed,        // n_heads * value_dim
  kHeads,        // n_heads
  kKvHeads,      // n_kv_heads
  kHead,         // head_dim
  kFfn,          // ffn_dim
  kExperts,      // experts.count
  kExpertFfn,    // experts.ffn_dim
  kSharedFfn,    // experts.shared_ffn_dim
  kQueryRank,    // latent.q_rank
  kLatent,       // latent.kv_rank
  kLatentRow,    // latent_row_dim()
  kUnrotated,    // head_dim - rope_dim
  kHeadValue,    // value_dim
  kKeyAndValue,  // n_heads * (head_dim - rope_dim + value_dim)
};

struct TensorRow {
  std::string_view name;     // "attn_q.weight"; a layer's own stands after "blk.<layer>."
  Axis inputs;               // elements of a row
  Axis outputs;              // rows; kNone for a vector
  Axis stack = Axis::kNone;  // matrices one after the other; kNone for one
};

enum class Presence {
  kRequired,
  kOptional,  // all of the set in every layer, or none of it
};

// Where a set of tensors belongs.
enum class When {
  kAlways,
  kDenseLayer,
  kExpertLayer,
  kSharedExperts,  // an expert layer of a network with shared experts
  kDirectQuery,    // latent attention, by latent.q_rank
  kLowRankQuery,
  kSplitLatent,  // and by latent.kv_joined
  kJoinedLatent,
};

struct TensorSet {
  std::span<const TensorRow> rows;
  Presence presence = Presence::kRequired;
  When when = When::kAlways;
};

// One row a kind of network: what its files do not say, and its tensors.
struct Architecture {
  std::string_view name;
  kernels::RopePairs rope_pairs;
  std::span<const TensorSet> layer_tensors;
  NormKind norm = NormKind::kRms;
  Activation activation = Activation::kSiluGate;
  bool latent = false;  // latent attention
  bool experts = false;
  Gating gating = Gating::kSoftmax;  // where the file does not say
  bool renormalise = false;          // likewise
  int window_period = 1;  // of so many layers in a row, all but the last have the window; 1: all
  bool yarn_whole_pairs = true;       // the borders of YaRN's blend are rounded to whole pairs
  bool embedding_times_root = false;  // embeddings are multiplied by sqrt(hidden_dim)
};

std::span<const Architecture> architectures();

// Every tensor of the file against the table, `config` giving the sizes.
Status check_tensors(const ModelFile& file, const Architecture& architecture,
                     const ModelConfig& config);

}  // namespace curlew::model
