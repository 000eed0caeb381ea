#include "model/network/kv_cache.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <set>

namespace curlew::model {
namespace {

constexpr int kBlock = kernels::kKvBlockTokens;

class KvCache : public ::testing::Test {
 protected:
  static constexpr KvShape kShape = {
      .type = kernels::KvType::kF32, .n_layers = 3, .n_kv_heads = 2, .key_dim = 4, .value_dim = 4};

  std::unique_ptr<KvPool> pool(int blocks) { return std::move(*KvPool::create(kShape, blocks)); }

  static void grow(KvSequence& s, int tokens) {
    ASSERT_TRUE(s.reserve(tokens));
    s.advance(tokens);
  }
  static void write(KvSequence& s, int block_idx, float value) {
    *static_cast<float*>(s.pool().values(s.blocks()[static_cast<std::size_t>(block_idx)], 2)) =
        value;
  }
  static KvSequence fork(const KvSequence& s, int tokens) {
    const auto shared = s.blocks().first(static_cast<std::size_t>(kv_blocks_for(tokens)));
    return KvSequence::sharing(s.pool(), shared, tokens);
  }
  static float read(const KvSequence& s, int block_idx) {
    return *static_cast<float*>(
        s.pool().values(s.blocks()[static_cast<std::size_t>(block_idx)], 2));
  }
};

TEST_F(KvCache, PartsOfBlocksDoNotOverlap) {
  auto p = pool(3);
  std::set<std::byte*> starts;
  for (int b = 0; b < 3; ++b)
    for (int layer = 0; layer < kShape.n_layers; ++layer)
      for (void* part : {p->keys(b, layer), p->values(b, layer)}) {
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(part) % 64, 0u);
        starts.insert(static_cast<std::byte*>(part));
      }
  EXPECT_EQ(starts.size(), 18u);
  const auto part_bytes = static_cast<std::ptrdiff_t>(kernels::kv_block_bytes(kShape.type, 2, 4));
  for (auto it = starts.begin(); std::next(it) != starts.end(); ++it)
    EXPECT_GE(*std::next(it) - *it, part_bytes);
  EXPECT_EQ(p->bytes(), 3 * kShape.block_bytes());
}

TEST_F(KvCache, TakesBlocksAsPositionsNeedThem) {
  auto p = pool(4);
  KvSequence s(*p);
  grow(s, 1);
  EXPECT_EQ(p->free_count(), 3);
  grow(s, kBlock - 1);
  EXPECT_EQ(p->free_count(), 3);
  grow(s, 1);
  EXPECT_EQ(p->free_count(), 2);
  s.truncate(kBlock);
  EXPECT_EQ(p->free_count(), 3);
  EXPECT_FALSE(s.reserve(4 * kBlock));
  s.truncate(0);
  EXPECT_EQ(p->free_count(), 4);
}

TEST_F(KvCache, AForkSharesUntilOneSideWrites) {
  auto p = pool(8);
  KvSequence a(*p);
  grow(a, 2 * kBlock + 10);
  write(a, 2, 7.f);
  KvSequence b = fork(a, 2 * kBlock + 5);
  EXPECT_EQ(p->free_count(), 5);
  EXPECT_EQ(a.blocks()[2], b.blocks()[2]);

  grow(b, 1);
  EXPECT_EQ(p->free_count(), 4);
  EXPECT_EQ(a.blocks()[1], b.blocks()[1]);
  EXPECT_NE(a.blocks()[2], b.blocks()[2]);
  EXPECT_EQ(read(b, 2), 7.f);
  write(b, 2, 9.f);
  EXPECT_EQ(read(a, 2), 7.f);

  grow(a, 1);  // alone again: no copy
  EXPECT_EQ(p->free_count(), 4);
}

TEST_F(KvCache, AForkAtABlockBorderNeedsNoCopy) {
  auto p = pool(3);
  KvSequence a(*p);
  grow(a, 2 * kBlock);
  KvSequence b = fork(a, kBlock);
  grow(b, 1);
  EXPECT_EQ(a.blocks()[0], b.blocks()[0]);
  EXPECT_EQ(p->free_count(), 0);
}

TEST_F(KvCache, NoBlockIsLostOrFoundUnderRandomUse) {
  auto p = pool(24);
  std::mt19937 random(11);
  std::vector<KvSequence> all;
  for (int i = 0; i < 6; ++i) all.emplace_back(*p);
  for (int round = 0; round < 5000; ++round) {
    KvSequence& s = all[random() % all.size()];
    switch (random() % 4) {
      case 0:
        s.truncate(
            s.tokens() == 0 ? 0 : static_cast<int>(random() % static_cast<unsigned>(s.tokens())));
        break;
      case 1: {
        const KvSequence& from = all[random() % all.size()];
        if (&from != &s)
          s = fork(from, from.tokens() == 0
                             ? 0
                             : static_cast<int>(random() % static_cast<unsigned>(from.tokens())));
        break;
      }
      default: {
        const int more = 1 + static_cast<int>(random() % 150);
        if (s.reserve(more)) s.advance(more);
      }
    }
    std::set<int> used;
    for (const KvSequence& q : all) used.insert(q.blocks().begin(), q.blocks().end());
    ASSERT_EQ(used.size() + static_cast<std::size_t>(p->free_count()), 24u) << round;
  }
  all.clear();
  EXPECT_EQ(p->free_count(), 24);
}

}  // namespace
}  // namespace curlew::model
