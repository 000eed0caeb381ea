// The tree against a plain list of texts: what it opens is the longest shared prefix, with the
// right keys and values, and no block is ever lost.
#include "model/decode/prefix_tree.h"

#include <gtest/gtest.h>

#include <random>

namespace curlew::model {
namespace {

constexpr int kBlock = kernels::kKvBlockTokens;
using Text = std::vector<TokenId>;

class Tree : public ::testing::Test {
 protected:
  explicit Tree(int blocks = 64) {
    pool_ = std::move(*KvPool::create({.type = kernels::KvType::kF32,
                                       .n_layers = 1,
                                       .n_kv_heads = 1,
                                       .key_dim = 4,
                                       .value_dim = 4},
                                      blocks));
    tree_ = std::make_unique<PrefixTree>(*pool_);
  }

  // The "keys" of a token: it and its position, so that a wrong block is seen.
  static std::array<float, 4> row(TokenId id, int pos) {
    return {static_cast<float>(id), static_cast<float>(pos), 1, 2};
  }
  void evaluate(KvSequence& sequence, const Text& text) {
    const int more = static_cast<int>(text.size()) - sequence.tokens();
    while (!sequence.reserve(more)) ASSERT_TRUE(tree_->evict());
    for (int pos = sequence.tokens(); pos < static_cast<int>(text.size()); ++pos)
      kernels::kv_write(row(text[static_cast<std::size_t>(pos)], pos).data(), keys(sequence).data(),
                        kernels::KvType::kF32, pos, 1, 1, 4);
    sequence.advance(more);
  }
  std::vector<void*> keys(const KvSequence& sequence) const {
    std::vector<void*> blocks;
    for (const int block : sequence.blocks()) blocks.push_back(pool_->keys(block, 0));
    return blocks;
  }
  void expect_content(const KvSequence& sequence, const Text& text) const {
    for (int pos = 0; pos < sequence.tokens(); ++pos) {
      const auto* at =
          static_cast<const float*>(keys(sequence)[static_cast<std::size_t>(pos / kBlock)]) +
          pos % kBlock * 4;
      ASSERT_EQ(at[0], static_cast<float>(text[static_cast<std::size_t>(pos)])) << pos;
      ASSERT_EQ(at[1], static_cast<float>(pos));
    }
  }
  void add(const Text& text) {
    KvSequence sequence = tree_->open(text);
    evaluate(sequence, text);
    tree_->insert(text, sequence);
  }

  std::unique_ptr<KvPool> pool_;
  std::unique_ptr<PrefixTree> tree_;
};

Text count_up(TokenId first, int count) {
  Text text(static_cast<std::size_t>(count));
  for (TokenId& id : text) id = first++;
  return text;
}

Text joined(Text a, const Text& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST_F(Tree, OpensTheLongestSharedPrefixAndLeavesATokenToEvaluate) {
  const Text text = count_up(1, 200);
  EXPECT_EQ(tree_->open(text).tokens(), 0);
  add(text);
  EXPECT_EQ(tree_->open(text).tokens(), 199);
  EXPECT_EQ(tree_->open(joined(text, {7})).tokens(), 200);
  Text other = text;
  other[130] = 9999;
  EXPECT_EQ(tree_->open(other).tokens(), 130);
  EXPECT_EQ(tree_->open(Text{5}).tokens(), 0);
  EXPECT_EQ(tree_->open(Text{}).tokens(), 0);
}

TEST_F(Tree, KeepsASharedBeginningOnce) {
  const Text shared = count_up(1, 3 * kBlock);
  for (TokenId i = 0; i < 5; ++i) add(joined(shared, count_up(1000 + 100 * i, 10)));
  EXPECT_EQ(tree_->tokens(), 3 * kBlock + 5 * 10);
  EXPECT_EQ(tree_->blocks().size(), 3u + 5u);
}

TEST_F(Tree, BranchesInsideABlock) {
  const Text shared = count_up(1, kBlock + 20);
  const Text a = joined(shared, count_up(500, 100)), b = joined(shared, count_up(900, 100));
  add(a);
  add(b);
  for (const Text& text : {a, b}) {
    const KvSequence sequence = tree_->open(text);
    EXPECT_EQ(sequence.tokens(), static_cast<int>(text.size()) - 1);
    expect_content(sequence, text);
  }
}

TEST_F(Tree, TypingOnMakesOneTextLonger) {
  Text text = count_up(1, 100);
  for (TokenId i = 0; i < 60; ++i) {
    add(text);
    text.push_back(2000 + i);
  }
  EXPECT_EQ(tree_->views().size(), 1u);
  EXPECT_EQ(tree_->tokens(), 159);
}

TEST_F(Tree, TheLeastRecentlyUsedLeafGoesFirst) {
  const Text a = count_up(1, 100), b = count_up(1000, 100), c = count_up(2000, 100);
  add(a), add(b), add(c);
  tree_->open(a);
  ASSERT_TRUE(tree_->evict());
  EXPECT_EQ(tree_->open(b).tokens(), 0);
  EXPECT_EQ(tree_->open(a).tokens(), 99);
  EXPECT_EQ(tree_->open(c).tokens(), 99);
  tree_->clear();
  EXPECT_FALSE(tree_->evict());
  EXPECT_EQ(pool_->free_count(), pool_->capacity());
}

TEST_F(Tree, AnOpenSequenceOutlivesItsNode) {
  const Text text = count_up(1, 150);
  add(text);
  const KvSequence sequence = tree_->open(text);
  tree_->clear();
  expect_content(sequence, text);
  EXPECT_EQ(pool_->free_count(), pool_->capacity() - 3);
}

TEST_F(Tree, AgreesWithAListOfTextsUnderRandomUse) {
  std::mt19937 random(3);
  for (int round = 0; round < 600; ++round) {
    Text text;  // few tokens, long runs: many shared beginnings of every length
    for (int run = 0; run < 3; ++run)
      text = joined(std::move(text), Text(1 + random() % 90, static_cast<TokenId>(random() % 3)));
    KvSequence sequence = tree_->open(text);
    ASSERT_LT(sequence.tokens(), static_cast<int>(text.size()));
    expect_content(sequence, text);
    if (HasFatalFailure()) return;
    evaluate(sequence, text);
    if (random() % 4 == 0) sequence.truncate(static_cast<int>(random() % text.size()));
    tree_->insert(text, sequence);
    if (random() % 10 == 0) tree_->evict();

    std::vector<int> used = tree_->blocks();
    used.insert(used.end(), sequence.blocks().begin(), sequence.blocks().end());
    std::ranges::sort(used);
    used.erase(std::ranges::unique(used).begin(), used.end());
    ASSERT_EQ(static_cast<int>(used.size()) + pool_->free_count(), pool_->capacity()) << round;
    ASSERT_GE(tree_->open(joined(text, {99})).tokens(), 0);
  }
  tree_->clear();
  EXPECT_EQ(pool_->free_count(), pool_->capacity());
}

}  // namespace
}  // namespace curlew::model
