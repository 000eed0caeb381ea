#include "model/decode/continuations.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "model/decode/copy_mixer.h"

namespace curlew::model {
namespace {

using Text = std::vector<TokenId>;

// What follows `context` in the texts, counted one place at a time.
std::map<TokenId, int> count_next(const std::vector<Text>& texts,
                                  std::span<const TokenId> context) {
  std::map<TokenId, int> counts;
  for (const Text& text : texts)
    for (std::size_t end = context.size(); end < text.size(); ++end)
      if (std::equal(context.begin(), context.end(),
                     text.begin() + static_cast<std::ptrdiff_t>(end - context.size())))
        ++counts[text[end]];
  return counts;
}

bool occurs(const std::vector<Text>& texts, std::span<const TokenId> what) {
  return std::ranges::any_of(texts, [&](const Text& text) {
    return std::search(text.begin(), text.end(), what.begin(), what.end()) != text.end();
  });
}

TEST(Continuations, CountsWhatFollowsTheLongestContext) {
  std::mt19937 random(17);
  for (int round = 0; round < 40; ++round) {
    const unsigned alphabet = 2 + random() % 6;
    const auto text_of = [&](int size) {
      Text text(static_cast<std::size_t>(size));
      for (TokenId& id : text) id = static_cast<TokenId>(random() % alphabet);
      return text;
    };
    const std::vector<Text> texts = {text_of(60), text_of(3), {}, text_of(40)};
    const Continuations continuations(texts);
    const Text read = text_of(80);
    Continuations::Context context;
    for (std::size_t at = 0; at < read.size(); ++at) {
      context = continuations.step(context, read[at]);
      const auto so_far = std::span(read).first(at + 1);
      const auto tail = so_far.last(static_cast<std::size_t>(context.length));
      ASSERT_TRUE(occurs(texts, tail));
      if (tail.size() < so_far.size()) {
        ASSERT_FALSE(occurs(texts, so_far.last(tail.size() + 1)));
      }
      const std::map<TokenId, int> want = count_next(texts, tail);
      std::map<TokenId, int> got;
      for (const Continuations::Next& next : continuations.next(context)) got[next.id] = next.count;
      ASSERT_EQ(got, want) << round;
    }
  }
}

std::shared_ptr<const Continuations> of(const Text& text) {
  return std::make_shared<const Continuations>(std::span(&text, 1));
}

TEST(CopyMixer, TakesTheLongestContextAndOfEqualOnesTheNearest) {
  const Text near = {1, 2, 3, 10, 9, 2, 3, 11}, far = {7, 1, 2, 3, 20};
  CopyMixer mixer({{MixLevel::kPrompt, of(near)}, {MixLevel::kFiles, of(far)}});
  mixer.begin(Text{2, 3});
  ASSERT_EQ(mixer.next().shares.size(), 2u);  // 10 and 11, from the prompt
  EXPECT_FLOAT_EQ(mixer.next().shares[0].probability, 0.5f);
  mixer.begin(Text{1, 2, 3});
  ASSERT_EQ(mixer.next().shares.size(), 1u);
  EXPECT_EQ(mixer.next().shares[0].id, 10);
  mixer.begin(Text{7, 1, 2, 3});
  ASSERT_EQ(mixer.next().shares.size(), 1u);
  EXPECT_EQ(mixer.next().shares[0].id, 20);
  mixer.append(20);  // nothing came after it
  EXPECT_TRUE(mixer.next().shares.empty());
  EXPECT_EQ(mixer.next().weight, 0.f);
  EXPECT_EQ(mixer.cell(), -1);
}

TEST(CopyMixer, SharesSumToOne) {
  std::mt19937 random(3);
  const auto text_of = [&](int size) {
    Text text(static_cast<std::size_t>(size));
    for (TokenId& id : text) id = static_cast<TokenId>(random() % 7);
    return text;
  };
  CopyMixer mixer({{MixLevel::kPrompt, of(text_of(300))},
                   {MixLevel::kFiles, of(text_of(200))},
                   {MixLevel::kFiles, of(text_of(200))}});
  mixer.begin(text_of(50));
  for (int i = 0; i < 300; ++i) {
    const Mixture& mixture = mixer.next();
    double sum = 0;
    std::map<TokenId, int> seen;
    for (const Mixture::Share& share : mixture.shares) {
      sum += share.probability;
      EXPECT_EQ(++seen[share.id], 1);
    }
    ASSERT_NEAR(sum, 1, 1e-5);
    ASSERT_GT(mixture.weight, 0);
    ASSERT_LT(mixture.weight, 1);
    mixer.append(static_cast<TokenId>(random() % 7));
  }
}

}  // namespace
}  // namespace curlew::model
