#include "model/decode/sampler.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "model/decode/distribution.h"

namespace curlew::model {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

std::vector<float> logits_of(const std::vector<double>& probabilities) {
  std::vector<float> logits;
  for (double p : probabilities)
    logits.push_back(static_cast<float>(std::log(p) + 3));  // any shift
  return logits;
}

std::map<TokenId, int> draw(const SamplingOptions& options, const std::vector<float>& logits,
                            int times) {
  Sampler sampler(options, static_cast<int>(logits.size()));
  std::map<TokenId, int> counts;
  for (int i = 0; i < times; ++i) ++counts[sampler.sample(logits)];
  return counts;
}

double chi_square(const std::map<TokenId, int>& counts, const std::vector<double>& expected,
                  int times) {
  double sum = 0;
  for (std::size_t id = 0; id < expected.size(); ++id) {
    if (expected[id] == 0) continue;
    const auto it = counts.find(static_cast<TokenId>(id));
    const double seen = it == counts.end() ? 0 : it->second, want = expected[id] * times;
    sum += (seen - want) * (seen - want) / want;
  }
  return sum;
}

TEST(Sampler, GreedyTakesTheFirstOfTheLikeliest) {
  EXPECT_EQ(Sampler({}, 4).sample(std::vector<float>{1, 3, 3, 2}), 1);
  EXPECT_EQ(Sampler({}, 3).sample(std::vector<float>{-5, -4, -4.5f}), 1);
}

TEST(Sampler, NeverPicksWhatIsNotANumber) {
  EXPECT_EQ(Sampler({}, 3).sample(std::vector<float>{kNaN, 1, kNaN}), 1);
  EXPECT_EQ(Sampler({.temperature = 1}, 3).sample(std::vector<float>{kNaN, 1, kNaN}), 1);
  EXPECT_EQ(Sampler({}, 2).sample(std::vector<float>{kNaN, kNaN}), -1);
  EXPECT_EQ(Sampler({.temperature = 1}, 2).sample(std::vector<float>{kNaN, -INFINITY}), -1);
  EXPECT_EQ(Sampler({}, 2).sample(std::vector<float>{INFINITY, 0}), -1);
}

TEST(Sampler, DrawsInProportion) {
  const std::vector<double> p = {0.4, 0.3, 0.15, 0.1, 0.05};
  constexpr int kTimes = 20000;
  for (std::uint64_t seed : {1, 2, 3}) {
    const auto counts = draw({.temperature = 1, .seed = seed}, logits_of(p), kTimes);
    EXPECT_LT(chi_square(counts, p, kTimes), 18.5);  // 4 degrees of freedom, one in a thousand
  }
}

TEST(Sampler, TemperatureSharpensAndFlattens) {
  const std::vector<double> p = {0.5, 0.3, 0.2};
  for (const double t : {0.5, 2.0}) {
    std::vector<double> want;
    double sum = 0;
    for (double v : p) sum += std::pow(v, 1 / t);
    for (double v : p) want.push_back(std::pow(v, 1 / t) / sum);
    const auto counts =
        draw({.temperature = static_cast<float>(t), .seed = 7}, logits_of(p), 20000);
    EXPECT_LT(chi_square(counts, want, 20000), 13.8) << t;  // 2 degrees of freedom
  }
}

TEST(Sampler, TopPKeepsTheSmallestSetThatReachesIt) {
  const std::vector<double> p = {0.1, 0.4, 0.2, 0.3};
  const auto counts = draw({.temperature = 1, .top_p = 0.65f, .seed = 5}, logits_of(p), 20000);
  EXPECT_EQ(counts.count(0) + counts.count(2), 0u);
  EXPECT_LT(chi_square(counts, {0, 4. / 7, 0, 3. / 7}, 20000), 10.9);  // 1 degree of freedom
  EXPECT_EQ(draw({.temperature = 1, .top_p = 1e-6f, .seed = 5}, logits_of(p), 100).size(), 1u);
}

TEST(Sampler, MinPDropsWhatIsFarBelowTheLikeliest) {
  const std::vector<double> p = {0.5, 0.26, 0.14, 0.1};
  const auto counts = draw({.temperature = 1, .min_p = 0.5f, .seed = 5}, logits_of(p), 5000);
  EXPECT_EQ(counts.size(), 2u);
  EXPECT_TRUE(counts.contains(0) && counts.contains(1));
}

TEST(Sampler, FiltersAreJudgedOnTheWholeDistribution) {
  // min-p leaves 0.5 and 0.26; top-p 0.7 of everything needs both, of what min-p left it would need
  // one.
  const auto counts = draw({.temperature = 1, .top_p = 0.7f, .min_p = 0.5f, .seed = 5},
                           logits_of({0.5, 0.26, 0.14, 0.1}), 5000);
  EXPECT_EQ(counts.size(), 2u);
}

TEST(Sampler, TheSeedDecides) {
  const std::vector<float> logits = logits_of({0.25, 0.25, 0.25, 0.25});
  const auto sequence = [&](std::uint64_t seed) {
    Sampler sampler({.temperature = 1, .top_p = 0.9f, .seed = seed}, 4);
    std::vector<TokenId> ids;
    for (int i = 0; i < 64; ++i) ids.push_back(sampler.sample(logits));
    return ids;
  };
  EXPECT_EQ(sequence(1), sequence(1));
  EXPECT_NE(sequence(1), sequence(2));
}

TEST(Sampler, RefusesOptionsThatMeanNothing) {
  EXPECT_TRUE(Sampler::check({}));
  EXPECT_TRUE(Sampler::check({.temperature = 1, .top_p = 0.5f, .min_p = 0.1f}));
  for (const SamplingOptions& o :
       {SamplingOptions{.temperature = -1}, SamplingOptions{.temperature = kNaN},
        SamplingOptions{.top_p = 0}, SamplingOptions{.top_p = 1.5f}, SamplingOptions{.top_p = kNaN},
        SamplingOptions{.min_p = -0.1f}, SamplingOptions{.min_p = 2}})
    EXPECT_EQ(Sampler::check(o).error().kind(), Errc::kInvalidInput);
}

TEST(LogProbability, IsTheLogarithmOfTheSoftmax) {
  const std::vector<float> logits = logits_of({0.7, 0.2, 0.1});
  EXPECT_NEAR(log_probability(logits, 1), std::log(0.2), 1e-5);
}

}  // namespace
}  // namespace curlew::model
