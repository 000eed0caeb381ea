// What the fuzz target of config.json found: small texts that asked for gigabytes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "model/files/hf_config.h"

namespace curlew::model {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

json good_config() {
  return {{"architectures", {"LlamaForCausalLM"}},
          {"num_hidden_layers", 2},
          {"hidden_size", 8},
          {"intermediate_size", 16},
          {"num_attention_heads", 4},
          {"max_position_embeddings", 64},
          {"rms_norm_eps", 1e-5},
          {"vocab_size", 32},
          {"rope_scaling", {{"rope_type", "llama3"}, {"factor", 8.0}}}};
}

std::string refusal(const json& config, GgufImage& image) {
  const Expected<HfLayout> layout =
      translate_config(JsonObject(config, "hostile/config.json"), image);
  return layout ? "(accepted)" : layout.error().message();
}

std::string refusal_with(const char* key, const json& value) {
  json config = good_config();
  config[key] = value;
  GgufImage image;
  const std::string message = refusal(config, image);
  for (const ModelTensor& tensor : image.tensors) EXPECT_LE(tensor.bytes.size(), 1u << 16) << key;
  return message;
}

// The divisors of Llama 3's rope are as many as a head has pairs, and they were made before anybody
// had looked at what was wrong with head_dim.
TEST(HostileConfig, RopeDivisorsOfHugeHeadsAreNotMade) {
  EXPECT_EQ(refusal_with("head_dim", 4), "(accepted)");
  EXPECT_THAT(refusal_with("head_dim", 4'294'967'295),
              AllOf(HasSubstr("hostile/config.json"), HasSubstr("head_dim is 4294967295")));
  EXPECT_THAT(refusal_with("head_dim", 1 << 24), HasSubstr("heads of 8388608 rotated pairs"));
  EXPECT_THAT(refusal_with("head_dim", std::int64_t{1} << 62), HasSubstr("head_dim is"));
}

TEST(HostileConfig, CountsThatAreNoneAreNamedAndNotReckonedWith) {
  for (const char* key :
       {"num_hidden_layers", "hidden_size", "intermediate_size", "num_attention_heads",
        "max_position_embeddings", "vocab_size", "num_key_value_heads"}) {
    for (const std::int64_t number : {std::int64_t{0}, std::int64_t{-1}, INT64_MIN, INT64_MAX,
                                      std::int64_t{1} << 32, std::int64_t{1} << 31})
      EXPECT_THAT(refusal_with(key, number),
                  HasSubstr(fmt::format("{} is {}, expected 1 to", key, number)));
    EXPECT_THAT(refusal_with(key, UINT64_MAX), HasSubstr(fmt::format("key {} should be", key)));
    EXPECT_THAT(refusal_with(key, 1.5), HasSubstr(key));
  }
  // Two ranks that add up to more than 64 bits hold.
  json latent = good_config();
  latent["architectures"] = {"DeepseekV2ForCausalLM"};
  latent.erase("rope_scaling");
  for (const char* key : {"kv_lora_rank", "qk_rope_head_dim", "qk_nope_head_dim", "v_head_dim",
                          "n_routed_experts", "num_experts_per_tok", "moe_intermediate_size"})
    latent[key] = INT64_MAX;
  GgufImage image;
  EXPECT_THAT(refusal(latent, image), HasSubstr("is 9223372036854775807, expected 1 to"));
}

}  // namespace
}  // namespace curlew::model
