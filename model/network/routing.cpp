#include "model/network/routing.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace curlew::model {
namespace {

constexpr float kTaken = -std::numeric_limits<float>::infinity();
constexpr float kWeightSumMin = 1e-20f;

void softmax(std::span<float> x) {
  const float top = *std::ranges::max_element(x);
  float sum = 0;
  for (float& v : x) sum += v = std::exp(v - top);
  for (float& v : x) v /= sum;
}

void score(Gating gating, const float* logits, std::span<float> scores) {
  std::copy_n(logits, scores.size(), scores.begin());
  if (gating == Gating::kSoftmax) softmax(scores);
  if (gating == Gating::kSigmoid)
    for (float& v : scores) v = 1.f / (1.f + std::exp(-v));
}

}  // namespace

void choose_experts(const ExpertConfig& config, const float* logits, const float* selection_bias,
                    int* chosen, float* weight, float* scores) {
  const auto count = static_cast<std::size_t>(config.count);
  const auto used = static_cast<std::size_t>(config.used);
  const std::span<float> score_of(scores, count), rank_of(scores + count, count);
  score(config.gating, logits, score_of);
  for (std::size_t e = 0; e < count; ++e) {
    const float rank = score_of[e] + (selection_bias != nullptr ? selection_bias[e] : 0.f);
    // Weights gone wild (NaN) must still choose `used` different experts.
    rank_of[e] =
        rank > std::numeric_limits<float>::lowest() ? rank : std::numeric_limits<float>::lowest();
  }
  for (std::size_t r = 0; r < used; ++r) {
    const auto best = std::ranges::max_element(rank_of) - rank_of.begin();
    chosen[r] = static_cast<int>(best);
    weight[r] = score_of[static_cast<std::size_t>(best)];
    rank_of[static_cast<std::size_t>(best)] = kTaken;
  }
  const std::span<float> weights(weight, used);
  if (config.gating == Gating::kSoftmaxOfChosen) softmax(weights);
  float sum = 0;
  for (const float w : weights) sum += w;
  const float by = config.weight_scale / (config.renormalise ? std::max(sum, kWeightSumMin) : 1.f);
  for (float& w : weights) w *= by;
}

ExpertGroups::ExpertGroups(int experts, int choices_max)
    : first_(static_cast<std::size_t>(experts) + 1),
      next_(static_cast<std::size_t>(experts)),
      token_in_(static_cast<std::size_t>(choices_max)),
      slot_of_(static_cast<std::size_t>(choices_max)) {}

void ExpertGroups::group(std::span<const int> chosen, int used) {
  std::ranges::fill(first_, 0);
  for (const int expert : chosen) ++first_[static_cast<std::size_t>(expert) + 1];
  for (std::size_t e = 1; e < first_.size(); ++e) first_[e] += first_[e - 1];
  std::copy(first_.begin(), first_.end() - 1, next_.begin());
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const int slot = next_[static_cast<std::size_t>(chosen[i])]++;
    slot_of_[i] = slot;
    token_in_[static_cast<std::size_t>(slot)] = static_cast<int>(i) / used;
  }
  slots_ = static_cast<int>(chosen.size());
}

}  // namespace curlew::model
