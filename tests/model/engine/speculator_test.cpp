#include "model/decode/speculator.h"

#include <gtest/gtest.h>

#include <random>

namespace curlew::model {
namespace {

using Text = std::vector<TokenId>;

Text random_text(std::mt19937& random, int size, int alphabet) {
  Text text(static_cast<std::size_t>(size));
  for (TokenId& id : text) id = static_cast<TokenId>(random() % static_cast<unsigned>(alphabet));
  return text;
}

// --- TokenAutomaton: against looking at every earlier place.

// The longest suffix of `text` that also ends before its end, in it or in an earlier text.
int longest_repeat(const std::vector<Text>& earlier, const Text& text) {
  int best = 0;
  const auto look = [&](const Text& in, std::size_t end_max) {
    for (std::size_t end = 1; end <= end_max; ++end) {
      std::size_t length = 0;
      while (length < end && length < text.size() &&
             in[end - 1 - length] == text[text.size() - 1 - length])
        ++length;
      best = std::max(best, static_cast<int>(length));
    }
  };
  for (const Text& other : earlier) look(other, other.size());
  if (!text.empty()) look(text, text.size() - 1);
  return best;
}

TEST(TokenAutomaton, FindsTheLongestRepeatedSuffix) {
  std::mt19937 random(5);
  for (int round = 0; round < 60; ++round) {
    const int alphabet = 1 + static_cast<int>(random() % 5);
    TokenAutomaton automaton;
    std::vector<Text> earlier;
    for (int t = 0; t < 3; ++t) {
      automaton.begin_text();
      Text text;
      for (const TokenId id : random_text(random, 40, alphabet)) {
        text.push_back(id);
        automaton.append(id);
        const TokenAutomaton::Match match = automaton.match();
        ASSERT_EQ(match.length, longest_repeat(earlier, text)) << round;
        if (match.length == 0) continue;
        ASSERT_LT(match.end, automaton.all().size());
        for (int i = 1; i <= match.length; ++i)
          ASSERT_EQ(automaton.all()[match.end - static_cast<std::size_t>(i)],
                    text[text.size() - static_cast<std::size_t>(i)]);
      }
      earlier.push_back(text);
    }
  }
}

TEST(TokenAutomaton, NeverMatchesAcrossABorder) {
  TokenAutomaton automaton;
  for (const Text& text : {Text{1, 2}, Text{3, 4}, Text{2, 3}}) {
    automaton.begin_text();
    for (const TokenId id : text) automaton.append(id);
  }
  EXPECT_EQ(automaton.match().length, 1);  // "3" alone; "2 3" stands across a border only
}

TEST(TokenAutomaton, PrefersALatePlace) {
  TokenAutomaton automaton;
  automaton.begin_text();
  for (const TokenId id : {1, 2, 10, 5, 1, 2, 11, 6, 1, 2}) automaton.append(id);
  EXPECT_EQ(automaton.match().length, 2);
  EXPECT_EQ(automaton.all()[automaton.match().end], 11);
}

// --- StepCost and DraftRecord

TEST(StepCost, LiesBetweenWhatWasMeasured) {
  StepCost cost;
  EXPECT_GT(cost.ratio(8), 1.5);  // a guess
  for (int i = 0; i < 30; ++i) cost.add(1, 10), cost.add(9, 18), cost.add(33, 42);
  EXPECT_DOUBLE_EQ(cost.ratio(1), 1);
  EXPECT_NEAR(cost.ratio(9), 1.8, 1e-9);
  EXPECT_NEAR(cost.ratio(5), 1.4, 1e-9);
  EXPECT_NEAR(cost.ratio(21), 3.0, 1e-9);
  EXPECT_GT(cost.ratio(48), cost.ratio(33));
}

TEST(DraftRecord, FollowsWhatHappens) {
  DraftRecord record;
  for (int i = 0; i < 200; ++i) record.add(10, false);
  EXPECT_LT(record.rate(10), 0.01);
  EXPECT_GT(record.rate(40), 0.9);  // another length, another rate
  for (int i = 0; i < 200; ++i) record.add(10, true);
  EXPECT_GT(record.rate(10), 0.95);
}

// --- Speculator: plays a text and counts the steps it takes.

struct Play {
  int steps = 0, drafted = 0, right = 0;
};
Play play(const Text& prompt, const std::vector<Text>& originals, const Text& output,
          DraftRecord& record, int draft_max = -1, double ms_of_64 = 40) {
  StepCost cost;
  for (int i = 0; i < 20; ++i) cost.add(1, 10), cost.add(64, ms_of_64);
  Speculator speculator(record, cost, draft_max, prompt, originals, {});
  Play result;
  for (std::size_t at = 0; at < output.size(); ++result.steps) {
    const auto proposal = speculator.propose(static_cast<int>(output.size() - at) - 1);
    const Text draft(proposal.begin(), proposal.end());
    result.drafted += static_cast<int>(draft.size());
    std::size_t right = 0;
    while (right < draft.size() && draft[right] == output[at + right]) ++right;
    result.right += static_cast<int>(right);
    for (std::size_t i = 0; i <= right; ++i) speculator.append(output[at + i]);
    at += right + 1;
  }
  return result;
}

TEST(Speculator, CopiesAnEditedTextInFewSteps) {
  std::mt19937 random(7);
  const Text original = random_text(random, 2000, 5000);
  Text edited = original;  // one changed line of 12 tokens, another inserted, a third deleted
  for (std::size_t i = 600; i < 612; ++i) edited[i] = static_cast<TokenId>(6000 + i);
  edited.insert(edited.begin() + 1200, 10, 7777);
  edited.erase(edited.begin() + 1600, edited.begin() + 1615);
  DraftRecord record;
  const Play result = play({1, 2, 3}, {original}, edited, record);
  EXPECT_LT(result.steps, 140);
  EXPECT_GT(result.right, 1800);
}

TEST(Speculator, TakesTheCopyUpAgainNearItsOldPlace) {
  // The text after the change stands in two places; the right one is where the copy broke off.
  std::mt19937 random(9);
  const Text a = random_text(random, 60, 50), tail = random_text(random, 60, 50);
  Text original = a;
  original.insert(original.end(), {900, 901, 902});
  original.insert(original.end(), tail.begin(), tail.end());
  Text output = a;
  output.insert(output.end(), {800, 801});
  output.insert(output.end(), tail.begin(), tail.end());
  Text decoy = random_text(random, 40, 50);  // ends as the tail begins, then goes on otherwise
  decoy.insert(decoy.end(), tail.begin(), tail.begin() + 3);
  decoy.insert(decoy.end(), 30, 1);
  DraftRecord record;
  EXPECT_LT(play(decoy, {original}, output, record).steps, 22);
}

TEST(Speculator, StaysQuietWhereNothingRepeats) {
  std::mt19937 random(11);
  DraftRecord record;
  const Play result =
      play(random_text(random, 500, 1000000), {}, random_text(random, 300, 1000000), record);
  EXPECT_EQ(result.drafted, 0);
  EXPECT_EQ(result.steps, 300);
}

TEST(Speculator, GivesUpOnMatchesThatNeverHold) {
  // Every token was seen after every other: matches of length one or two, always wrong.
  std::mt19937 random(13);
  DraftRecord record;
  const Text noise = random_text(random, 3000, 12);
  const Play result = play(noise, {}, random_text(random, 1500, 12), record, -1, 200);
  EXPECT_LT(result.drafted - result.right, 60);
}

TEST(Speculator, DraftsNothingWhereItMayNot) {
  DraftRecord record;
  const Text text(200, 5);
  EXPECT_EQ(play(text, {text}, text, record, 0).drafted, 0);
  EXPECT_EQ(play(text, {text}, text, record, 0).steps, 200);
  EXPECT_LT(play(text, {text}, text, record, 4).steps, 60);
}

}  // namespace
}  // namespace curlew::model
