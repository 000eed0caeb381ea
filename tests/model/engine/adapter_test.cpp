// A network with an adapter beside it answers as the network whose weights were merged with it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <fstream>
#include <random>
#include <thread>

#include "model/network/adapter.h"
#include "model/network/forward.h"
#include "tests/model/engine/adapter_fixtures.h"
#include "tests/model/engine/fixtures.h"

namespace curlew::model::testing {
namespace {

namespace fs = std::filesystem;
using kernels::WeightType;
using ::testing::HasSubstr;

double by_rank(const Factors& f, double alpha) {
  return alpha / static_cast<double>(f.rank);
}

void write_bytes(const fs::path& path, const std::vector<std::byte>& bytes) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

double largest(const std::vector<float>& values) {
  double most = 0;
  for (const float v : values) most = std::max(most, std::abs(static_cast<double>(v)));
  return most;
}

double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  EXPECT_EQ(a.size(), b.size());
  double most = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    most = std::max(most, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
  return most;
}

std::vector<float> logits_of(Engine& engine, unsigned seed = 3, int count = 90) {
  const Expected<std::vector<float>> logits =
      engine.logits(random_ids(count, engine.config().n_vocab, seed));
  EXPECT_TRUE(logits) << logits.error().message();
  return logits ? *logits : std::vector<float>{};
}

std::unique_ptr<Engine> load_plain(const fs::path& model, const fs::path& adapter = {}) {
  return load({.model = model, .threads = 2, .kv = KvPrecision::kF32, .adapter = adapter});
}

// A toy llama and adapters of it.
class ToyAdapter : public ::testing::Test {
 protected:
  void SetUp() override {
    toy_model({.hidden = 64, .heads = 4, .kv_heads = 2, .ffn = 96, .context = 512})
        .write(model_.path());
    base_.emplace(*ModelFile::open(model_.path()));
    factors_ = random_factors(*base_, {3, 8, 16}, 5);
    adapter_gguf(*base_, factors_, 12.f).write(adapter_.path());
  }
  void TearDown() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  static std::string named(const char* what) {
    return std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()) + what;
  }

  TempFile model_{named("-model.gguf")}, adapter_{named("-adapter.gguf")},
      other_{named("-other.gguf")};
  const fs::path folder_ =
      fs::temp_directory_path() / fmt::format("curlew-{}-{}", getpid(), named("-peft"));
  std::optional<ModelFile> base_;
  std::vector<Factors> factors_;
};

TEST_F(ToyAdapter, GivesTheLogitsOfMergedWeights) {
  write_bytes(other_.path(),
              merged(*base_, factors_, [](const Factors& f) { return by_rank(f, 12); }));
  const auto adapted = load_plain(model_.path(), adapter_.path());
  const auto want = logits_of(*load_plain(other_.path()));
  EXPECT_LT(largest_difference(logits_of(*adapted), want), 1e-4 * largest(want));
  EXPECT_GT(largest_difference(logits_of(*load_plain(model_.path())), want), 0.1 * largest(want));
  EXPECT_EQ(adapted->info().adapter, adapter_.path());
  EXPECT_GT(adapted->memory().adapter_bytes, 0u);
}

// Int8 activations meet quantised factors: nearer than the factors are to their originals.
TEST_F(ToyAdapter, TakesFactorsOfAnyType) {
  const std::vector<Factors> whole = random_factors(*base_, {32}, 6);
  write_bytes(other_.path(),
              merged(*base_, whole, [](const Factors& f) { return by_rank(f, 32); }));
  const auto want = logits_of(*load_plain(other_.path()));
  const auto engine = load_plain(model_.path());
  for (const auto& [type, tolerance] :
       {std::pair{WeightType::kF16, 2e-3}, {WeightType::kBF16, 2e-2}, {WeightType::kQ8_0, 4e-2}}) {
    adapter_gguf(*base_, whole, 32.f, type).write(adapter_.path());
    ASSERT_TRUE(engine->use_adapter(adapter_.path()));
    EXPECT_LT(largest_difference(logits_of(*engine), want), tolerance * largest(want))
        << kernels::weight_type_name(type);
  }
}

TEST_F(ToyAdapter, ReadsBothFormsToTheSameBits) {
  factors_ = random_factors(*base_, {4}, 7);
  adapter_gguf(*base_, factors_, 12.f).write(adapter_.path());
  const auto engine = load_plain(model_.path(), adapter_.path());
  const auto want = logits_of(*engine);
  write_adapter_folder(folder_, *base_, factors_, {{"lora_alpha", 12}});
  ASSERT_TRUE(engine->use_adapter(folder_));
  EXPECT_EQ(engine->info().adapter, folder_);
  EXPECT_EQ(logits_of(*engine), want);
  // alpha / sqrt(rank)
  write_adapter_folder(folder_, *base_, factors_, {{"lora_alpha", 6}, {"use_rslora", true}});
  ASSERT_TRUE(engine->use_adapter(folder_));
  EXPECT_EQ(logits_of(*engine), want);
  write_adapter_folder(folder_, *base_, factors_, {{"lora_alpha", 6}});
  ASSERT_TRUE(engine->use_adapter(folder_));
  EXPECT_NE(logits_of(*engine), want);
}

TEST_F(ToyAdapter, LeavesNoTraceWhenItIsTakenAway) {
  adapter_gguf(*base_, random_factors(*base_, {5}, 8), 5.f).write(other_.path());
  const auto engine = load_plain(model_.path());
  const auto plain = logits_of(*engine);
  const GenerateRequest request = {.prompt = random_ids(40, engine->config().n_vocab, 1),
                                   .new_tokens_max = 20,
                                   .logprobs = true,
                                   .ignore_end = true};
  const Generation before = *engine->generate(request, {});
  const auto first = logits_of(*load_plain(model_.path(), adapter_.path()));
  const auto second = logits_of(*load_plain(model_.path(), other_.path()));
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(engine->use_adapter(adapter_.path()));
    EXPECT_EQ(logits_of(*engine), first);
    const Generation adapted = *engine->generate(request, {});
    EXPECT_EQ(adapted.cached_tokens, 0);  // of the base's numbers
    EXPECT_NE(adapted.logprobs, before.logprobs);
    ASSERT_TRUE(engine->use_adapter(other_.path()));
    EXPECT_EQ(logits_of(*engine), second);
    ASSERT_TRUE(engine->use_adapter({}));
    EXPECT_EQ(logits_of(*engine), plain);
    EXPECT_EQ(engine->info().adapter, "");
    const Generation after = *engine->generate(request, {});
    EXPECT_EQ(after.cached_tokens, 0);
    EXPECT_EQ(after.tokens, before.tokens);
    EXPECT_EQ(after.logprobs, before.logprobs);
  }
}

