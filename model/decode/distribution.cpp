#include "model/decode/distribution.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace curlew::model {
namespace {

constexpr float kImpossible = -std::numeric_limits<float>::infinity();
constexpr std::size_t kLanes = 16;  // running maxima side by side: they become vector registers
constexpr float kWeightMax = 0.999f;

// Comparing with `>` keeps NaN out.
float largest(std::span<const float> x) {
  float best[kLanes];
  std::ranges::fill(best, kImpossible);
  std::size_t i = 0;
  for (; i + kLanes <= x.size(); i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane)
      best[lane] = x[i + lane] > best[lane] ? x[i + lane] : best[lane];
  for (; i < x.size(); ++i) best[0] = x[i] > best[0] ? x[i] : best[0];
  return *std::ranges::max_element(best);
}

}  // namespace

TokenId likeliest(std::span<const float> logits) {
  const float best = largest(logits);
  if (!std::isfinite(best)) return -1;
  return static_cast<TokenId>(std::ranges::find(logits, best) - logits.begin());
}

double log_sum_exp(std::span<const float> logits) {
  const float top = largest(logits);
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - top);
  return top + std::log(sum);
}

float log_probability(std::span<const float> logits, TokenId id) {
  return static_cast<float>(logits[static_cast<std::size_t>(id)] - log_sum_exp(logits));
}

// All logits but the shares' stay: a common factor of (1 - weight) says nothing to a softmax. With
// Z = sum exp(logits), a share's exp(logit) becomes exp(logit) + Z * q * weight / (1 - weight).
void mix_in(const Mixture& mixture, std::span<float> logits) {
  if (!(mixture.weight > 0) || mixture.shares.empty()) return;
  const float weight = std::min(mixture.weight, kWeightMax);
  const double log_z = log_sum_exp(logits);
  for (const Mixture::Share& share : mixture.shares) {
    float& logit = logits[static_cast<std::size_t>(share.id)];
    const double p = std::exp(logit - log_z);
    logit = static_cast<float>(log_z + std::log(p + share.probability * weight / (1 - weight)));
  }
}

void mask_out(const TokenMask& mask, std::span<float> logits) {
  const std::span<const std::uint64_t> words = mask.words();
  for (std::size_t w = 0; w < words.size(); ++w) {
    if (~words[w] == 0) continue;
    const std::size_t end = std::min(logits.size(), (w + 1) * 64);
    for (std::size_t id = w * 64; id < end; ++id)
      if ((words[w] >> (id % 64) & 1) == 0) logits[id] = kImpossible;
  }
}

}  // namespace curlew::model
