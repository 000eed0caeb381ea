// A network on the card gives what the CPU gives: the same logits up to the order of additions, the
// same greedy text, and a token the same bits in any company.
#include "model/cuda/cuda_network.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "model/decode/sampler.h"
#include "model/network/forward.h"
#include "model/network/weights.h"
#include "tests/model/engine/fixtures.h"

#if defined(CURLEW_CUDA_ON_HOST)
#include "kernels/cuda/on_host/machine.h"
#endif

namespace curlew::model::testing {
namespace {

using ::testing::HasSubstr;

constexpr int kContextTokens = 256;
using Text = std::vector<TokenId>;

bool never() {
  return false;
}

std::string device_fault() {
#if defined(CURLEW_CUDA_ON_HOST)
  return on_host::take_fault();
#else
  return "";
#endif
}

// One model on both devices.
struct Pair {
  Pair(const std::filesystem::path& path, kernels::KvType kv_type)
      : file(std::move(*ModelFile::open(path))),
        config(std::move(*read_config(file))),
        pool(1),
        weights(std::move(*load_weights(file, config, pool, {}))),
        cpu_kv(std::move(*KvPool::create(kv_shape(config, kv_type), 16))),
        cpu(config, weights, pool, kv_type, kContextTokens) {
    Expected<std::unique_ptr<CudaNetwork>> made = CudaNetwork::create(
        file, config, {.kv_type = kv_type, .kv_blocks = 16, .context_tokens = kContextTokens});
    if (made) card = std::move(*made);
    if (!made) ADD_FAILURE() << made.error().message() << " " << device_fault();
  }

  std::size_t vocab() const { return static_cast<std::size_t>(config.n_vocab); }

  std::vector<float> on_card(KvSequence& sequence, std::span<const TokenId> ids, LogitRows rows) {
    std::vector<float> logits((rows == LogitRows::kAll ? ids.size() : 1) * vocab());
    EXPECT_TRUE(sequence.reserve(static_cast<int>(ids.size())));
    const Segment segment = {.ids = ids, .sequence = &sequence, .rows = rows};
    const Expected<bool> ran = card->forward({&segment, 1}, logits.data(), never);
    EXPECT_TRUE(ran && *ran) << (ran ? "" : ran.error().message()) << " " << device_fault();
    return logits;
  }

  std::vector<float> on_cpu(KvSequence& sequence, std::span<const TokenId> ids, LogitRows rows) {
    std::vector<float> logits((rows == LogitRows::kAll ? ids.size() : 1) * vocab());
    EXPECT_TRUE(sequence.reserve(static_cast<int>(ids.size())));
    const Segment segment = {.ids = ids, .sequence = &sequence, .rows = rows};
    EXPECT_TRUE(cpu.forward({&segment, 1}, logits.data(), never));
    return logits;
  }

