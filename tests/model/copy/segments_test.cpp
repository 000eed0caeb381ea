#include "model/copy/segments.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace curlew::model {
namespace {

std::string random_code(unsigned seed, std::size_t bytes) {
  std::mt19937 rng(seed);
  std::string text;
  while (text.size() < bytes) {
    text += std::string(rng() % 4 * 2, ' ');
    for (unsigned i = 0; i < 1 + rng() % 5; ++i) text += "word" + std::to_string(rng() % 500) + " ";
    text += rng() % 9 == 0 ? "\n\n" : ";\n";
  }
  return text;
}

TEST(Segments, CoverTheTextOnceAndStayShort) {
  for (const std::string& text : {std::string(), std::string("x"), random_code(1, 90'000),
                                  std::string(50'000, 'x'), std::string(30'000, '\n')}) {
    std::uint32_t at = 0;
    for (const SegmentSpan& span : cut_segments(text)) {
      EXPECT_EQ(span.cut, at);
      EXPECT_LE(span.begin, span.cut);
      EXPECT_GT(span.end, span.cut);
      EXPECT_LE(span.end - span.cut, 8192u);
      at = span.end;
    }
    EXPECT_EQ(at, text.size());
  }
}

TEST(SegmentCache, AnEditRebuildsOnlyWhatItTouches) {
  SegmentCache cache(std::size_t{64} << 20);
  std::string text = random_code(2, 100'000);
  const std::size_t n = cache.segments_of(text, 0)->size();
  EXPECT_EQ(cache.built_count(), n);
  EXPECT_GT(n, 12u);
  cache.segments_of(text, 0);
  EXPECT_EQ(cache.built_count(), n) << "the same text is built once";
  for (const std::size_t place : {std::size_t{10}, text.size() / 2, text.size() - 5}) {
    const std::size_t before = cache.built_count();
    text.insert(place, "edit");
    cache.segments_of(text, 0);
    EXPECT_LE(cache.built_count() - before, 4u) << "edit at byte " << place;
  }
}

TEST(SegmentCache, StaysBelowItsLimit) {
  constexpr std::size_t kBytesMax = 2u << 20;
  SegmentCache cache(kBytesMax);
  for (unsigned seed = 0; seed < 30; ++seed) cache.segments_of(random_code(seed, 20'000), 0);
  EXPECT_LE(cache.size_bytes(), kBytesMax);
  EXPECT_GT(cache.size_bytes(), kBytesMax / 4);
}

}  // namespace
}  // namespace curlew::model
