#include "model/network/tensor_table.h"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_set>

namespace curlew::model {
namespace {

using enum Axis;
using enum Presence;
using enum When;

// --- Sets that several architectures share

constexpr TensorRow kEnds[] = {
    {"token_embd.weight", kHidden, kVocab},
    {"output_norm.weight", kHidden, kNone},
};
constexpr TensorRow kOutputNormBias[] = {{"output_norm.bias", kHidden, kNone}};
constexpr TensorRow kOutput[] = {{"output.weight", kHidden, kVocab}};  // absent: the embedding

constexpr TensorRow kAttentionNorm[] = {{"attn_norm.weight", kHidden, kNone}};
constexpr TensorRow kAttentionNormBias[] = {{"attn_norm.bias", kHidden, kNone}};
constexpr TensorRow kFfnNorm[] = {{"ffn_norm.weight", kHidden, kNone}};
constexpr TensorRow kFfnLayerNorm[] = {
    {"ffn_norm.weight", kHidden, kNone},
    {"ffn_norm.bias", kHidden, kNone},
};

constexpr TensorRow kHeadMaps[] = {
    {"attn_q.weight", kHidden, kQuery},
    {"attn_k.weight", kHidden, kKey},
    {"attn_v.weight", kHidden, kValue},
    {"attn_output.weight", kMixed, kHidden},
};
constexpr TensorRow kHeadBiases[] = {
    {"attn_q.bias", kQuery, kNone},
    {"attn_k.bias", kKey, kNone},
    {"attn_v.bias", kValue, kNone},
};
constexpr TensorRow kAttentionOutBias[] = {{"attn_output.bias", kHidden, kNone}};
constexpr TensorRow kHeadNorms[] = {
    {"attn_q_norm.weight", kHead, kNone},
    {"attn_k_norm.weight", kHead, kNone},
};

constexpr TensorRow kGatedFfn[] = {
    {"ffn_gate.weight", kHidden, kFfn},
    {"ffn_up.weight", kHidden, kFfn},
    {"ffn_down.weight", kFfn, kHidden},
};
constexpr TensorRow kGatedFfnBiases[] = {
    {"ffn_gate.bias", kFfn, kNone},
    {"ffn_up.bias", kFfn, kNone},
    {"ffn_down.bias", kHidden, kNone},
};
constexpr TensorRow kExpertMaps[] = {
    {"ffn_gate_inp.weight", kHidden, kExperts},
    {"ffn_gate_exps.weight", kHidden, kExpertFfn, kExperts},
    {"ffn_up_exps.weight", kHidden, kExpertFfn, kExperts},
    {"ffn_down_exps.weight", kExpertFfn, kHidden, kExperts},
};

// --- Sets of one architecture

constexpr TensorRow kPlainFfn[] = {
    {"ffn_up.weight", kHidden, kFfn},
    {"ffn_up.bias", kFfn, kNone},
    {"ffn_down.weight", kFfn, kHidden},
    {"ffn_down.bias", kHidden, kNone},
};
constexpr TensorRow kNormsOfEachHead[] = {
    {"attn_q_norm.weight", kHead, kHeads},
    {"attn_k_norm.weight", kHead, kKvHeads},
};

constexpr TensorRow kLatentMaps[] = {
    {"attn_kv_a_mqa.weight", kHidden, kLatentRow},
    {"attn_kv_a_norm.weight", kLatent, kNone},
    {"attn_output.weight", kMixed, kHidden},
};
constexpr TensorRow kLatentQuery[] = {{"attn_q.weight", kHidden, kQuery}};
constexpr TensorRow kLatentLowRankQuery[] = {
    {"attn_q_a.weight", kHidden, kQueryRank},
    {"attn_q_a_norm.weight", kQueryRank, kNone},
    {"attn_q_b.weight", kQueryRank, kQuery},
};
constexpr TensorRow kLatentSplit[] = {
    {"attn_k_b.weight", kUnrotated, kLatent, kHeads},
    {"attn_v_b.weight", kLatent, kHeadValue, kHeads},
};
constexpr TensorRow kLatentJoined[] = {{"attn_kv_b.weight", kLatent, kKeyAndValue}};
constexpr TensorRow kSharedExpertMaps[] = {
    {"ffn_gate_shexp.weight", kHidden, kSharedFfn},
    {"ffn_up_shexp.weight", kHidden, kSharedFfn},
    {"ffn_down_shexp.weight", kSharedFfn, kHidden},
};
constexpr TensorRow kSelectionBias[] = {{"exp_probs_b.bias", kExperts, kNone}};

constexpr TensorRow kPostAttentionNorm[] = {{"post_attention_norm.weight", kHidden, kNone}};
constexpr TensorRow kSinks[] = {{"attn_sinks.weight", kHeads, kNone}};
constexpr TensorRow kExpertBiases[] = {
    {"ffn_gate_inp.bias", kExperts, kNone},
    {"ffn_gate_exps.bias", kExpertFfn, kExperts},
    {"ffn_up_exps.bias", kExpertFfn, kExperts},
    {"ffn_down_exps.bias", kHidden, kExperts},
};

// --- The layers of each

constexpr TensorSet kLlama[] = {
    {kAttentionNorm}, {kHeadMaps}, {kHeadBiases, kOptional},    {kAttentionOutBias, kOptional},
    {kFfnNorm},       {kGatedFfn}, {kGatedFfnBiases, kOptional}};
constexpr TensorSet kQwen2[] = {
    {kAttentionNorm}, {kHeadMaps}, {kHeadBiases}, {kFfnNorm}, {kGatedFfn}};
constexpr TensorSet kQwen3[] = {
    {kAttentionNorm}, {kHeadMaps}, {kHeadNorms}, {kFfnNorm}, {kGatedFfn}};
constexpr TensorSet kQwen3Moe[] = {{kAttentionNorm},
                                   {kHeadMaps},
                                   {kHeadNorms},
                                   {kFfnNorm},
                                   {kGatedFfn, kRequired, kDenseLayer},
                                   {kExpertMaps, kRequired, kExpertLayer},
                                   {kSharedExpertMaps, kRequired, kSharedExperts}};
constexpr TensorSet kStarcoder2[] = {{kAttentionNorm}, {kAttentionNormBias}, {kHeadMaps},
                                     {kHeadBiases},    {kAttentionOutBias},  {kFfnLayerNorm},
                                     {kPlainFfn}};
constexpr TensorSet kGemma[] = {{kAttentionNorm}, {kHeadMaps}, {kFfnNorm}, {kGatedFfn}};
constexpr TensorSet kDeepseek2[] = {{kAttentionNorm},
                                    {kLatentMaps},
                                    {kLatentQuery, kRequired, kDirectQuery},
                                    {kLatentLowRankQuery, kRequired, kLowRankQuery},
                                    {kLatentSplit, kRequired, kSplitLatent},
                                    {kLatentJoined, kRequired, kJoinedLatent},
                                    {kFfnNorm},
                                    {kGatedFfn, kRequired, kDenseLayer},
                                    {kExpertMaps, kRequired, kExpertLayer},
                                    {kSelectionBias, kOptional, kExpertLayer},
                                    {kSharedExpertMaps, kRequired, kSharedExperts}};
constexpr TensorSet kStablelm[] = {{kAttentionNorm},
                                   {kAttentionNormBias},
                                   {kHeadMaps},
                                   {kHeadBiases, kOptional},
                                   {kNormsOfEachHead, kOptional},
                                   {kFfnLayerNorm, kOptional},  // absent: a parallel residual
                                   {kGatedFfn}};
constexpr TensorSet kGptOss[] = {{kAttentionNorm},
                                 {kHeadMaps},
                                 {kHeadBiases},
                                 {kSinks},
                                 {kAttentionOutBias},
                                 {kPostAttentionNorm},
                                 {kGatedFfn, kRequired, kDenseLayer},
                                 {kExpertMaps, kRequired, kExpertLayer},
                                 {kExpertBiases, kRequired, kExpertLayer},
                                 {kSharedExpertMaps, kRequired, kSharedExperts}};

using kernels::RopePairs;

constexpr Architecture kArchitectures[] = {
    {.name = "llama", .rope_pairs = RopePairs::kAdjacent, .layer_tensors = kLlama},
    {.name = "qwen2", .rope_pairs = RopePairs::kHalves, .layer_tensors = kQwen2},
    {.name = "qwen3", .rope_pairs = RopePairs::kHalves, .layer_tensors = kQwen3},
    {.name = "qwen3moe",
     .rope_pairs = RopePairs::kHalves,
     .layer_tensors = kQwen3Moe,
     .experts = true,
     .renormalise = true},
    {.name = "starcoder2",
     .rope_pairs = RopePairs::kHalves,
     .layer_tensors = kStarcoder2,
     .norm = NormKind::kLayer,
     .activation = Activation::kGelu},
    {.name = "gemma",
     .rope_pairs = RopePairs::kHalves,
     .layer_tensors = kGemma,
     .activation = Activation::kGeluGate,
     .embedding_times_root = true},
    {.name = "granite", .rope_pairs = RopePairs::kAdjacent, .layer_tensors = kLlama},
    {.name = "deepseek2",
     .rope_pairs = RopePairs::kAdjacent,
     .layer_tensors = kDeepseek2,
     .latent = true,
     .experts = true},
    {.name = "stablelm",
     .rope_pairs = RopePairs::kHalves,
     .layer_tensors = kStablelm,
     .norm = NormKind::kLayer},
    {.name = "gpt-oss",
     .rope_pairs = RopePairs::kHalves,
     .layer_tensors = kGptOss,
     .activation = Activation::kSwigluOai,
     .experts = true,
     .gating = Gating::kSoftmaxOfChosen,
     .window_period = 2,
     .yarn_whole_pairs = false},
};

// Read elsewhere (rope_freqs.weight) or derivable: frequencies that old converters wrote into every
// layer.
bool carries_no_weights(std::string_view name) {
  return name == "rope_freqs.weight" || name.ends_with(".attn_rot_embd.weight") ||
         name.ends_with(".attn_rot_embd");
}

std::int64_t size_of(Axis axis, const ModelConfig& c) {
  const std::int64_t heads = c.n_heads, kv_heads = c.n_kv_heads;
  switch (axis) {
    case kVocab:
      return c.n_vocab;
    case kHidden:
      return c.hidden_dim;
    case kQuery:
      return heads * c.head_dim;
    case kKey:
      return kv_heads * c.head_dim;
    case kValue:
      return kv_heads * c.value_dim;
    case kMixed:
      return heads * c.value_dim;
    case kHeads:
      return heads;
    case kKvHeads:
      return kv_heads;
    case kHead:
      return c.head_dim;
    case kFfn:
      return c.ffn_dim;
    case kExperts:
      return c.experts.count;
    case kExpertFfn:
      return c.experts.ffn_dim;
    case kSharedFfn:
      return c.experts.shared_ffn_dim;
    case kQueryRank:
      return c.latent.q_rank;
    case kLatent:
      return c.latent.kv_rank;
    case kLatentRow:
      return c.latent_row_dim();
    case kUnrotated:
      return c.head_dim - c.rope_dim;
    case kHeadValue:
      return c.value_dim;
    case kKeyAndValue:
      return heads * (c.head_dim - c.rope_dim + c.value_dim);
    case kNone:
      break;
  }
  return 1;
}

bool applies(When when, const ModelConfig& c, int layer) {
  switch (when) {
    case kAlways:
      break;
    case kDenseLayer:
      return !c.experts.in_layer(layer);
    case kExpertLayer:
      return c.experts.in_layer(layer);
    case kSharedExperts:
      return c.experts.in_layer(layer) && c.experts.shared_ffn_dim > 0;
    case kDirectQuery:
      return c.latent.q_rank == 0;
    case kLowRankQuery:
      return c.latent.q_rank > 0;
    case kSplitLatent:
      return !c.latent.kv_joined;
    case kJoinedLatent:
      return c.latent.kv_joined;
  }
  return true;
}

std::string shape_text(std::span<const std::int64_t> dims) {
  return fmt::format("[{}]", fmt::join(dims, ", "));
}

// Goes through the sets, and keeps the names of what they ask for.
class TensorCheck {
 public:
  TensorCheck(const ModelFile& file, const ModelConfig& config) : file_(file), config_(config) {}

