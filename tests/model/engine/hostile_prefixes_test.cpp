// What the fuzz target of stored prefixes found.
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>

#include "model/decode/prefix_store.h"
#include "tests/model/engine/fixtures.h"

namespace curlew::model::testing {
namespace {

// A node that stood in the file again was counted again, though the tree had it already.
TEST(HostilePrefixes, ANodeThatStandsTwiceCountsOnce) {
  constexpr std::size_t kHeaderBytes = 32, kNodesAt = 12;
  constexpr std::uint64_t kIdentity = 7;
  const KvShape shape = {.n_layers = 1, .n_kv_heads = 1, .key_dim = 2, .value_dim = 2};
  const auto pool = std::move(*KvPool::create(shape, 8));
  const TempFile file("twice.kv");
  const std::vector<TokenId> text = {5, 6, 7, 8, 9};
  {
    PrefixTree tree(*pool);
    KvSequence sequence(*pool);
    ASSERT_TRUE(sequence.reserve(5));
    const std::vector<std::byte> ones(shape.block_bytes(), std::byte{1});
    ASSERT_TRUE(pool->write(sequence.blocks()[0], ones));
    sequence.advance(5);
    tree.insert(text, sequence);
    ASSERT_TRUE(save_prefixes(file.path(), tree, *pool, kIdentity, 1 << 20));
  }
  std::ifstream in(file.path(), std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), {});
  const std::string node = bytes.substr(kHeaderBytes);
  for (int i = 0; i < 30; ++i) bytes += node;
  bytes[kNodesAt] = 31;
  std::ofstream(file.path(), std::ios::binary) << bytes;

  PrefixTree tree(*pool);
  const Expected<int> restored = restore_prefixes(file.path(), tree, *pool, kIdentity);
  ASSERT_TRUE(restored) << restored.error().message();
  EXPECT_EQ(*restored, 5);
  EXPECT_EQ(tree.tokens(), 5);
  tree.clear();
  EXPECT_EQ(pool->free_count(), pool->capacity());
}

}  // namespace
}  // namespace curlew::model::testing
