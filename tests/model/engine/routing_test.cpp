#include "model/network/routing.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <set>

namespace curlew::model::testing {
namespace {

struct Choice {
  std::vector<int> chosen;
  std::vector<float> weight;
};

Choice choose(const ExpertConfig& config, const std::vector<float>& logits,
              const std::vector<float>& bias = {}) {
  const auto used = static_cast<std::size_t>(config.used);
  Choice c{std::vector<int>(used), std::vector<float>(used)};
  std::vector<float> scores(2 * logits.size());
  choose_experts(config, logits.data(), bias.empty() ? nullptr : bias.data(), c.chosen.data(),
                 c.weight.data(), scores.data());
  return c;
}

constexpr ExpertConfig kTwoOfFour = {.count = 4, .used = 2};

TEST(ChooseExperts, TakesTheBestFirstAndOfEqualOnesTheEarlier) {
  EXPECT_EQ(choose(kTwoOfFour, {0, 3, 1, 2}).chosen, (std::vector<int>{1, 3}));
  EXPECT_EQ(choose(kTwoOfFour, {5, 5, 5, 5}).chosen, (std::vector<int>{0, 1}));
  EXPECT_EQ(choose(kTwoOfFour, {1, 2, 2, 1}).chosen, (std::vector<int>{1, 2}));
}

TEST(ChooseExperts, WeighsByEachGatingRule) {
  const std::vector<float> logits = {0, std::log(4.f), std::log(2.f), std::log(3.f)};
  ExpertConfig config = kTwoOfFour;
  EXPECT_NEAR(choose(config, logits).weight[0], 0.4, 1e-6);
  EXPECT_NEAR(choose(config, logits).weight[1], 0.3, 1e-6);
  config.renormalise = true;
  EXPECT_NEAR(choose(config, logits).weight[1], 3. / 7, 1e-6);
  config.weight_scale = 2.5f;
  EXPECT_NEAR(choose(config, logits).weight[1], 7.5 / 7, 1e-6);
  config = kTwoOfFour;
  config.gating = Gating::kSoftmaxOfChosen;
  EXPECT_NEAR(choose(config, logits).weight[0], 4. / 7, 1e-6);
  config.gating = Gating::kSigmoid;
  EXPECT_NEAR(choose(config, logits).weight[0], 0.8, 1e-6);
}

TEST(ChooseExperts, ABiasChoosesButDoesNotWeigh) {
  ExpertConfig config = kTwoOfFour;
  config.gating = Gating::kSigmoid;
  const Choice c = choose(config, {0, 4, 3, 2}, {10, 0, 0, 0});
  EXPECT_EQ(c.chosen, (std::vector<int>{0, 1}));
  EXPECT_NEAR(c.weight[0], 0.5, 1e-6);
}

TEST(ChooseExperts, NumbersGoneWildStillChooseDifferentExperts) {
  const float nan = std::nanf(""), inf = std::numeric_limits<float>::infinity();
  for (const Gating gating : {Gating::kSoftmax, Gating::kSigmoid, Gating::kSoftmaxOfChosen})
    for (const std::vector<float>& logits :
         {std::vector<float>{nan, nan, nan, nan}, {-inf, -inf, -inf, -inf}, {inf, 1, inf, nan}}) {
      const Choice c = choose({.count = 4, .used = 4, .gating = gating}, logits);
      EXPECT_EQ(std::set<int>(c.chosen.begin(), c.chosen.end()), (std::set<int>{0, 1, 2, 3}));
    }
}

TEST(ExpertGroups, SortsChoicesByExpertAndKeepsTheOrderOfTokens) {
  constexpr int kTokens = 50, kUsed = 3, kExperts = 7;
  std::mt19937 random(1);
  std::vector<int> chosen;
  for (int i = 0; i < kTokens * kUsed; ++i) chosen.push_back(static_cast<int>(random() % kExperts));
  ExpertGroups groups(kExperts, kTokens * kUsed);
  for (const int tokens : {kTokens, 1, 17}) {  // one object serves steps of any size
    const auto choices = std::span(chosen).first(static_cast<std::size_t>(tokens * kUsed));
    groups.group(choices, kUsed);
    EXPECT_EQ(groups.slots(), tokens * kUsed);
    std::set<int> slots;
    for (int i = 0; i < tokens * kUsed; ++i) {
      const int slot = groups.slot_of(i), expert = choices[static_cast<std::size_t>(i)];
      slots.insert(slot);
      EXPECT_EQ(groups.token_in(slot), i / kUsed);
      EXPECT_GE(slot, groups.first(expert));
      EXPECT_LT(slot, groups.first(expert) + groups.count(expert));
    }
    EXPECT_EQ(slots.size(), choices.size());
    for (int e = 0; e < kExperts; ++e)
      for (int slot = groups.first(e) + 1; slot < groups.first(e) + groups.count(e); ++slot)
        EXPECT_LE(groups.token_in(slot - 1), groups.token_in(slot));
  }
}

}  // namespace
}  // namespace curlew::model::testing
