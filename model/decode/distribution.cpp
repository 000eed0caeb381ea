#include "model/decode/distribution.h"

#include <algorithm>
#include <bit>
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

// 2^x for x <= 0, to 2e-7 of its value: the nearest whole number goes into the exponent, a Taylor
// polynomial does the rest. Plain arithmetic on purpose, so that the compiler makes vectors of it.
inline float exp2_of(float x) {
  constexpr float kRoundingMagic = 12582912.f;  // 1.5 * 2^23: adding it rounds to a whole number
  constexpr float kC[] = {1.f,
                          0.693147181f,
                          0.240226507f,
                          0.0555041087f,
                          0.00961812911f,
                          0.00133335581f,
                          0.000154035304f};
  x = x < -126.f ? -126.f : x;
  const float shifted = x + kRoundingMagic;
  const float f = x - (shifted - kRoundingMagic);
  const std::int32_t n =
      std::bit_cast<std::int32_t>(shifted) - std::bit_cast<std::int32_t>(kRoundingMagic);
  const float p =
      kC[0] + f * (kC[1] + f * (kC[2] + f * (kC[3] + f * (kC[4] + f * (kC[5] + f * kC[6])))));
  return p * std::bit_cast<float>((n + 127) << 23);
}

}  // namespace

TokenId likeliest(std::span<const float> logits) {
  const float best = largest(logits);
  if (!std::isfinite(best)) return -1;
  return static_cast<TokenId>(std::ranges::find(logits, best) - logits.begin());
}

double log_sum_exp(std::span<const float> logits) {
  constexpr float kLog2E = 1.44269504f;
  const float top = largest(logits);
  constexpr std::size_t kPiece = 512;  // of values kept in between, so that both loops are simple
  float sums[kLanes] = {}, powers[kPiece];
  double sum = 0;
  for (std::size_t i = 0; i < logits.size(); i += kPiece) {
    const std::size_t count = std::min(kPiece, logits.size() - i);
    for (std::size_t j = 0; j < count; ++j) powers[j] = exp2_of((logits[i + j] - top) * kLog2E);
    std::size_t j = 0;
    for (; j + kLanes <= count; j += kLanes)
      for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += powers[j + lane];
    for (; j < count; ++j) sum += powers[j];
  }
  for (const float lane : sums) sum += lane;
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

float mixed_log_probability(const Mixture& mixture, float own_logprob, TokenId id) {
  if (!(mixture.weight > 0) || mixture.shares.empty()) return own_logprob;
  const float weight = std::min(mixture.weight, kWeightMax);
  const auto share = std::ranges::find(mixture.shares, id, &Mixture::Share::id);
  const float copied = share == mixture.shares.end() ? 0.f : share->probability;
  return std::log((1 - weight) * std::exp(own_logprob) + weight * copied);
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
