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

}  // namespace
}  // namespace curlew::model::testing