TEST_F(ToyAdapter, StaysAsItWasWhenAnotherCannotBeRead) {
  const auto engine = load_plain(model_.path(), adapter_.path());
  const auto want = logits_of(*engine);
  const Status missing = engine->use_adapter("nowhere.gguf");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind(), Errc::kNotFound);
  EXPECT_THAT(missing.error().message(),
              HasSubstr("use adapter: open adapter: open model file: nowhere.gguf"));
  EXPECT_FALSE(engine->use_adapter(model_.path()));
  EXPECT_EQ(engine->info().adapter, adapter_.path());
  EXPECT_EQ(logits_of(*engine), want);
}

// Up to some token the text is the base's; what follows is what the adapter makes of all of it.
TEST_F(ToyAdapter, TakesOverInTheMiddleOfAGeneration) {
  constexpr std::size_t kTokens = 300;
  const auto engine = load_plain(model_.path()),
             adapted = load_plain(model_.path(), adapter_.path());
  const std::vector<TokenId> prompt = random_ids(40, engine->config().n_vocab, 2);
  GenerateRequest request = {.prompt = prompt,
                             .new_tokens_max = static_cast<int>(kTokens),
                             .logprobs = true,
                             .ignore_end = true};
  const Generation base = *engine->generate(request, {});
  engine->clear_cache();

  std::atomic<int> said = 0;
  std::jthread switcher([&] {
    while (said < 10) std::this_thread::yield();
    EXPECT_TRUE(engine->use_adapter(adapter_.path()));
  });
  request.filter = [&](std::string_view) {
    if (++said >= 10) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    return std::optional<std::size_t>();
  };
  const Generation mixed = *engine->generate(request, {});
  switcher.join();

  ASSERT_EQ(mixed.tokens.size(), kTokens);
  std::size_t same = 0;
  while (same < kTokens && mixed.tokens[same] == base.tokens[same] &&
         mixed.logprobs[same] == base.logprobs[same])
    ++same;
  EXPECT_GE(same, 10u);
  ASSERT_LT(same, kTokens) << "the adapter came too late";
  std::vector<TokenId> text = prompt;
  text.insert(text.end(), mixed.tokens.begin(), mixed.tokens.begin() + static_cast<long>(same));
  request.prompt = text;
  request.new_tokens_max = static_cast<int>(kTokens - same);
  request.filter = nullptr;
  const Generation rest = *adapted->generate(request, {});
  EXPECT_EQ(rest.tokens, std::vector<TokenId>(mixed.tokens.begin() + static_cast<long>(same),
                                              mixed.tokens.end()));
  EXPECT_EQ(rest.logprobs, std::vector<float>(mixed.logprobs.begin() + static_cast<long>(same),
                                              mixed.logprobs.end()));
  EXPECT_EQ(logits_of(*engine), logits_of(*adapted));
}

