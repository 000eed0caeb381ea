// How tokens are grouped into steps, and what stood in the cache before, must never show in a
// number.
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "model/decode/burst_memory.h"
#include "model/decode/prefix_tree.h"
#include "model/network/forward.h"
#include "tests/model/engine/fixtures.h"

namespace curlew::model::testing {
namespace {

// The parts of an engine, without its door.
struct Parts {
  explicit Parts(const ToyShape& shape, int threads = 1, int pool_contexts = 2)
      : bytes(toy_model(shape).bytes()),
        file(std::move(*ModelFile::parse(bytes, "toy"))),
        config(std::move(*read_config(file))),
        pool(threads),
        weights(std::move(*load_weights(file, config, pool, {}))),
        kv(std::move(*KvPool::create({.type = kernels::KvType::kF32,
                                      .n_layers = config.n_layers,
                                      .n_kv_heads = config.n_kv_heads,
                                      .key_dim = config.head_dim,
                                      .value_dim = config.head_dim},
                                     pool_contexts * kv_blocks_for(shape.context)))),
        network(config, weights, pool, kernels::KvType::kF32, shape.context),
        tree(*kv) {}

  // Logits of the last token, by way of the tree.
  std::vector<float> last_logits(std::span<const TokenId> text) {
    std::vector<float> logits(static_cast<std::size_t>(config.n_vocab));
    KvSequence sequence = tree.open(text);
    EXPECT_LT(sequence.tokens(), static_cast<int>(text.size()));
    while (sequence.tokens() < static_cast<int>(text.size())) {
      const auto rest = text.subspan(static_cast<std::size_t>(sequence.tokens()));
      const Segment segment = {
          rest.first(std::min(rest.size(), static_cast<std::size_t>(network.chunk_tokens()))),
          &sequence, LogitRows::kLast};
      while (!sequence.reserve(static_cast<int>(segment.ids.size()))) EXPECT_TRUE(tree.evict());
      EXPECT_TRUE(network.forward({&segment, 1}, logits.data(), [] { return false; }));
    }
    tree.insert(text, sequence);
    return logits;
  }

  // The same in pieces of the given sizes, in a sequence of its own.
  std::vector<float> in_pieces(std::span<const TokenId> text, const std::vector<int>& sizes) {
    std::vector<float> logits(static_cast<std::size_t>(config.n_vocab));
    KvSequence sequence(*kv);
    std::size_t at = 0;
    for (int size : sizes) {
      const auto ids = text.subspan(at, static_cast<std::size_t>(size));
      EXPECT_TRUE(sequence.reserve(size));
      const Segment segment = {.ids = ids, .sequence = &sequence, .rows = LogitRows::kLast};
      EXPECT_TRUE(network.forward({&segment, 1}, logits.data(), [] { return false; }));
      at += ids.size();
    }
    EXPECT_EQ(at, text.size());
    return logits;
  }

  std::vector<std::byte> bytes;
  ModelFile file;
  ModelConfig config;
  kernels::ThreadPool pool;
  Weights weights;
  std::unique_ptr<KvPool> kv;
  Network network;
  PrefixTree tree;
};

void expect_same(const std::vector<float>& got, const std::vector<float>& want, const char* what) {
  ASSERT_EQ(got.size(), want.size());
  EXPECT_TRUE(std::ranges::equal(got, want)) << what;  // to the bit
}

constexpr ToyShape kToy = {.context = 512};

TEST(Forward, IsTheSameInAnyPieces) {
  Parts parts(kToy);
  const auto text = random_ids(190, parts.config.n_vocab, 4);
  const auto large = parts.in_pieces(text, {96, 94});
  expect_same(parts.in_pieces(text, {1, 63, 64, 55, 7}), large, "odd pieces");
  expect_same(parts.in_pieces(text, std::vector<int>(190, 1)), large, "one by one");
  expect_same(parts.in_pieces(text, {64, 64, 62}), large, "at block borders");
}

TEST(Forward, IsTheSameOnOneThreadAndTwo) {
  Parts one(kToy, 1), two(kToy, 2);
  const auto text = random_ids(90, one.config.n_vocab, 5);
  expect_same(two.in_pieces(text, {80, 9, 1}), one.in_pieces(text, {80, 9, 1}), "two threads");
}

TEST(Forward, IsTheSameBesideOtherSequences) {
  Parts parts(kToy);
  const std::vector<int> sizes = {1, 17, 40, 3};
  std::vector<std::vector<TokenId>> texts;
  std::vector<KvSequence> sequences;
  std::vector<Segment> segments;
  int rows = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    texts.push_back(random_ids(50 + sizes[i], parts.config.n_vocab, static_cast<unsigned>(i)));
    sequences.emplace_back(*parts.kv);
  }
  for (std::size_t i = 0; i < sizes.size(); ++i) {  // different pasts, then one common step
    const std::span<const TokenId> text = texts[i];
    ASSERT_TRUE(sequences[i].reserve(50 + sizes[i]));
    const Segment past = {text.first(50), &sequences[i]};
    ASSERT_TRUE(parts.network.forward({&past, 1}, nullptr, [] { return false; }));
    const bool all = i % 2 == 1;
    segments.push_back({text.subspan(50), &sequences[i], all ? LogitRows::kAll : LogitRows::kLast});
    rows += all ? sizes[i] : 1;
  }
  const std::size_t n_vocab = static_cast<std::size_t>(parts.config.n_vocab);
  std::vector<float> logits(static_cast<std::size_t>(rows) * n_vocab);
  ASSERT_TRUE(parts.network.forward(segments, logits.data(), [] { return false; }));
  std::size_t end = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    end += n_vocab * (i % 2 == 1 ? static_cast<std::size_t>(sizes[i]) : 1);
    const auto last = logits.begin() + static_cast<std::ptrdiff_t>(end);
    expect_same({last - static_cast<std::ptrdiff_t>(n_vocab), last},
                parts.in_pieces(texts[i], {50, sizes[i]}), "side by side");
  }
}

