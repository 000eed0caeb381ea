#include "model/copy/suffix_automaton.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

namespace curlew::model {
namespace {

using Ids = std::vector<std::uint32_t>;

// Sequences that hurt: empty, one letter, all equal, two letters at random, many letters.
Ids random_ids(std::mt19937& rng, std::size_t n, std::uint32_t n_letters) {
  Ids ids(n);
  for (auto& id : ids) id = 1000 + rng() % n_letters * 77;
  return ids;
}

// For every place, how many lexemes before and at it equal the end of `query`.
std::map<int, int> places_by_hand(const Ids& text, const Ids& query, int length_max) {
  std::map<int, int> places;
  for (int i = 0; i < static_cast<int>(text.size()); ++i) {
    int n = 0;
    while (n < length_max && n <= i && n < static_cast<int>(query.size()) &&
           text[i - n] == query[query.size() - 1 - n])
      ++n;
    if (n > 0) places[i] = n;
  }
  return places;
}

class SuffixAutomatonOf : public testing::TestWithParam<std::pair<std::size_t, std::uint32_t>> {};

TEST_P(SuffixAutomatonOf, FindsEveryPlaceWithItsMatchLength) {
  const auto [n, n_letters] = GetParam();
  std::mt19937 rng(static_cast<unsigned>(n * 31 + n_letters));
  for (int round = 0; round < 40; ++round) {
    const Ids text = random_ids(rng, n, n_letters);
    const SuffixAutomaton automaton{text};
    Ids query = random_ids(rng, rng() % 12, n_letters + 1);  // one letter that never occurs
    if (n > 0 && round % 2 == 0)                             // a stretch of the text itself
      query.insert(query.end(), text.begin() + rng() % n, text.end());
    const auto match = automaton.longest_suffix(query);
    std::map<int, int> found;
    int before = 1 << 20;
    automaton.visit_places(match, [&](std::uint16_t place, std::uint16_t length) {
      EXPECT_TRUE(found.emplace(place, length).second) << "place named twice";
      EXPECT_LE(length, before);
      before = length;
      return true;
    });
    EXPECT_EQ(found, places_by_hand(text, query, 1 << 20));
  }
}

TEST_P(SuffixAutomatonOf, FindsTheLongestBeginning) {
  const auto [n, n_letters] = GetParam();
  std::mt19937 rng(static_cast<unsigned>(n * 17 + n_letters));
  const Ids text = random_ids(rng, n, n_letters);
  const SuffixAutomaton automaton{text};
  for (int round = 0; round < 40; ++round) {
    const Ids query = random_ids(rng, rng() % 10, n_letters + 1);
    std::size_t longest = 0;
    for (std::size_t i = 0; i < n; ++i) {
      std::size_t k = 0;
      while (k < query.size() && i + k < n && text[i + k] == query[k]) ++k;
      longest = std::max(longest, k);
    }
    EXPECT_EQ(automaton.longest_prefix(query).length, longest);
  }
}

INSTANTIATE_TEST_SUITE_P(Texts, SuffixAutomatonOf,
                         testing::Values(std::pair{0, 1}, std::pair{1, 1}, std::pair{200, 1},
                                         std::pair{300, 2}, std::pair{500, 5},
                                         std::pair{700, 300}));

TEST(SuffixAutomaton, HoldsTheLongestSequence) {
  std::mt19937 rng(3);
  const Ids text = random_ids(rng, SuffixAutomaton::kLexemesMax, 2);
  const SuffixAutomaton automaton{text};
  EXPECT_EQ(automaton.longest_suffix(std::span(text).last(40)).length, 40);
}

TEST(SuffixAutomaton, TakesAboutFortyBytesALexeme) {
  std::mt19937 rng(4);
  const SuffixAutomaton automaton{random_ids(rng, 1500, 250)};
  EXPECT_LT(automaton.size_bytes(), 1500u * 45);
}

}  // namespace
}  // namespace curlew::model