  ModelFile file;
  ModelConfig config;
  kernels::ThreadPool pool;
  Weights weights;
  std::unique_ptr<KvPool> cpu_kv;
  Network cpu;
  std::unique_ptr<CudaNetwork> card;
};

std::filesystem::path model_path(const std::string& name) {
  return small_models() / (name + ".gguf");
}

// Of the differences, relative to the logits' own spread.
double relative_error(std::span<const float> got, std::span<const float> want) {
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    difference += std::pow(double{got[i]} - want[i], 2);
    size += std::pow(double{want[i]}, 2);
  }
  return std::sqrt(difference / size);
}

TokenId best(std::span<const float> logits) {
  return static_cast<TokenId>(std::ranges::max_element(logits) - logits.begin());
}

class CudaNetworkOf : public ::testing::TestWithParam<std::string> {};

TEST_P(CudaNetworkOf, GivesTheCpusLogitsAndText) {
  Pair pair(model_path(GetParam()), kernels::KvType::kF16);
  ASSERT_NE(pair.card, nullptr);
  const Text text = random_ids(13, pair.config.n_vocab, 3);
  KvSequence on_card(pair.card->kv()), on_cpu(*pair.cpu_kv);
  const std::vector<float> got = pair.on_card(on_card, text, LogitRows::kAll);
  const std::vector<float> want = pair.on_cpu(on_cpu, text, LogitRows::kAll);
  EXPECT_LT(relative_error(got, want), 1e-2);

  TokenId next = best(std::span(want).last(pair.vocab()));
  for (int i = 0; i < 6; ++i) {
    const std::vector<float> a = pair.on_card(on_card, {&next, 1}, LogitRows::kLast);
    const std::vector<float> b = pair.on_cpu(on_cpu, {&next, 1}, LogitRows::kLast);
    ASSERT_LT(relative_error(a, b), 1e-2) << "after " << i << " tokens";
    ASSERT_EQ(best(a), best(b)) << "after " << i << " tokens";
    next = best(b);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, CudaNetworkOf,
                         ::testing::Values("llama-t-Q4_0", "llama3-t-Q8_0", "qwen2-t-Q4_0",
                                           "qwen3-t-Q8_0", "gemma-t-Q8_0", "granite-t-Q8_0",
                                           "starcoder2-t-Q8_0", "starcoder2-window-t-F16",
                                           "stablelm-t-F16", "stablelm-parallel-t-F16",
                                           "llama-bias-t-F16", "qwen3moe-t-Q8_0", "gpt-oss-t-MXFP4",
                                           "deepseek2-t-Q8_0", "deepseek2-joined-t-F16"),
                         test_name_of_file);

// All logits of a text, evaluated in pieces beside another sequence's.
std::vector<float> in_pieces(Pair& pair, const Text& text, std::span<const int> pieces) {
  KvSequence first(pair.card->kv()), second(pair.card->kv());
  std::vector<float> all;
  for (const int count : pieces) {
    const auto ids = std::span(text).subspan(static_cast<std::size_t>(first.tokens()),
                                             static_cast<std::size_t>(count));
    EXPECT_TRUE(first.reserve(count) && second.reserve(1));
    std::vector<float> logits((ids.size() + 1) * pair.vocab());
    const Segment segments[] = {
        {.ids = std::span(text).subspan(7, 1), .sequence = &second, .rows = LogitRows::kLast},
        {.ids = ids, .sequence = &first, .rows = LogitRows::kAll}};
    const Expected<bool> ran = pair.card->forward(segments, logits.data(), never);
    EXPECT_TRUE(ran && *ran) << device_fault();
    all.insert(all.end(), logits.begin() + static_cast<std::ptrdiff_t>(pair.vocab()), logits.end());
  }
  return all;
}

// Up to four tokens a step give the same bits however they are grouped; so do more of them; and the
// two differ by rounding only.
TEST(CudaNetwork, GivesATokenTheSameBitsInAnyCompany) {
  Pair pair(model_path("qwen2-t-Q4_0"), kernels::KvType::kF16);
  ASSERT_NE(pair.card, nullptr);
  const Text text = random_ids(24, pair.config.n_vocab, 5);
  const Text beginning(text.begin(), text.begin() + 9);
  const int singles[] = {1, 1, 1, 1, 1, 1, 1, 1, 1}, few[] = {3, 1, 2, 3};
  const int many[] = {4, 7, 13}, others[] = {18, 6};
  EXPECT_EQ(in_pieces(pair, beginning, few), in_pieces(pair, beginning, singles));
  const std::vector<float> whole = in_pieces(pair, text, others);
  EXPECT_EQ(in_pieces(pair, text, many), whole);
  const std::vector<float> alone = in_pieces(pair, beginning, singles);
  EXPECT_LT(relative_error(alone, std::span(whole).first(alone.size())), 1e-2);
}

// Straight, and out of a graph; beside a sequence whose logits are wanted.
TEST(CudaNetwork, PicksTokensItself) {
  Pair pair(model_path("llama3-t-Q8_0"), kernels::KvType::kF16);
  ASSERT_NE(pair.card, nullptr);
  const Text text = random_ids(9, pair.config.n_vocab, 4);
  const SamplingOptions drawn = {.temperature = 1.3f, .top_p = 0.9f, .seed = 4};
  Sampler sampler(drawn, pair.config.n_vocab);
  KvSequence with_logits(pair.card->kv()), picking(pair.card->kv());
  for (int round = 0; round < 3; ++round) {
    const auto ids = std::span(text).subspan(static_cast<std::size_t>(3 * round), 3);
    ASSERT_TRUE(picking.reserve(3) && with_logits.reserve(3));
    std::vector<std::uint64_t> masks(static_cast<std::size_t>(pair.config.n_vocab + 63) / 64, 0);
    masks[1] = 0xf0f0;
    std::uint64_t random = 0;
    sampler.peek({&random, 1});
    const Pick picks[3] = {
        {}, {.allowed = masks}, {.temperature = 1.3f, .top_p = 0.9f, .random = random}};
    TokenId got[3] = {};
    std::vector<float> logits(3 * pair.vocab());
    const Segment segments[] = {
        {.ids = ids, .sequence = &picking, .rows = LogitRows::kAll, .picks = picks, .picked = got},
        {.ids = ids, .sequence = &with_logits, .rows = LogitRows::kAll}};
    const Expected<bool> ran = pair.card->forward(segments, logits.data(), never);
    ASSERT_TRUE(ran && *ran) << (ran ? "" : ran.error().message()) << device_fault();
    const auto row = [&](std::size_t r) {
      return std::span(logits).subspan(r * pair.vocab(), pair.vocab());
    };
    EXPECT_EQ(got[0], best(row(0)));
    const auto allowed = row(1).subspan(64, 16);
    EXPECT_EQ(got[1] & ~0xf, 64);
    EXPECT_TRUE(masks[1] >> (got[1] - 64) & 1);
    for (std::size_t i = 0; i < allowed.size(); ++i)
      if (masks[1] >> i & 1) {
        EXPECT_LE(allowed[i], row(1)[static_cast<std::size_t>(got[1])]);
      }
    EXPECT_EQ(got[2], sampler.sample(row(2)));
  }
}

// Sequences that share a beginning: the first write into a shared block copies it on the card.
TEST(CudaNetwork, CopiesABlockThatOthersRead) {
  Pair pair(model_path("llama-t-Q4_0"), kernels::KvType::kF16);
  ASSERT_NE(pair.card, nullptr);
  const Text text = random_ids(40, pair.config.n_vocab, 6);
  KvSequence whole(pair.card->kv());
  pair.on_card(whole, std::span(text).first(30), LogitRows::kNone);
  KvSequence shared = KvSequence::sharing(pair.card->kv(), whole.blocks(), 30);
  const std::vector<float> a = pair.on_card(shared, std::span(text).last(10), LogitRows::kAll);
  const std::vector<float> b = pair.on_card(whole, std::span(text).last(10), LogitRows::kAll);
  EXPECT_EQ(a, b);
  EXPECT_NE(whole.blocks()[0], shared.blocks()[0]);
}

// A prompt is more than a small step holds: in halves on the matrix units. Held against the CPU on the
// same weights in float32, which does without int8 activations then, too.
class CudaPromptOf : public ::testing::TestWithParam<std::string> {};

TEST_P(CudaPromptOf, GivesWhatTheWeightsThemselvesSay) {
  Pair pair(model_path(GetParam()), kernels::KvType::kF16);
  ASSERT_NE(pair.card, nullptr);
  ASSERT_GT(pair.card->chunk_tokens(), CudaNetwork::kSmallTokensMax);
  const TempFile copy(GetParam() + "-exact.gguf");
  dequantised_copy(pair.file).write(copy.path());
  const ModelFile exact_file = std::move(*ModelFile::open(copy.path()));
  const ModelConfig exact_config = std::move(*read_config(exact_file));
  const Weights exact_weights = std::move(*load_weights(exact_file, exact_config, pair.pool, {}));
  Network exact(exact_config, exact_weights, pair.pool, kernels::KvType::kF16, kContextTokens);

  const Text text = random_ids(75, pair.config.n_vocab, 3);
  KvSequence on_card(pair.card->kv()), on_cpu(*pair.cpu_kv);
  // Of all tokens the states after the last norm: the product behind it has int8 activations again.
  const auto dim = static_cast<std::size_t>(pair.config.hidden_dim);
  std::vector<float> got(text.size() * dim), want(text.size() * dim);
  ASSERT_TRUE(on_card.reserve(75) && on_cpu.reserve(75));
  const Segment whole = {.ids = text, .sequence = &on_card, .hidden = got.data()};
  const Expected<bool> ran = pair.card->forward({&whole, 1}, nullptr, never);
  ASSERT_TRUE(ran && *ran) << device_fault();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t some =
        std::min(text.size() - at, static_cast<std::size_t>(exact.chunk_tokens()));
    const Segment segment = {.ids = std::span(text).subspan(at, some),
                             .sequence = &on_cpu,
                             .hidden = want.data() + at * dim};
    ASSERT_TRUE(exact.forward({&segment, 1}, nullptr, never));
    at += some;
  }
  EXPECT_LT(relative_error(got, want), 5e-3);
}
INSTANTIATE_TEST_SUITE_P(Models, CudaPromptOf,
                         ::testing::Values("starcoder2-window-t-F16", "qwen2-t-Q4_0",
                                           "gemma-t-Q8_0", "qwen3moe-t-Q8_0", "gpt-oss-t-MXFP4"),
                         test_name_of_file);

// The same by way of the library's stand-in (on a card, of the library): from weights that are kept as
// halves, and from weights that are made halves for each product, a part at a time.
TEST(CudaNetwork, GivesTheSamePromptsByTheLibrary) {
  if (cuda::LibraryMatmul::open() == nullptr) GTEST_SKIP() << "this machine has no cuBLASLt";
  for (const char* name : {"qwen2-t-Q4_0", "starcoder2-t-Q8_0"}) {
    const auto logits = [&](const char* tokens_min, const char* keep) {
      setenv("CURLEW_CUDA_LIBRARY", tokens_min, 1);
      setenv("CURLEW_CUDA_KEEP", keep, 1);
      Pair pair(model_path(name), kernels::KvType::kF16);
      unsetenv("CURLEW_CUDA_LIBRARY");
      unsetenv("CURLEW_CUDA_KEEP");
      KvSequence sequence(pair.card->kv());
      const Text text = random_ids(66, pair.config.n_vocab, 3);
      return pair.on_card(sequence, text, LogitRows::kLast);
    };
    const std::vector<float> kept = logits("65", "1"), own = logits("0", "0");
    EXPECT_EQ(kept, logits("65", "0")) << name;
    EXPECT_LT(relative_error(kept, own), 1e-2) << name;
    EXPECT_NE(kept, own) << name;  // it was there
  }
}

// More rows of logits than a step has room for; beside another sequence, and given up half-way.
TEST(CudaNetwork, GivesAnyNumberOfRows) {
  Pair pair(model_path("llama-bias-t-F16"), kernels::KvType::kF32);
  ASSERT_NE(pair.card, nullptr);
  const Text text = random_ids(71, pair.config.n_vocab, 3);
  KvSequence first(pair.card->kv()), second(pair.card->kv()), alone(pair.card->kv());
  ASSERT_TRUE(first.reserve(71) && second.reserve(2));
  std::vector<float> logits(72 * pair.vocab());
  const Segment segments[] = {
      {.ids = text, .sequence = &first, .rows = LogitRows::kAll},
      {.ids = std::span(text).first(2), .sequence = &second, .rows = LogitRows::kLast}};
  int asked = 0;
  const int layers = pair.config.n_layers;
  Expected<bool> ran =
      pair.card->forward(segments, logits.data(), [&] { return ++asked > layers; });
  ASSERT_TRUE(ran) << device_fault();
  EXPECT_FALSE(*ran);
  EXPECT_EQ(first.tokens(), 0);
  ASSERT_TRUE(first.reserve(71) && second.reserve(2));
  ran = pair.card->forward(segments, logits.data(), never);
  ASSERT_TRUE(ran && *ran) << device_fault();
  EXPECT_EQ(first.tokens(), 71);
  const std::vector<float> want = pair.on_card(alone, std::span(text).first(2), LogitRows::kAll);
  const std::span<const float> got = logits;
  EXPECT_LT(relative_error(got.first(want.size()), want), 1e-5);
  EXPECT_LT(relative_error(got.last(pair.vocab()), std::span(want).last(pair.vocab())), 1e-5);
}

TEST(CudaNetwork, StopsBeforeAStepAndLeavesTheSequenceAsItWas) {
  Pair pair(model_path("llama-t-Q4_0"), kernels::KvType::kF16);
  ASSERT_NE(pair.card, nullptr);
  const Text text = random_ids(70, pair.config.n_vocab, 6);
  for (const std::size_t count : {1, 40, 70}) {
    KvSequence sequence(pair.card->kv());
    ASSERT_TRUE(sequence.reserve(static_cast<int>(count)));
    std::vector<float> logits(pair.vocab());
    const Segment segment = {
        .ids = std::span(text).first(count), .sequence = &sequence, .rows = LogitRows::kLast};
    const Expected<bool> ran =
        pair.card->forward({&segment, 1}, logits.data(), [] { return true; });
    ASSERT_TRUE(ran);
    EXPECT_FALSE(*ran);
    EXPECT_EQ(sequence.tokens(), 0);
  }
}

TEST(CudaNetwork, KeepsFloat32WhereItIsAskedTo) {
  Pair pair(model_path("llama-bias-t-F16"), kernels::KvType::kF32);
  ASSERT_NE(pair.card, nullptr);
  const Text text = random_ids(9, pair.config.n_vocab, 2);
  KvSequence on_card(pair.card->kv()), on_cpu(*pair.cpu_kv);
  EXPECT_LT(relative_error(pair.on_card(on_card, text, LogitRows::kAll),
                           pair.on_cpu(on_cpu, text, LogitRows::kAll)),
            1e-5);
}

TEST(CudaNetwork, KeepsInt8WhereItIsAskedTo) {
  Pair pair(model_path("llama-t-Q4_0"), kernels::KvType::kQ8_0);
  ASSERT_NE(pair.card, nullptr);
  const Text text = random_ids(9, pair.config.n_vocab, 2);
  KvSequence on_card(pair.card->kv()), on_cpu(*pair.cpu_kv);
  const std::vector<float> got = pair.on_card(on_card, text, LogitRows::kAll);
  EXPECT_LT(relative_error(got, pair.on_cpu(on_cpu, text, LogitRows::kAll)), 1e-2);
}

TEST(CudaNetwork, HandsOutHiddenStates) {
  Pair pair(model_path("qwen2-t-Q4_0"), kernels::KvType::kF16);
  ASSERT_NE(pair.card, nullptr);
  const Text text = random_ids(5, pair.config.n_vocab, 2);
  const auto hidden_floats = text.size() * static_cast<std::size_t>(pair.config.hidden_dim);
  std::vector<float> got(hidden_floats), want(hidden_floats);
  KvSequence on_card(pair.card->kv()), on_cpu(*pair.cpu_kv);
  ASSERT_TRUE(on_card.reserve(5) && on_cpu.reserve(5));
  const Segment a = {.ids = text, .sequence = &on_card, .hidden = got.data()};
  const Segment b = {.ids = text, .sequence = &on_cpu, .hidden = want.data()};
  const Expected<bool> ran = pair.card->forward({&a, 1}, nullptr, never);
  ASSERT_TRUE(ran && *ran) << device_fault();
  ASSERT_TRUE(pair.cpu.forward({&b, 1}, nullptr, never));
  EXPECT_LT(relative_error(got, want), 1e-2);
}

TEST(CudaNetwork, RefusesWhatItCannotRunOrHold) {
  const auto refusal = [](const std::string& model, ExecutorOptions options) {
    const ModelFile file = std::move(*ModelFile::open(model_path(model)));
    const ModelConfig config = std::move(*read_config(file));
    options.context_tokens = kContextTokens;
    auto made = CudaNetwork::create(file, config, options);
    return made ? "made" : made.error().message();
  };
  EXPECT_THAT(refusal("llama-t-Q4_0", {.kv_blocks = 1 << 20}), HasSubstr("MiB of device memory"));
}

}  // namespace
}  // namespace curlew::model::testing
