#include "../src/recent_cache.h"

#include <gtest/gtest.h>

using shelf::RecentCache;

namespace {

RecentCache cache_of(std::size_t weight_max) {
  return RecentCache(weight_max, [](const std::string& value) { return value.size(); });
}

TEST(RecentCache, KeepsWhatWasUsedLast) {
  RecentCache cache = cache_of(10);
  EXPECT_TRUE(cache.put(1, "aaaa"));
  EXPECT_TRUE(cache.put(2, "bbbb"));
  ASSERT_NE(cache.get(1), nullptr);
  EXPECT_EQ(*cache.get(1), "aaaa");
  EXPECT_TRUE(cache.put(3, "cccc"));
  EXPECT_EQ(cache.get(2), nullptr);
  EXPECT_NE(cache.get(1), nullptr);
  EXPECT_NE(cache.get(3), nullptr);
  EXPECT_EQ(cache.size(), 2u);
  EXPECT_EQ(cache.weight(), 8u);
  EXPECT_EQ(cache.hits(), 4);
  EXPECT_EQ(cache.misses(), 1);
}

TEST(RecentCache, FillsUpToItsWeight) {
  RecentCache cache = cache_of(10);
  EXPECT_TRUE(cache.put(1, "12345"));
  EXPECT_TRUE(cache.put(2, "67890"));
  EXPECT_EQ(cache.size(), 2u);
  EXPECT_EQ(cache.weight(), 10u);
  EXPECT_TRUE(cache.put(3, "0123456789"));
  EXPECT_EQ(cache.size(), 1u);
  EXPECT_FALSE(cache.put(4, "0123456789x"));
  EXPECT_NE(cache.get(3), nullptr);
}

TEST(RecentCache, ReplacesAndRemoves) {
  RecentCache cache = cache_of(10);
  cache.put(1, "one");
  cache.put(1, "uno!!");
  EXPECT_EQ(cache.weight(), 5u);
  EXPECT_EQ(*cache.get(1), "uno!!");
  EXPECT_TRUE(cache.remove(1));
  EXPECT_FALSE(cache.remove(1));
  EXPECT_EQ(cache.weight(), 0u);
  EXPECT_EQ(cache.size(), 0u);
}

}  // namespace
