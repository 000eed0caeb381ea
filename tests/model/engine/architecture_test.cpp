// What a file must say before it is run, and the one error each lie gives.
#include "model/network/architecture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "model/network/tensor_table.h"
#include "tests/model/engine/fixtures.h"

namespace curlew::model::testing {
namespace {

using ::testing::HasSubstr;

// The file's bytes live as long as the config is read.
Expected<ModelConfig> config_of(const GgufWriter& w) {
  const std::vector<std::byte> bytes = w.bytes();
  Expected<ModelFile> file = ModelFile::parse(bytes, "toy.gguf");
  if (!file) return tl::unexpected(file.error());
  return read_config(*file);
}

void expect_refused(const GgufWriter& w, Errc kind, const std::string& words) {
  const Expected<ModelConfig> config = config_of(w);
  ASSERT_FALSE(config) << words;
  EXPECT_THAT(config.error().message(), HasSubstr(words));
  EXPECT_THAT(config.error().message(), HasSubstr("toy.gguf"));
  EXPECT_EQ(config.error().kind(), kind) << config.error().message();
}

template <class T>
void expect_value_refused(const std::string& key, T value, const std::string& words,
                          Errc kind = Errc::kCorrupt) {
  GgufWriter w = toy_model({});
  w.set(key, value);
  expect_refused(w, kind, words);
}

TEST(Architecture, ReadsAWholeModel) {
  const Expected<ModelConfig> c =
      config_of(toy_model({.layers = 3, .hidden = 32, .heads = 4, .kv_heads = 2}));
  ASSERT_TRUE(c) << c.error().message();
  EXPECT_EQ(c->architecture, "llama");
  EXPECT_EQ(c->name, "toy");
  EXPECT_EQ(c->n_layers, 3);
  EXPECT_EQ(c->n_heads, 4);
  EXPECT_EQ(c->n_kv_heads, 2);
  EXPECT_EQ(c->head_dim, 8);
  EXPECT_EQ(c->rope_dim, 8);
  EXPECT_EQ(c->n_vocab, 285);
  EXPECT_FALSE(c->tied_output);
  EXPECT_FALSE(c->attention_bias);
  EXPECT_NEAR(c->inv_freq[1], std::pow(10000., -2. / 8), 1e-6);
}

TEST(Architecture, NamesWhatItCannotRunAndWhatItCan) {
  expect_value_refused("general.architecture", std::string("mamba"),
                       "\"mamba\" cannot be run; known: llama, qwen2, qwen3, qwen3moe, starcoder2, "
                       "gemma, granite, deepseek2, stablelm, gpt-oss",
                       Errc::kUnsupported);
}

TEST(Architecture, RefusesSizesThatMakeNoSense) {
  expect_value_refused("llama.attention.head_count", 0u, "head_count is 0");
  expect_value_refused("llama.attention.head_count_kv", 0u, "head_count_kv is 0");
  expect_value_refused("llama.attention.head_count_kv", 3u, "cannot share");
  expect_value_refused("llama.attention.head_count", 5u, "");
  expect_value_refused("llama.block_count", 0u, "block_count is 0");
  expect_value_refused("llama.block_count", 4000000000u, "block_count is 4000000000");
  expect_value_refused("llama.block_count", 3u, "blk.2.attn_norm.weight is missing");
  expect_value_refused("llama.block_count", 1u, "is not part of a llama network of 1 layers",
                       Errc::kUnsupported);
  expect_value_refused("llama.embedding_length", 64u,
                       "token_embd.weight has shape [32, 285], expected [64, 285]");
  expect_value_refused("llama.feed_forward_length", 47u,
                       "ffn_gate.weight has shape [32, 48], expected [32, 47]");
  expect_value_refused("llama.context_length", std::int64_t{-1}, "context_length is -1");
  expect_value_refused("llama.attention.layer_norm_rms_epsilon", -1.f, "epsilon is -1");
  expect_value_refused("llama.attention.layer_norm_rms_epsilon", std::nanf(""), "epsilon");
  expect_value_refused("llama.attention.key_length", 0u, "key_length is 0");
  expect_value_refused("llama.attention.value_length", 8u,
                       "attn_v.weight has shape [32, 16], expected [32, 8]");
  expect_value_refused("llama.vocab_size", 300u, "vocab_size is 300");
  expect_value_refused("llama.expert_count", 8u, "mixture of 8 experts", Errc::kUnsupported);
}

TEST(Architecture, RefusesAVocabularyOfAnotherSize) {
  expect_value_refused("tokenizer.ggml.tokens", std::vector<std::string>{"a", "b"},
                       "the tokenizer has 2 tokens");
}

TEST(Architecture, RefusesRopeThatMakesNoSense) {
  expect_value_refused("llama.rope.dimension_count", 0u, "dimension_count is 0");
  expect_value_refused("llama.rope.dimension_count", 7u, "dimension_count is 7");
  expect_value_refused("llama.rope.dimension_count", 64u, "dimension_count is 64");
  expect_value_refused("llama.rope.freq_base", 0.f, "freq_base is 0");
  expect_value_refused("llama.rope.freq_base", std::nanf(""), "freq_base");
  expect_value_refused("llama.rope.scaling.factor", -2.f, "factor is -2");
  expect_value_refused("llama.rope.scaling.type", std::string("longrope"),
                       "known: none, linear, yarn", Errc::kUnsupported);
}

TEST(Architecture, RefusesTensorsThatAreMissingOrExtra) {
  GgufWriter extra = toy_model({});
  extra.tensor("blk.0.attn_q_norm.weight", kernels::WeightType::kF32, {16},
               bytes_of(std::vector<float>(16)));
  expect_refused(extra, Errc::kUnsupported, "blk.0.attn_q_norm.weight is not part of");
  GgufWriter qwen = toy_model({});
  qwen.set("general.architecture", "qwen2");
  for (const char* key :
       {"block_count", "context_length", "embedding_length", "feed_forward_length",
        "attention.head_count", "attention.head_count_kv"}) {
    const std::string name = key;
    const unsigned value = name == "block_count"            ? 2
                           : name == "context_length"       ? 256
                           : name == "embedding_length"     ? 32
                           : name == "feed_forward_length"  ? 48
                           : name == "attention.head_count" ? 2
                                                            : 1;
    qwen.set("qwen2." + name, value);
  }
  qwen.set("qwen2.attention.layer_norm_rms_epsilon", 1e-5f);
  expect_refused(qwen, Errc::kCorrupt,
                 "tensor blk.0.attn_q.bias is missing; a qwen2 network needs it, of shape [32]");
}

// One of the small models, float32, one of its keys changed.
template <class T>
void expect_refused_in(const std::string& model, const std::string& key, T value,
                       const std::string& words, Errc kind = Errc::kCorrupt) {
  GgufWriter w = dequantised_copy(*ModelFile::open(small_models() / (model + ".gguf")));
  w.set(key, value);
  expect_refused(w, kind, words);
}

TEST(Architecture, RefusesExpertsThatMakeNoSense) {
  const auto refused = [](const std::string& key, auto value, const std::string& words,
                          Errc kind = Errc::kCorrupt) {
    expect_refused_in("qwen3moe-t-Q8_0", "qwen3moe." + key, value, words, kind);
  };
  refused("expert_count", 0u, "qwen3moe.expert_count is 0, expected 1 to");
  refused("expert_count", 4000000000u, "qwen3moe.expert_count is 4000000000");
  refused("expert_count", 16u, "blk.0.ffn_gate_inp.weight has shape [64, 8], expected [64, 16]");
  refused("expert_used_count", 0u, "qwen3moe.expert_used_count is 0, expected 1 to 8");
  refused("expert_used_count", 9u, "qwen3moe.expert_used_count is 9, expected 1 to 8");
  refused("expert_feed_forward_length", 0u, "expert_feed_forward_length is 0");
  refused("expert_feed_forward_length", 64u, "ffn_gate_exps.weight has shape [64, 32, 8]");
  refused("expert_gating_func", 7u, "expert_gating_func is 7, expected 1 to 3");
  refused("expert_weights_scale", -1.f, "expert_weights_scale is -1");
  refused("expert_weights_scale", std::nanf(""), "expert_weights_scale is nan");
  refused("expert_weights_norm", 1u, "expert_weights_norm should be a boolean");
  refused("leading_dense_block_count", 3u, "leading_dense_block_count is 3, expected 0 to 1");
  refused("leading_dense_block_count", 1u, "blk.0.ffn_gate.weight is missing");
  refused("expert_shared_count", 1000u, "expert_shared_count is 1000");
  refused("expert_group_count", 4u, "experts in groups are not run", Errc::kUnsupported);
}

TEST(Architecture, RefusesLatentAttentionThatMakesNoSense) {
  const auto refused = [](const std::string& key, auto value, const std::string& words) {
    expect_refused_in("deepseek2-t-Q8_0", "deepseek2." + key, value, words);
  };
  refused("attention.kv_lora_rank", 0u, "deepseek2.attention.kv_lora_rank is 0");
  refused("attention.kv_lora_rank", 1u << 31, "kv_lora_rank is 2147483648");
  refused("attention.kv_lora_rank", 64u,
          "attn_kv_a_mqa.weight has shape [64, 48], expected [64, 80]");
  refused("attention.q_lora_rank", std::int64_t{-1}, "q_lora_rank is -1");
  refused("attention.q_lora_rank", 0u, "blk.0.attn_q.weight is missing");
  refused("attention.key_length_mla", 0u, "key_length_mla is 0");
  refused("attention.value_length_mla", 40u, "attn_output.weight has shape [128, 64]");
  refused("rope.dimension_count", 48u, "dimension_count is 48, expected an even number in [2, 47]");
  refused("rope.dimension_count", 32u, "attn_kv_a_mqa.weight has shape [64, 48]");
  refused("rope.scaling.yarn_log_multiplier", -1.f, "yarn_log_multiplier is -1");
  refused("leading_dense_block_count", 4u, "leading_dense_block_count is 4");
}

TEST(Architecture, RefusesWindowsAndScalesThatMakeNoSense) {
  const std::string window = "starcoder2.attention.sliding_window";
  const std::string model = "starcoder2-window-t-F16";
  expect_refused_in(model, window, 0u, window + " is 0, expected 1 to");
  expect_refused_in(model, window, std::int64_t{-4}, window + " is -4");
  expect_refused_in(model, window, std::int64_t{1} << 40, window + " is 1099511627776");
  expect_refused_in(model, window + "_pattern", 0u, window + "_pattern is 0");
  expect_refused_in(model, window + "_pattern", std::vector<std::int32_t>{1, 0},
                    "has 2 entries, expected one for each of 3 layers");
  expect_refused_in("granite-t-Q8_0", "granite.logit_scale", 0.f, "granite.logit_scale is 0");
  expect_refused_in("granite-t-Q8_0", "granite.embedding_scale", -1.f, "embedding_scale is -1");
  expect_refused_in("granite-t-Q8_0", "granite.residual_scale", std::nanf(""), "residual_scale");
  expect_refused_in("granite-t-Q8_0", "granite.attention.scale", 0.f, "attention.scale is 0");
}

TEST(Architecture, RefusesHalfOfAnOptionalSet) {
  const auto without = [](const std::string& model, const std::string& tensor) {
    return dequantised_copy(*ModelFile::open(small_models() / (model + ".gguf")), tensor);
  };
  expect_refused(without("llama-bias-t-F16", "blk.1.attn_k.bias"), Errc::kCorrupt,
                 "tensor blk.1.attn_k.bias is missing");
  expect_refused(without("stablelm-t-F16", "blk.0.ffn_norm.weight"), Errc::kCorrupt,
                 "tensor blk.0.ffn_norm.weight is missing");
  expect_refused(without("starcoder2-t-Q8_0", "output_norm.bias"), Errc::kCorrupt,
                 "tensor output_norm.bias is missing");
  expect_refused(without("gpt-oss-t-MXFP4", "blk.2.attn_sinks.weight"), Errc::kCorrupt,
                 "tensor blk.2.attn_sinks.weight is missing");
  expect_refused_in("stablelm-parallel-t-F16", "stablelm.use_parallel_residual", false,
                    "use_parallel_residual is false, but tensor blk.0.ffn_norm.weight is missing");
}

Expected<ModelConfig> small_config(const std::string& model) {
  return read_config(*ModelFile::open(small_models() / (model + ".gguf")));
}

TEST(Architecture, ReadsWhatMakesEachKindOfNetwork) {
  const ModelConfig starcoder2 = *small_config("starcoder2-window-t-F16");
  EXPECT_EQ(starcoder2.norm, NormKind::kLayer);
  EXPECT_EQ(starcoder2.activation, Activation::kGelu);
  EXPECT_EQ(starcoder2.windows, (std::vector<int>{40, 40, 40}));
  EXPECT_TRUE(starcoder2.tied_output && starcoder2.attention_bias);

  EXPECT_EQ(small_config("gpt-oss-t-MXFP4")->windows, (std::vector<int>{24, 0, 24, 0}));
  EXPECT_EQ(small_config("gpt-oss-t-MXFP4")->experts.gating, Gating::kSoftmaxOfChosen);
  EXPECT_FLOAT_EQ(small_config("gemma-t-Q8_0")->embedding_scale, 8.f);
  EXPECT_FLOAT_EQ(small_config("granite-t-Q8_0")->logit_scale, 1.f / 8);
  EXPECT_FLOAT_EQ(small_config("granite-t-Q8_0")->attention_scale, 0.35f);
  EXPECT_EQ(small_config("stablelm-t-F16")->rope_dim, 4);
  EXPECT_FALSE(small_config("stablelm-t-F16")->parallel_residual);
  EXPECT_TRUE(small_config("stablelm-parallel-t-F16")->parallel_residual);
  EXPECT_EQ(small_config("llama-bias-t-F16")->value_dim, 24);

  const ModelConfig deepseek2 = *small_config("deepseek2-t-Q8_0");
  EXPECT_EQ(deepseek2.latent_row_dim(), 32 + 16);
  EXPECT_EQ(deepseek2.ffn_layer_dim(0), 128);
  EXPECT_EQ(deepseek2.ffn_layer_dim(1), 32);
  EXPECT_NEAR(deepseek2.attention_scale, std::pow(1 + 0.0707 * std::log(4.), 2) / std::sqrt(48.),
              1e-6);
  EXPECT_FLOAT_EQ(deepseek2.rope_magnitude, 1.f);
  EXPECT_TRUE(small_config("deepseek2-joined-t-F16")->latent.kv_joined);
}

TEST(Architecture, TakesOneNumberForEveryLayerWhenTheyAgree) {
  GgufWriter w = toy_model({});
  w.set("llama.feed_forward_length", std::vector<std::int32_t>{48, 48});
  EXPECT_TRUE(config_of(w));
  w.set("llama.feed_forward_length", std::vector<std::int32_t>{48, 64});
  expect_refused(w, Errc::kUnsupported, "feed_forward_length differs between layers");
  w.set("llama.feed_forward_length", std::vector<std::int32_t>{48});
  expect_refused(w, Errc::kCorrupt, "has 1 entries, expected one for each of 2 layers");
}

TEST(Architecture, YarnKeepsFastPairsAndStretchesSlowOnes) {
  GgufWriter w = toy_model({.hidden = 64, .heads = 1});
  w.set("llama.rope.scaling.type", "yarn").set("llama.rope.scaling.factor", 8.f);
  w.set("llama.rope.scaling.original_context_length", 2048u);
  const Expected<ModelConfig> c = config_of(w);
  ASSERT_TRUE(c) << c.error().message();
  EXPECT_NEAR(c->inv_freq.front(), 1.0, 1e-6);
  EXPECT_NEAR(c->inv_freq.back(), std::pow(10000., -62. / 64) / 8, 1e-9);
  EXPECT_NEAR(c->rope_magnitude, 1 + 0.1 * std::log(8.), 1e-6);
}

TEST(Architecture, EveryOneHasItsRowInTheDocuments) {
  std::ifstream page(std::filesystem::path(CURLEW_SOURCE_DIR) / "docs/networks.md");
  const std::string text((std::istreambuf_iterator<char>(page)), {});
  for (const Architecture& row : architectures())
    EXPECT_THAT(text, HasSubstr(fmt::format("\n| `{}` |", row.name)));
}

TEST(Architecture, EngineRefusesAHostileFileWithOneError) {
  const TempFile file("hostile.gguf");
  GgufWriter w = toy_model({});
  w.set("llama.attention.head_count", 0u);
  w.write(file.path());
  const auto engine = Engine::load({.model = file.path()});
  ASSERT_FALSE(engine);
  EXPECT_THAT(engine.error().message(), HasSubstr("load model"));
  EXPECT_THAT(engine.error().message(), HasSubstr("head_count is 0"));
  EXPECT_EQ(Engine::load({.model = "no/such/file.gguf"}).error().kind(), Errc::kNotFound);
}

}  // namespace
}  // namespace curlew::model::testing
