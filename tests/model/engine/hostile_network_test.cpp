// Files that once asked for far more than they hold, or might: what the fuzz target of the network
// found, and the shapes of reported attacks on hyper-parameters that architecture_test.cpp has not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/network/architecture.h"
#include "tests/model/engine/fixtures.h"

namespace curlew::model::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string refusal(const GgufWriter& w) {
  const std::vector<std::byte> bytes = w.bytes();
  const Expected<ModelFile> file = ModelFile::parse(bytes, "hostile.gguf");
  if (!file) return file.error().message();
  const Expected<ModelConfig> config = read_config(*file);
  return config ? "(accepted)" : config.error().message();
}

// No layer would have experts, so no tensor bounds how many there are and how wide: the activations
// of 4096 experts of 2^20 would be a thousand times the memory of any machine.
TEST(HostileNetwork, ExpertsThatStandInNoLayerAreRefused) {
  GgufWriter w = toy_model({});
  for (const char* from :
       {"block_count", "context_length", "embedding_length", "feed_forward_length",
        "attention.head_count", "attention.head_count_kv"}) {
    const std::vector<std::byte> bytes = w.bytes();
    const auto value = ModelFile::parse(bytes, "toy")->integer(std::string("llama.") + from);
    w.set(std::string("qwen3moe.") + from, static_cast<std::uint32_t>(*value));
  }
  w.set("general.architecture", "qwen3moe").set("qwen3moe.expert_count", 4096u);
  w.set("qwen3moe.attention.layer_norm_rms_epsilon", 1e-5f);
  w.set("qwen3moe.expert_used_count", 4096u).set("qwen3moe.expert_shared_count", 64u);
  w.set("qwen3moe.expert_feed_forward_length", 1u << 20);
  for (int layer = 0; layer < 2; ++layer)
    for (const char* norm : {"attn_q_norm", "attn_k_norm"})
      w.tensor(fmt::format("blk.{}.{}.weight", layer, norm), kernels::WeightType::kF32, {16},
               bytes_of(std::vector<float>(16, 1.f)));
  w.set("qwen3moe.leading_dense_block_count", 2u);
  EXPECT_THAT(refusal(w), AllOf(HasSubstr("hostile.gguf"),
                                HasSubstr("leading_dense_block_count is 2, expected 0 to 1")));
}

// A factor that is zero as a float divided zero by zero, and the angle was turned into an integer.
TEST(HostileNetwork, RopeThatTurnsByNoNumberIsRefused) {
  const auto with = [](const char* type, double factor) {
    return refusal(toy_model({})
                       .set("llama.rope.scaling.type", type)
                       .set("llama.rope.scaling.factor", factor));
  };
  for (const char* type : {"yarn", "linear"}) {
    EXPECT_EQ(with(type, 4.0), "(accepted)");
    for (const double factor : {1e-300, 1e-46, 1e-30, 1e300, -1.0})
      EXPECT_THAT(with(type, factor), AllOf(HasSubstr("hostile.gguf"), HasSubstr("factor is")));
  }
  for (const float divisor : {1e-40f, 1e-38f, 1e-5f}) {
    GgufWriter w = toy_model({});
    w.tensor("rope_freqs.weight", kernels::WeightType::kF32, {8},
             bytes_of(std::vector<float>(8, divisor)));
    EXPECT_THAT(refusal(w), HasSubstr("rope turns pair 0 by")) << divisor;
  }
}

TEST(HostileNetwork, NumbersThatAreZeroAsFloatsAreRefused) {
  for (const char* key : {"llama.attention.scale", "llama.logit_scale", "llama.embedding_scale",
                          "llama.residual_scale", "llama.rope.freq_base"})
    EXPECT_THAT(refusal(toy_model({}).set(key, 1e-300)), HasSubstr(key));
}

}  // namespace
}  // namespace curlew::model::testing
