// A token's logits are the same bits whatever stands beside it in a step, for every architecture:
// several sequences, pieces of any size, any number of threads.
#include <gtest/gtest.h>

#include <random>

#include "model/network/forward.h"
#include "tests/model/engine/fixtures.h"

namespace curlew::model::testing {
namespace {

constexpr int kContextTokens = 256;

std::filesystem::path model_path(const std::string& name) {
  return small_models() / (name + ".gguf");
}

// A network and a cache, without the engine around them.
struct Running {
  Running(const std::filesystem::path& model, int threads, kernels::KvType kv_type)
      : file(std::move(*ModelFile::open(model))),
        config(std::move(*read_config(file))),
        pool(threads),
        weights(std::move(*load_weights(file, config, pool, {}))),
        kv(std::move(
            *KvPool::create(kv_shape(config, kv_type), 8 * kv_blocks_for(kContextTokens)))),
        network(config, weights, pool, kv_type, kContextTokens) {}

  std::size_t vocab() const { return static_cast<std::size_t>(config.n_vocab); }

  ModelFile file;
  ModelConfig config;
  kernels::ThreadPool pool;
  Weights weights;
  std::unique_ptr<KvPool> kv;
  Network network;
};

using Text = std::vector<TokenId>;

// The logits of every position, [text.size(), n_vocab].
std::vector<float> one_by_one(Running& r, const Text& text) {
  std::vector<float> logits(text.size() * r.vocab());
  KvSequence sequence(*r.kv);
  for (std::size_t i = 0; i < text.size(); ++i) {
    EXPECT_TRUE(sequence.reserve(1));
    const Segment segment = {
        .ids = std::span(text).subspan(i, 1), .sequence = &sequence, .rows = LogitRows::kLast};
    EXPECT_TRUE(r.network.forward({&segment, 1}, &logits[i * r.vocab()], [] { return false; }));
  }
  return logits;
}

// All texts side by side, each step taking a piece of random size of some of them.
std::vector<std::vector<float>> together(Running& r, const std::vector<Text>& texts) {
  std::mt19937 random(7);
  std::vector<std::vector<float>> logits(texts.size());
  std::vector<KvSequence> sequences;
  for (std::size_t i = 0; i < texts.size(); ++i) sequences.emplace_back(*r.kv);
  std::vector<std::size_t> done(texts.size());
  const auto all_done = [&] {
    for (std::size_t i = 0; i < texts.size(); ++i)
      if (done[i] < texts[i].size()) return false;
    return true;
  };
  while (!all_done()) {
    std::vector<Segment> step;
    std::vector<std::size_t> who;
    std::size_t room = static_cast<std::size_t>(r.network.chunk_tokens());
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const std::size_t left = std::min(texts[i].size() - done[i], room);
      const std::size_t count = std::min<std::size_t>(left, random() % 23);
      if (count == 0) continue;
      EXPECT_TRUE(sequences[i].reserve(static_cast<int>(count)));
      step.push_back({.ids = std::span(texts[i]).subspan(done[i], count),
                      .sequence = &sequences[i],
                      .rows = LogitRows::kAll});
      who.push_back(i);
      done[i] += count;
      room -= count;
    }
    if (step.empty()) continue;
    std::size_t rows = 0;
    for (const Segment& segment : step) rows += segment.ids.size();
    std::vector<float> out(rows * r.vocab());
    EXPECT_TRUE(r.network.forward(step, out.data(), [] { return false; }));
    auto at = out.begin();
    for (std::size_t s = 0; s < step.size(); ++s) {
      const auto n = static_cast<std::ptrdiff_t>(step[s].ids.size() * r.vocab());
      logits[who[s]].insert(logits[who[s]].end(), at, at + n);
      at += n;
    }
  }
  return logits;
}

class EveryNetwork : public ::testing::TestWithParam<std::string> {};

TEST_P(EveryNetwork, GivesATokenTheSameBitsInAnyStep) {
  const auto path = model_path(GetParam());
  for (const kernels::KvType kv :
       {kernels::KvType::kF32, kernels::KvType::kF16, kernels::KvType::kQ8_0}) {
    const KvShape shape = kv_shape(*read_config(*ModelFile::open(path)), kv);
    if (kv == kernels::KvType::kQ8_0 && (shape.key_dim % 32 != 0 || shape.value_dim % 32 != 0))
      continue;  // int8 rows are whole groups of 32
    Running alone(path, 1, kv), shared(path, 2, kv);
    const std::vector<Text> texts = {random_ids(97, alone.config.n_vocab, 1),
                                     random_ids(70, alone.config.n_vocab, 2),
                                     random_ids(131, alone.config.n_vocab, 3)};
    const std::vector<std::vector<float>> got = together(shared, texts);
    for (std::size_t i = 0; i < texts.size(); ++i)
      EXPECT_EQ(got[i], one_by_one(alone, texts[i])) << "text " << i;
  }
}

TEST_P(EveryNetwork, ForgetsWhatATruncatedSequenceHeld) {
  Running r(model_path(GetParam()), 2, kernels::KvType::kF16);
  const Text text = random_ids(80, r.config.n_vocab, 4),
             other = random_ids(50, r.config.n_vocab, 5);
  std::vector<float> logits(r.vocab());
  KvSequence sequence(*r.kv);
  const auto append = [&](std::span<const TokenId> ids) {
    EXPECT_TRUE(sequence.reserve(static_cast<int>(ids.size())));
    const Segment segment = {.ids = ids, .sequence = &sequence, .rows = LogitRows::kLast};
    EXPECT_TRUE(r.network.forward({&segment, 1}, logits.data(), [] { return false; }));
  };
  append(std::span(text).first(30));
  append(other);
  sequence.truncate(30);
  append(std::span(text).subspan(30));
  const std::vector<float> whole = one_by_one(r, text);
  EXPECT_EQ(logits, std::vector<float>(whole.end() - r.config.n_vocab, whole.end()));
}

// Norms, biases, routers and sinks are float32 in most files; a file may have them otherwise.
TEST_P(EveryNetwork, TakesEveryTensorInHalfPrecisionToo) {
  const TempFile halves(GetParam() + "-halves.gguf"), floats(GetParam() + "-floats.gguf");
  copy_as(kernels::WeightType::kF16, *ModelFile::open(model_path(GetParam()))).write(halves.path());
  dequantised_copy(*ModelFile::open(halves.path())).write(floats.path());
  Running half(halves.path(), 1, kernels::KvType::kF32);
  Running whole(floats.path(), 1, kernels::KvType::kF32);
  const Text text = random_ids(20, half.config.n_vocab, 6);
  const std::vector<float> got = one_by_one(half, text), want = one_by_one(whole, text);
  for (std::size_t i = 0; i < want.size(); ++i) ASSERT_NEAR(got[i], want[i], 1e-3) << i;
}

// A file may say anything of itself: it is refused, or it has what it says and runs.
TEST_P(EveryNetwork, IsRefusedOrRunsWithAnyOneOfItsNumbersChanged) {
  const Expected<ModelFile> original = ModelFile::open(model_path(GetParam()));
  const GgufWriter copy = dequantised_copy(*original);
  const std::string prefix = std::string(*original->string("general.architecture")) + ".";
  int refused = 0, ran = 0;
  for (const auto& [key, value] : original->metadata()) {
    if (!key.starts_with(prefix) || std::holds_alternative<std::string_view>(value)) continue;
    for (const std::int64_t number : {-1L, 0L, 1L, 2L, 3L, 5L, 8L, 31L, 64L, 1L << 20, 1L << 40}) {
      GgufWriter changed = copy;
      changed.set(key, number);
      const std::vector<std::byte> bytes = changed.bytes();
      const Expected<ModelFile> file = ModelFile::parse(bytes, "changed.gguf");
      ASSERT_TRUE(file);
      const Expected<ModelConfig> config = read_config(*file);
      ++(config ? ran : refused);
      if (!config || config->context_tokens < 3) continue;
      kernels::ThreadPool pool(1);
      const Expected<Weights> weights = load_weights(*file, *config, pool, {});
      ASSERT_TRUE(weights);
      const auto kv = KvPool::create(kv_shape(*config, kernels::KvType::kF16), 1);
      ASSERT_TRUE(kv);
      Network network(*config, *weights, pool, kernels::KvType::kF16, kernels::kKvBlockTokens);
      KvSequence sequence(**kv);
      ASSERT_TRUE(sequence.reserve(3));
      const Text text = {1, 260, 261};
      std::vector<float> logits(static_cast<std::size_t>(config->n_vocab));
      const Segment segment = {.ids = text, .sequence = &sequence, .rows = LogitRows::kLast};
      EXPECT_TRUE(network.forward({&segment, 1}, logits.data(), [] { return false; }));
    }
  }
  EXPECT_GT(refused, ran);
}

INSTANTIATE_TEST_SUITE_P(Files, EveryNetwork,
                         ::testing::Values("llama-t-Q4_0", "llama-bias-t-F16", "qwen2-t-Q4_0",
                                           "qwen3-t-Q8_0", "qwen3moe-t-Q8_0", "starcoder2-t-Q8_0",
                                           "starcoder2-window-t-F16", "gemma-t-Q8_0",
                                           "granite-t-Q8_0", "deepseek2-t-Q8_0",
                                           "deepseek2-joined-t-F16", "stablelm-t-F16",
                                           "stablelm-parallel-t-F16", "gpt-oss-t-MXFP4"),
                         test_name_of_file);

}  // namespace
}  // namespace curlew::model::testing