  Status check_ends() {
    const TensorSet sets[] = {{kEnds}, {kOutput, kOptional}, {kOutputNormBias}};
    const std::size_t count = config_.norm == NormKind::kLayer ? 3 : 2;
    for (const TensorSet& set : std::span(sets).first(count)) {
      const bool wanted = set.presence == kRequired || file_.tensor(set.rows[0].name) != nullptr;
      if (!wanted) continue;
      for (const TensorRow& row : set.rows)
        if (Status s = check_row(row, std::string(row.name)); !s) return s;
    }
    return {};
  }

  Status check_layers(const TensorSet& set) {
    const bool wanted = set.presence == kRequired || stands_somewhere(set);
    for (int layer = 0; wanted && layer < config_.n_layers; ++layer) {
      if (!applies(set.when, config_, layer)) continue;
      for (const TensorRow& row : set.rows)
        if (Status s = check_row(row, name_in(layer, row)); !s) return s;
    }
    return {};
  }

  Status refuse_others() const {
    for (const ModelTensor& tensor : file_.tensors()) {
      if (!known_.contains(std::string(tensor.name)) && !carries_no_weights(tensor.name))
        return fail(Errc::kUnsupported, "{}: tensor {} is not part of a {} network of {} layers",
                    file_.name(), tensor.name, config_.architecture, config_.n_layers);
    }
    return {};
  }

