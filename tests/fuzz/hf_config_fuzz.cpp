// The config.json of a Hugging Face folder, and what stands in it about packed weights: refused, or
// translated to keys that a GGUF file might have.

#include <nlohmann/json.hpp>

#include "model/files/hf_config.h"
#include "model/files/packed4.h"
#include "tests/fuzz/json_damage.h"

namespace curlew::fuzz {
namespace {

using namespace curlew::model;  // NOLINT: a program of its own
using nlohmann::json;

json config_of(const char* name) {
  return {{"architectures", {name}},  {"model_type", "any"},     {"num_hidden_layers", 2},
          {"hidden_size", 8},         {"intermediate_size", 16}, {"num_attention_heads", 4},
          {"num_key_value_heads", 2}, {"head_dim", 4},           {"max_position_embeddings", 64},
          {"rms_norm_eps", 1e-5},     {"layer_norm_eps", 1e-5},  {"norm_epsilon", 1e-5},
          {"rope_theta", 10000.0},    {"hidden_act", "silu"},    {"tie_word_embeddings", false},
          {"vocab_size", 32}};
}

std::vector<json> configs() {
  std::vector<json> all;
  for (const char* name :
       {"LlamaForCausalLM", "MistralForCausalLM", "Qwen2ForCausalLM", "Qwen3ForCausalLM",
        "GemmaForCausalLM", "GraniteForCausalLM", "StableLmForCausalLM", "Starcoder2ForCausalLM"})
    all.push_back(config_of(name));
  all[0]["rope_scaling"] = {{"rope_type", "llama3"},
                            {"factor", 8.0},
                            {"low_freq_factor", 1.0},
                            {"high_freq_factor", 4.0},
                            {"original_max_position_embeddings", 32}};
  all[2]["rope_scaling"] = {
      {"type", "yarn"}, {"factor", 4.0}, {"original_max_position_embeddings", 32}};
  all[2]["quantization_config"] = {{"quant_method", "gptq"},
                                   {"bits", 4},
                                   {"group_size", 128},
                                   {"desc_act", false},
                                   {"sym", true}};
  all[1]["quantization_config"] = {{"quant_method", "awq"},
                                   {"bits", 4},
                                   {"group_size", 128},
                                   {"version", "gemm"},
                                   {"zero_point", true}};
  json moe = config_of("Qwen3MoeForCausalLM");
  moe.update({{"num_experts", 4},
              {"num_experts_per_tok", 2},
              {"moe_intermediate_size", 8},
              {"norm_topk_prob", true},
              {"decoder_sparse_step", 1},
              {"mlp_only_layers", json::array()}});
  json latent = config_of("DeepseekV2ForCausalLM");
  latent.update({{"kv_lora_rank", 8},
                 {"q_lora_rank", nullptr},
                 {"qk_nope_head_dim", 4},
                 {"qk_rope_head_dim", 2},
                 {"v_head_dim", 4},
                 {"n_routed_experts", 4},
                 {"num_experts_per_tok", 2},
                 {"n_shared_experts", 1},
                 {"first_k_dense_replace", 1},
                 {"moe_intermediate_size", 8},
                 {"moe_layer_freq", 1},
                 {"scoring_func", "softmax"},
                 {"topk_method", "greedy"},
                 {"routed_scaling_factor", 1.0}});
  json oss = config_of("GptOssForCausalLM");
  oss.update({{"num_local_experts", 4},
              {"num_experts_per_tok", 2},
              {"sliding_window", 16},
              {"layer_types", {"sliding_attention", "full_attention"}},
              {"swiglu_limit", 7.0},
              {"quantization_config", {{"quant_method", "mxfp4"}}},
              {"rope_scaling",
               {{"rope_type", "yarn"},
                {"factor", 32.0},
                {"beta_fast", 32.0},
                {"beta_slow", 1.0},
                {"truncate", false},
                {"original_max_position_embeddings", 32}}}});
  for (json* more : {&moe, &latent, &oss}) all.push_back(std::move(*more));
  return all;
}

void check_error(const Error& error) {
  promise(error.message().find("config.json") != std::string::npos, "an error names the file");
}

}  // namespace

std::vector<Bytes> good_inputs() {
  std::vector<Bytes> inputs;
  for (const json& config : configs()) inputs.push_back(to_bytes(config.dump()));
  return inputs;
}

void break_one_place(Bytes& input, Dice& dice) {
  input = to_bytes(break_json(as_text(input), dice));
}

}  // namespace curlew::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace curlew;  // NOLINT: one function
  const auto root = model::parse_json(fuzz::as_text({data, size}), "config.json");
  if (!root) {
    fuzz::check_error(root.error());
    return 0;
  }
  const model::JsonObject config(*root, "config.json");
  model::GgufImage image;
  const auto layout = model::translate_config(config, image);
  if (!layout) fuzz::check_error(layout.error());
  for (const model::JsonObject& how : {config, config.object("quantization_config")}) {
    const auto packed = model::read_packed4_format(how);
    if (!packed) fuzz::check_error(packed.error());
  }
  return 0;
}
