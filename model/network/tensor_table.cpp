#include "model/network/tensor_table.h"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_set>

namespace curlew::model {
namespace {

using enum Axis;

constexpr TensorRow kWholeModel[] = {
    {"token_embd.weight", kHidden, kVocab},
    {"output_norm.weight", kHidden, kNone},
    {"output.weight", kHidden, kVocab, Presence::kOptional},  // absent: tied to the embedding
};

constexpr TensorRow kLlamaLayer[] = {
    {"attn_norm.weight", kHidden, kNone},
    {"attn_q.weight", kHidden, kQuery},
    {"attn_k.weight", kHidden, kKeyValue},
    {"attn_v.weight", kHidden, kKeyValue},
    {"attn_output.weight", kQuery, kHidden},
    {"attn_q.bias", kQuery, kNone, Presence::kOptional},
    {"attn_k.bias", kKeyValue, kNone, Presence::kOptional},
    {"attn_v.bias", kKeyValue, kNone, Presence::kOptional},
    {"attn_output.bias", kHidden, kNone, Presence::kOptional},
    {"ffn_norm.weight", kHidden, kNone},
    {"ffn_gate.weight", kHidden, kFfn},
    {"ffn_up.weight", kHidden, kFfn},
    {"ffn_down.weight", kFfn, kHidden},
};

constexpr TensorRow kQwen2Layer[] = {
    {"attn_norm.weight", kHidden, kNone},    {"attn_q.weight", kHidden, kQuery},
    {"attn_k.weight", kHidden, kKeyValue},   {"attn_v.weight", kHidden, kKeyValue},
    {"attn_output.weight", kQuery, kHidden}, {"attn_q.bias", kQuery, kNone},
    {"attn_k.bias", kKeyValue, kNone},       {"attn_v.bias", kKeyValue, kNone},
    {"ffn_norm.weight", kHidden, kNone},     {"ffn_gate.weight", kHidden, kFfn},
    {"ffn_up.weight", kHidden, kFfn},        {"ffn_down.weight", kFfn, kHidden},
};

constexpr Architecture kArchitectures[] = {
    {"llama", kernels::RopePairs::kAdjacent, kLlamaLayer},
    {"qwen2", kernels::RopePairs::kHalves, kQwen2Layer},
};

// Read elsewhere (rope_freqs.weight) or derivable: frequencies that old converters wrote into every
// layer.
bool carries_no_weights(std::string_view name) {
  return name == "rope_freqs.weight" || name.ends_with(".attn_rot_embd.weight") ||
         name.ends_with(".attn_rot_embd");
}

std::int64_t size_of(Axis axis, const ModelConfig& config) {
  switch (axis) {
    case kHidden:
      return config.hidden_dim;
    case kQuery:
      return std::int64_t{config.n_heads} * config.head_dim;
    case kKeyValue:
      return std::int64_t{config.n_kv_heads} * config.head_dim;
    case kFfn:
      return config.ffn_dim;
    case kVocab:
      return config.n_vocab;
    case kNone:
      break;
  }
  return 1;
}

std::string shape_text(std::span<const std::int64_t> dims) {
  return fmt::format("[{}]", fmt::join(dims, ", "));
}

Status check_row(const ModelFile& file, const TensorRow& row, const std::string& name,
                 const ModelConfig& config) {
  const ModelTensor* tensor = file.tensor(name);
  const std::array<std::int64_t, 2> wanted = {size_of(row.inputs, config),
                                              size_of(row.outputs, config)};
  const auto shape = std::span(wanted).first(row.outputs == kNone ? 1 : 2);
  if (tensor == nullptr) {
    if (row.presence == Presence::kOptional) return {};
    return fail(Errc::kCorrupt, "{}: tensor {} is missing; a {} network needs it, of shape {}",
                file.name(), name, config.architecture, shape_text(shape));
  }
  if (!std::ranges::equal(tensor->dims, shape))
    return fail(Errc::kCorrupt, "{}: tensor {} has shape {}, expected {}", file.name(), name,
                shape_text(tensor->dims), shape_text(shape));
  const int block = kernels::block_shape(tensor->type).elements;
  if (block == 0 || tensor->dims[0] % block != 0)
    return fail(Errc::kCorrupt, "{}: tensor {} has rows of {} elements, not whole {} blocks of {}",
                file.name(), name, tensor->dims[0], kernels::weight_type_name(tensor->type), block);
  return {};
}

}  // namespace

std::span<const Architecture> architectures() {
  return kArchitectures;
}

Status check_tensors(const ModelFile& file, const Architecture& architecture,
                     const ModelConfig& config) {
  std::unordered_set<std::string> known;
  for (const TensorRow& row : kWholeModel) {
    known.emplace(row.name);
    if (Status s = check_row(file, row, std::string(row.name), config); !s) return s;
  }
  for (int layer = 0; layer < config.n_layers; ++layer) {
    for (const TensorRow& row : architecture.layer_tensors) {
      std::string name = fmt::format("blk.{}.{}", layer, row.name);
      if (Status s = check_row(file, row, name, config); !s) return s;
      known.insert(std::move(name));
    }
  }
  for (const ModelTensor& tensor : file.tensors()) {
    if (!known.contains(std::string(tensor.name)) && !carries_no_weights(tensor.name))
      return fail(Errc::kUnsupported, "{}: tensor {} is not part of a {} network of {} layers",
                  file.name(), tensor.name, config.architecture, config.n_layers);
  }
  return {};
}

}  // namespace curlew::model
