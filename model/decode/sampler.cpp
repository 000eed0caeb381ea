#include "model/decode/sampler.h"

#include <algorithm>
#include <cmath>

#include "model/decode/distribution.h"

namespace curlew::model {

Status Sampler::check(const SamplingOptions& o) {
  if (!(o.temperature >= 0 && o.temperature <= 100))
    return fail(Errc::kInvalidInput, "temperature is {}, expected 0 to 100", o.temperature);
  if (!(o.top_p > 0 && o.top_p <= 1))
    return fail(Errc::kInvalidInput, "top_p is {}, expected a number in (0, 1]", o.top_p);
  if (!(o.min_p >= 0 && o.min_p <= 1))
    return fail(Errc::kInvalidInput, "min_p is {}, expected 0 to 1", o.min_p);
  return {};
}

Sampler::Sampler(const SamplingOptions& options, int n_vocab)
    : options_(options), random_(options.seed) {
  if (options.temperature > 0) candidates_.reserve(static_cast<std::size_t>(n_vocab));
}

TokenId Sampler::sample(std::span<const float> logits) {
  const TokenId best = likeliest(logits);
  if (best < 0 || options_.temperature == 0) return best;

  // Relative to the likeliest token, whose probability is then 1 before normalisation.
  const float top = logits[static_cast<std::size_t>(best)];
  candidates_.clear();
  double sum = 0;  // of every token, dropped ones too
  for (std::size_t id = 0; id < logits.size(); ++id) {
    const float p = std::exp((logits[id] - top) / options_.temperature);
    if (!(p > 0)) continue;  // NaN, or nothing left of it
    sum += p;
    if (p >= options_.min_p) candidates_.push_back({p, static_cast<TokenId>(id)});
  }
  if (options_.top_p < 1) candidates_.resize(keep_top_p(sum));

  double kept = 0;
  for (const Candidate& c : candidates_) kept += c.probability;
  double left = uniform() * kept;
  for (const Candidate& c : candidates_) {
    left -= c.probability;
    if (left < 0) return c.id;
  }
  return candidates_.back().id;  // rounding ate the last of it
}

// Brings the likeliest candidates to the front, one by one, until they hold top_p of the sum;
// returns how many.
std::size_t Sampler::keep_top_p(double sum) {
  const auto less_likely = [](const Candidate& a, const Candidate& b) {
    return a.probability < b.probability || (a.probability == b.probability && a.id > b.id);
  };
  std::ranges::make_heap(candidates_, less_likely);
  auto heap_end = candidates_.end();
  double mass = 0;
  while (heap_end != candidates_.begin() && mass < options_.top_p * sum) {
    mass += candidates_.front().probability;
    std::ranges::pop_heap(candidates_.begin(), heap_end, less_likely);
    --heap_end;
  }
  const auto kept = static_cast<std::size_t>(candidates_.end() - heap_end);
  std::ranges::reverse(candidates_);  // the popped ones stood at the end, likeliest last
  return kept;
}

double Sampler::uniform() {
  constexpr double kUnit =
      1.0 / 9007199254740992.0;  // 2^-53: as many bits as a double's mantissa holds
  return static_cast<double>(random_() >> 11) * kUnit;
}

}  // namespace curlew::model
