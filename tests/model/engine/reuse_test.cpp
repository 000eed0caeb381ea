// The cache must never show: an engine that has seen other prompts answers as one that has not.
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "model/decode/slot_cache.h"
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
        cache(*kv, shape.context) {}

  // Logits of the last token, by way of the cache.
  std::vector<float> last_logits(std::span<const TokenId> text) {
    std::vector<float> logits(static_cast<std::size_t>(config.n_vocab));
    Slot& slot = cache.open(text);
    EXPECT_LT(slot.tokens.size(), text.size());
    EXPECT_TRUE(std::ranges::equal(slot.tokens, text.first(slot.tokens.size())));
    EXPECT_TRUE(evaluate(network, cache, slot, text, logits.data(), [] { return false; }));
    EXPECT_EQ(slot.sequence.tokens(), static_cast<int>(text.size()));
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

  int blocks_in_use() const {
    std::set<int> used;
    for (const Slot& slot : cache.slots())
      used.insert(slot.sequence.blocks().begin(), slot.sequence.blocks().end());
    return static_cast<int>(used.size());
  }

  std::vector<std::byte> bytes;
  ModelFile file;
  ModelConfig config;
  kernels::ThreadPool pool;
  Weights weights;
  std::unique_ptr<KvPool> kv;
  Network network;
  SlotCache cache;
};

void expect_close(const std::vector<float>& got, const std::vector<float>& want, const char* what) {
  ASSERT_EQ(got.size(), want.size());
  float worst = 0;
  for (std::size_t i = 0; i < got.size(); ++i) worst = std::max(worst, std::abs(got[i] - want[i]));
  EXPECT_LT(worst, 1e-3f) << what;
}

constexpr ToyShape kToy = {.context = 512};

TEST(Forward, IsTheSameInChunksAndInOne) {
  Parts parts(kToy);
  const auto text = random_ids(200, parts.config.n_vocab, 4);
  const auto whole = parts.in_pieces(text, {200});
  expect_close(parts.in_pieces(text, {1, 63, 64, 65, 7}), whole, "odd pieces");
  expect_close(parts.in_pieces(text, std::vector<int>(200, 1)), whole, "one by one");
  expect_close(parts.in_pieces(text, {128, 72}), whole, "at a block border");
}

TEST(Forward, IsTheSameOnOneThreadAndTwo) {
  Parts one(kToy, 1), two(kToy, 2);
  const auto text = random_ids(90, one.config.n_vocab, 5);
  expect_close(two.in_pieces(text, {80, 9, 1}), one.in_pieces(text, {80, 9, 1}), "two threads");
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
    fresh.cache.clear();
    expect_close(used.last_logits(text), fresh.last_logits(text), "edited");
    if (HasFailure()) return;
  }
}

TEST(Reuse, BlocksAreAllAccountedForAfterHundredsOfRequests) {
  Parts parts({.layers = 1, .context = 512}, 1, /*pool_contexts=*/1);
  std::mt19937 random(8);
  for (int round = 0; round < 300; ++round) {
    auto text =
        random_ids(1 + static_cast<int>(random() % 512), parts.config.n_vocab, random() % 5);
    parts.last_logits(text);
    ASSERT_EQ(parts.blocks_in_use() + parts.kv->free_count(), parts.kv->capacity()) << round;
  }
  parts.cache.clear();
  EXPECT_EQ(parts.kv->free_count(), parts.kv->capacity());
}

TEST(Reuse, TypingOnKeepsOneSlot) {
  Parts parts(kToy);
  auto text = random_ids(100, parts.config.n_vocab, 1);
  parts.last_logits(text);
  for (int i = 0; i < 20; ++i) {
    text.push_back(static_cast<TokenId>(10 + i));
    const Slot& slot = parts.cache.open(text);
    EXPECT_EQ(slot.tokens.size(), text.size() - 1);
    parts.last_logits(text);
  }
  EXPECT_EQ(
      std::ranges::count_if(parts.cache.slots(), [](const Slot& s) { return !s.tokens.empty(); }),
      1);
}

TEST(Reuse, AShortOverlapDoesNotDestroyALongText) {
  Parts parts(kToy);
  const auto first = random_ids(300, parts.config.n_vocab, 1);
  parts.last_logits(first);
  auto second = std::vector<TokenId>(first.begin(), first.begin() + 70);
  const auto tail = random_ids(100, parts.config.n_vocab, 2);
  second.insert(second.end(), tail.begin(), tail.end());
  EXPECT_EQ(parts.cache.open(second).tokens.size(), 70u);  // what they share is not evaluated again
  parts.last_logits(second);

  EXPECT_EQ(parts.cache.open(first).tokens.size(), 299u);  // and the first is still there
}

TEST(Reuse, TheLeastRecentlyUsedTextGivesWay) {
  Parts parts({.layers = 1, .context = 256}, 1, /*pool_contexts=*/2);  // eight blocks
  std::vector<std::vector<TokenId>> texts;
  for (unsigned seed = 0; seed < 3; ++seed) {
    texts.push_back(random_ids(190, parts.config.n_vocab, 100 + seed));  // three blocks each
    parts.last_logits(texts.back());
    if (seed == 1) parts.last_logits(texts[0]);  // the first is used again
  }
  EXPECT_GE(parts.cache.open(texts[0]).tokens.size(), 189u);
  EXPECT_LE(parts.cache.open(texts[1]).tokens.size(), 1u);
}

TEST(Burst, IsTypingOnInTheSameLineOfTheSamePlace) {
  Parts parts({});
  const FimText base = {
      .prefix = "a\nint x", .suffix = ";\n", .path = "f.c", .context = {{"g.h", "int g;"}}};
  parts.cache.open(random_ids(5, 200, 1)).burst = base;
  const auto typed = [&](auto change) {
    FimText text = base;
    change(text);
    return parts.cache.continue_burst(text).typed;
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

}  // namespace
}  // namespace curlew::model::testing