TEST(Forward, StopsBetweenLayersAndLeavesTheSequenceAsItWas) {
  Parts parts({.layers = 4});
  const auto text = random_ids(20, parts.config.n_vocab, 6);
  KvSequence sequence(*parts.kv);
  ASSERT_TRUE(sequence.reserve(20));
  int asked = 0;
  const Segment segment = {.ids = text, .sequence = &sequence};
  EXPECT_FALSE(parts.network.forward({&segment, 1}, nullptr, [&] { return ++asked == 3; }));
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(sequence.tokens(), 0);
}

// What an editor does to a prompt: types on, goes back, changes the middle, jumps elsewhere, comes
// back.
std::vector<TokenId> edited(std::vector<TokenId> text, std::mt19937& random, int n_vocab) {
  const auto insert = [&](std::size_t at, int count) {
    const auto ids = random_ids(count, n_vocab, random());
    text.insert(text.begin() + static_cast<std::ptrdiff_t>(at), ids.begin(), ids.end());
  };
  switch (random() % 5) {
    case 0:
      text.resize(1 + random() % text.size());
      break;
    case 1:
      insert(random() % text.size(), 1 + static_cast<int>(random() % 8));
      break;
    case 2:
      text[random() % text.size()] = static_cast<TokenId>(3 + random() % 200);
      break;
    case 3:
      insert(0, 5);
      break;
    default:
      insert(text.size(), 1 + static_cast<int>(random() % 20));
  }
  if (text.size() > 500) text.resize(100);
  return text;
}

TEST(Reuse, IsTheSameAsAFreshEvaluationUnderRandomEdits) {
  Parts used(kToy), fresh(kToy);
  std::mt19937 random(21);
  std::vector<std::vector<TokenId>> texts;
  for (unsigned seed = 0; seed < 4; ++seed)
    texts.push_back(random_ids(60, used.config.n_vocab, seed));
  for (int round = 0; round < 150; ++round) {
    std::vector<TokenId>& text = texts[random() % texts.size()];
    text = edited(text, random, used.config.n_vocab);
    fresh.tree.clear();
    expect_same(used.last_logits(text), fresh.last_logits(text), "edited");
    if (HasFailure()) return;
  }
}

TEST(Burst, IsTypingOnInTheSameLineOfTheSamePlace) {
  BurstMemory bursts;
  const FimText base = {
      .prefix = "a\nint x", .suffix = ";\n", .path = "f.c", .context = {{"g.h", "int g;"}}};
  bursts.remember(base);
  const auto typed = [&](auto change) {
    FimText text = base;
    change(text);
    return bursts.continue_burst(text).typed;
  };
  EXPECT_EQ(typed([](FimText& t) { t.prefix += " = 1"; }), " = 1");
  EXPECT_EQ(typed([](FimText&) {}), "");
  EXPECT_EQ(typed([](FimText& t) { t.prefix += "\n"; }), "");
  EXPECT_EQ(typed([](FimText& t) { t.prefix += std::string(65, 'y'); }), "");
  EXPECT_EQ(typed([](FimText& t) { t.prefix += std::string(64, 'y'); }).size(), 64u);
  EXPECT_EQ(typed([](FimText& t) { t.prefix.pop_back(); }), "");
  EXPECT_EQ(typed([](FimText& t) { t.prefix += "y", t.suffix = ")"; }), "");
  EXPECT_EQ(typed([](FimText& t) { t.prefix += "y", t.path = "h.c"; }), "");
  EXPECT_EQ(typed([](FimText& t) { t.prefix += "y", t.context[0].text = "int h;"; }), "");
}

TEST(Burst, KeepsItsFirstPromptWhileTypingGoesOn) {
  BurstMemory bursts;
  FimText text = {.prefix = "int x", .suffix = ";"};
  bursts.remember(text);
  for (const std::string so_far : {" ", " =", " = 1"}) {
    text.prefix = "int x" + so_far;
    const FimText burst = bursts.continue_burst(text);
    EXPECT_EQ(burst.typed, so_far);
    bursts.remember(burst);
  }
}

TEST(Burst, RemembersTheLatestPlaces) {
  BurstMemory bursts;
  const auto at = [](int i) { return FimText{.prefix = fmt::format("line {}\n", i)}; };
  for (int i = 0; i < 20; ++i) bursts.remember(at(i));
  const auto typed = [&](int i) {
    FimText text = at(i);
    text.prefix += "x";
    return bursts.continue_burst(text).typed;
  };
  EXPECT_EQ(typed(19), "x");
  EXPECT_EQ(typed(4), "x");
  EXPECT_EQ(typed(3), "");
}

}  // namespace
}  // namespace curlew::model::testing