 private:
  static std::string name_in(int layer, const TensorRow& row) {
    return fmt::format("blk.{}.{}", layer, row.name);
  }

  bool stands_somewhere(const TensorSet& set) const {
    for (int layer = 0; layer < config_.n_layers; ++layer)
      for (const TensorRow& row : set.rows)
        if (applies(set.when, config_, layer) && file_.tensor(name_in(layer, row)) != nullptr)
          return true;
    return false;
  }

  Status check_row(const TensorRow& row, std::string name) {
    const ModelTensor* tensor = file_.tensor(name);
    const std::array<std::int64_t, 3> wanted = {
        size_of(row.inputs, config_), size_of(row.outputs, config_), size_of(row.stack, config_)};
    const std::size_t rank = row.outputs == kNone ? 1 : row.stack == kNone ? 2 : 3;
    const auto shape = std::span(wanted).first(rank);
    if (tensor == nullptr)
      return fail(Errc::kCorrupt, "{}: tensor {} is missing; a {} network needs it, of shape {}",
                  file_.name(), name, config_.architecture, shape_text(shape));
    if (!std::ranges::equal(tensor->dims, shape))
      return fail(Errc::kCorrupt, "{}: tensor {} has shape {}, expected {}", file_.name(), name,
                  shape_text(tensor->dims), shape_text(shape));
    const int block = kernels::block_shape(tensor->type).elements;
    if (block == 0 || tensor->dims[0] % block != 0)
      return fail(Errc::kCorrupt,
                  "{}: tensor {} has rows of {} elements, not whole {} blocks of {}", file_.name(),
                  name, tensor->dims[0], kernels::weight_type_name(tensor->type), block);
    known_.insert(std::move(name));
    return {};
  }

  const ModelFile& file_;
  const ModelConfig& config_;
  std::unordered_set<std::string> known_;
};

}  // namespace

std::span<const Architecture> architectures() {
  return kArchitectures;
}

Status check_tensors(const ModelFile& file, const Architecture& architecture,
                     const ModelConfig& config) {
  TensorCheck check(file, config);
  if (Status s = check.check_ends(); !s) return s;
  for (const TensorSet& set : architecture.layer_tensors)
    if (Status s = check.check_layers(set); !s) return s;
  return check.refuse_others();
}

}  // namespace curlew::model
