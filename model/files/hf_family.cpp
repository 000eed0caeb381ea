#include "model/files/hf_family.h"

#include <fmt/format.h>

#include <charconv>

namespace curlew::model {
namespace {

constexpr std::string_view kLayerPrefix = "model.layers.";

constexpr NameRow kWholeModel[] = {
    {"model.embed_tokens", "token_embd"},
    {"model.norm", "output_norm", Role::kNorm},
    {"lm_head", "output"},
};

// Attention and gated feed-forward, as nearly all have them.
#define NORMS                                           \
  {"input_layernorm", "attn_norm", Role::kNorm}, {      \
    "post_attention_layernorm", "ffn_norm", Role::kNorm \
  }
#define ATTENTION                                                                           \
  {"self_attn.q_proj", "attn_q", Role::kQuery}, {"self_attn.k_proj", "attn_k", Role::kKey}, \
      {"self_attn.v_proj", "attn_v"}, {                                                     \
    "self_attn.o_proj", "attn_output"                                                       \
  }
#define GATED_FFN                                             \
  {"mlp.gate_proj", "ffn_gate"}, {"mlp.up_proj", "ffn_up"}, { \
    "mlp.down_proj", "ffn_down"                               \
  }
#define HEAD_NORMS                       \
  {"self_attn.q_norm", "attn_q_norm"}, { \
    "self_attn.k_norm", "attn_k_norm"    \
  }
#define EXPERTS                                                    \
  {"mlp.gate", "ffn_gate_inp", Role::kRouter},                     \
      {"mlp.experts.#.gate_proj", "ffn_gate_exps", Role::kExpert}, \
      {"mlp.experts.#.up_proj", "ffn_up_exps", Role::kExpert}, {   \
    "mlp.experts.#.down_proj", "ffn_down_exps", Role::kExpert      \
  }

constexpr NameRow kLlama[] = {NORMS, ATTENTION, GATED_FFN};
constexpr NameRow kQwen3[] = {NORMS, ATTENTION, HEAD_NORMS, GATED_FFN};
constexpr NameRow kQwen3Moe[] = {NORMS, ATTENTION, HEAD_NORMS, EXPERTS};
constexpr NameRow kStarcoder2[] = {
    NORMS, ATTENTION, {"mlp.c_fc", "ffn_up"}, {"mlp.c_proj", "ffn_down"}};
constexpr NameRow kStablelm[] = {
    NORMS,
    ATTENTION,
    {"self_attn.q_layernorm.norms.#", "attn_q_norm", Role::kExpert},
    {"self_attn.k_layernorm.norms.#", "attn_k_norm", Role::kExpert},
    GATED_FFN,
};
constexpr NameRow kDeepseek2[] = {
    NORMS,
    {"self_attn.q_proj", "attn_q"},
    {"self_attn.q_a_proj", "attn_q_a"},
    {"self_attn.q_a_layernorm", "attn_q_a_norm"},
    {"self_attn.q_b_proj", "attn_q_b"},
    {"self_attn.kv_a_proj_with_mqa", "attn_kv_a_mqa"},
    {"self_attn.kv_a_layernorm", "attn_kv_a_norm"},
    {"self_attn.kv_b_proj", "attn_kv_b", Role::kKeyValueUp},
    {"self_attn.o_proj", "attn_output"},
    GATED_FFN,
    EXPERTS,
    {"mlp.shared_experts.gate_proj", "ffn_gate_shexp"},
    {"mlp.shared_experts.up_proj", "ffn_up_shexp"},
    {"mlp.shared_experts.down_proj", "ffn_down_shexp"},
};
constexpr NameRow kGptOss[] = {
    {"input_layernorm", "attn_norm", Role::kNorm},
    {"post_attention_layernorm", "post_attention_norm", Role::kNorm},
    ATTENTION,
    {"self_attn.sinks", "attn_sinks", Role::kSinks},
    {"mlp.router", "ffn_gate_inp", Role::kRouter},
    {"mlp.experts.gate_up_proj_blocks", "", Role::kGateUpBlocks},
    {"mlp.experts.down_proj_blocks", "ffn_down_exps", Role::kDownBlocks},
    {"mlp.experts.gate_up_proj_scales", "", Role::kBlockScales},
    {"mlp.experts.down_proj_scales", "", Role::kBlockScales},
    {"mlp.experts.gate_up_proj", "", Role::kGateUp},
    {"mlp.experts.down_proj", "ffn_down_exps", Role::kDown},
    {"mlp.experts.gate_up_proj_bias", "", Role::kGateUpBias},
    {"mlp.experts.down_proj_bias", "ffn_down_exps", Role::kDownBias},
};
#undef NORMS
#undef ATTENTION
#undef GATED_FFN
#undef HEAD_NORMS
#undef EXPERTS

constexpr HfFamily kFamilies[] = {
    {.hf_class = "LlamaForCausalLM",
     .architecture = "llama",
     .layer_names = kLlama,
     .rope_rows = RopeRows::kHalves},
    {.hf_class = "MistralForCausalLM",
     .architecture = "llama",
     .layer_names = kLlama,
     .rope_rows = RopeRows::kHalves},
    {.hf_class = "Qwen2ForCausalLM", .architecture = "qwen2", .layer_names = kLlama},
    {.hf_class = "Qwen3ForCausalLM",
     .architecture = "qwen3",
     .layer_names = kQwen3,
     .head_dim = 128},
    {.hf_class = "Qwen3MoeForCausalLM", .architecture = "qwen3moe", .layer_names = kQwen3Moe},
    {.hf_class = "Starcoder2ForCausalLM",
     .architecture = "starcoder2",
     .layer_names = kStarcoder2,
     .activation = "gelu_pytorch_tanh",
     .ties_output = true},
    {.hf_class = "GemmaForCausalLM",
     .architecture = "gemma",
     .layer_names = kLlama,
     .norm_weights = NormWeights::kLessOne,
     .activation = "gelu_pytorch_tanh",
     .ties_output = true,
     .head_dim = 256},
    {.hf_class = "GraniteForCausalLM",
     .architecture = "granite",
     .layer_names = kLlama,
     .rope_rows = RopeRows::kHalves},
    {.hf_class = "DeepseekV2ForCausalLM", .architecture = "deepseek2", .layer_names = kDeepseek2},
    {.hf_class = "StableLmForCausalLM", .architecture = "stablelm", .layer_names = kStablelm},
    {.hf_class = "GptOssForCausalLM",
     .architecture = "gpt-oss",
     .layer_names = kGptOss,
     .head_dim = 64},
};

// A decimal number at the start of text, which it is cut from; one way to write each.
std::optional<std::int64_t> take_number(std::string_view& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || text.front() == '-') return std::nullopt;
  if (text.front() == '0' && end != text.data() + 1) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

// Whether text is the pattern, "#" in it standing for a number.
bool matches(std::string_view text, std::string_view pattern, std::int64_t& number) {
  const std::size_t hole = pattern.find('#');
  if (hole == std::string_view::npos) return text == pattern;
  if (!text.starts_with(pattern.substr(0, hole))) return false;
  text.remove_prefix(hole);
  const std::optional<std::int64_t> found = take_number(text);
  if (!found || text != pattern.substr(hole + 1)) return false;
  number = *found;
  return true;
}

}  // namespace

std::span<const NameRow> whole_model_names() {
  return kWholeModel;
}

const HfFamily* find_family(std::string_view hf_class) {
  for (const HfFamily& family : kFamilies)
    if (family.hf_class == hf_class) return &family;
  return nullptr;
}

const HfFamily* find_family_of(std::string_view architecture) {
  for (const HfFamily& family : kFamilies)
    if (family.architecture == architecture) return &family;
  return nullptr;
}

std::string known_families() {
  std::string names;
  for (const HfFamily& family : kFamilies) {
    if (!names.empty()) names += ", ";
    names += family.hf_class;
  }
  return names;
}

std::string HfPlace::gguf_name(std::string_view stem, std::string_view field) const {
  if (layer < 0) return fmt::format("{}.{}", stem, field);
  return fmt::format("blk.{}.{}.{}", layer, stem, field);
}

std::optional<HfPlace> locate(std::string_view module, const HfFamily& family) {
  HfPlace place;
  std::span<const NameRow> rows = whole_model_names();
  if (module.starts_with(kLayerPrefix)) {
    module.remove_prefix(kLayerPrefix.size());
    const std::optional<std::int64_t> layer = take_number(module);
    if (!layer || !module.starts_with('.')) return std::nullopt;
    module.remove_prefix(1);
    place.layer = *layer;
    rows = family.layer_names;
  }
  for (const NameRow& row : rows) {
    if (!matches(module, row.hf, place.expert)) continue;
    place.row = &row;
    return place;
  }
  return std::nullopt;
}

}  // namespace curlew::model
