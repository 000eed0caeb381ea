// What a file must say before it is run, and the one error each lie gives.
#include "model/network/architecture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

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
                       "\"mamba\" cannot be run; known: llama, qwen2", Errc::kUnsupported);
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