TEST_F(ToyAdapter, StoresPrefixesForItselfAlone) {
  const GenerateRequest request = {.prompt = random_ids(40, 285, 1), .new_tokens_max = 1};
  const EngineOptions plain = {.model = model_.path(), .threads = 1, .prefix_file = other_.path()};
  EngineOptions with = plain;
  with.adapter = adapter_.path();
  EXPECT_TRUE(load(with)->generate(request, {}));
  EXPECT_EQ(load(plain)->restored_tokens().value(), 0);
  EXPECT_TRUE(load(plain)->generate(request, {}));
  const auto engine = load(plain);
  EXPECT_GT(engine->restored_tokens().value(), 0);
  EXPECT_TRUE(engine->use_adapter(adapter_.path()));
  EXPECT_TRUE(engine->generate(request, {}));
  ASSERT_TRUE(engine->store_prefixes());
  EXPECT_GT(load(with)->restored_tokens().value(), 0);
  EXPECT_EQ(load(plain)->restored_tokens().value(), 0);
}

// Every kind of network, every matrix that may be adapted.
class EveryAdaptedNetwork : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    dequantised_copy(*ModelFile::open(small_models() / (GetParam() + ".gguf")))
        .write(model_.path());
    base_.emplace(*ModelFile::open(model_.path()));
    factors_ = random_factors(*base_, {4, 7}, 11);
    adapter_gguf(*base_, factors_, 4.f).write(adapter_.path());
  }

  TempFile model_{GetParam() + "-base.gguf"}, adapter_{GetParam() + "-adapter.gguf"},
      merged_{GetParam() + "-merged.gguf"};
  std::optional<ModelFile> base_;
  std::vector<Factors> factors_;
};

TEST_P(EveryAdaptedNetwork, GivesTheLogitsOfMergedWeights) {
  write_bytes(merged_.path(),
              merged(*base_, factors_, [](const Factors& f) { return by_rank(f, 4); }));
  const auto got = logits_of(*load_plain(model_.path(), adapter_.path()), 4, 40);
  const auto want = logits_of(*load_plain(merged_.path()), 4, 40);
  const auto plain = logits_of(*load_plain(model_.path()), 4, 40);
  EXPECT_LT(largest_difference(got, want), 1e-4 * largest(want));
  EXPECT_GT(largest_difference(plain, want), 1e-2 * largest(want));
}

TEST_P(EveryAdaptedNetwork, GivesATokenTheSameBitsInAnyStep) {
  constexpr int kContextTokens = 192;
  const ModelConfig config = *read_config(*base_);
  kernels::ThreadPool pool(2);
  const Weights weights = *load_weights(*base_, config, pool, {});
  const auto adapter = *Adapter::make(*AdapterFile::open(adapter_.path(), *base_), weights);
  const auto kv =
      *KvPool::create(kv_shape(config, kernels::KvType::kF32), 4 * kv_blocks_for(kContextTokens));
  Network network(config, weights, pool, kernels::KvType::kF32, kContextTokens);
  network.use(adapter.get());
  const auto text = random_ids(120, config.n_vocab, 5), other = random_ids(120, config.n_vocab, 6);
  const std::size_t vocab = static_cast<std::size_t>(config.n_vocab);
  // The logits of `text` in pieces, other text beside it.
  const auto in_pieces = [&](std::size_t most, std::size_t beside) {
    KvSequence sequence(*kv), neighbour(*kv);
    std::vector<float> all, out(2 * (most + beside) * vocab);
    std::mt19937 random(7);
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t count = std::min(text.size() - at, 1 + random() % most);
      const std::size_t more =
          std::min(beside, other.size() - static_cast<std::size_t>(neighbour.tokens()));
      EXPECT_TRUE(sequence.reserve(static_cast<int>(count)));
      std::vector<Segment> step;
      if (more > 0) {
        EXPECT_TRUE(neighbour.reserve(static_cast<int>(more)));
        step.push_back(
            {std::span(other).subspan(static_cast<std::size_t>(neighbour.tokens()), more),
             &neighbour});
      }
      step.push_back({std::span(text).subspan(at, count), &sequence, LogitRows::kAll});
      EXPECT_TRUE(network.forward(step, out.data(), [] { return false; }));
      all.insert(all.end(), out.begin(), out.begin() + static_cast<long>(count * vocab));
      at += count;
    }
    return all;
  };
  const std::size_t chunk = static_cast<std::size_t>(network.chunk_tokens());
  const auto alone = in_pieces(1, 0);
  EXPECT_EQ(in_pieces(std::min<std::size_t>(chunk, 100), 0), alone);
  EXPECT_EQ(in_pieces(std::min<std::size_t>(chunk - 5, 45), 5), alone);
}

INSTANTIATE_TEST_SUITE_P(Small, EveryAdaptedNetwork,
                         ::testing::Values("llama-bias-t-F16", "qwen2-t-Q4_0", "qwen3-t-Q8_0",
                                           "qwen3moe-t-Q8_0", "gemma-t-Q8_0", "granite-t-Q8_0",
                                           "starcoder2-t-Q8_0", "stablelm-parallel-t-F16",
                                           "deepseek2-t-Q8_0", "deepseek2-joined-t-F16",
                                           "gpt-oss-t-MXFP4"),
                         test_name_of_file);

}  // namespace
}  // namespace curlew::model::testing
