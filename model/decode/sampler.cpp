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
  if (options.temperature > 0) candidates_.reserve(2 * static_cast<std::size_t>(n_vocab));
}

TokenId Sampler::sample(std::span<const float> logits) {
  const TokenId best = likeliest(logits);
  if (best < 0 || options_.temperature == 0) return best;
  return kernels::draw_token(
      logits, best,
      {.temperature = options_.temperature, .top_p = options_.top_p, .min_p = options_.min_p},
      random_(), candidates_);
}

void Sampler::peek(std::span<std::uint64_t> next) const {
  if (options_.temperature == 0) return;
  std::mt19937_64 copy = random_;
  for (std::uint64_t& value : next) value = copy();
}

void Sampler::skip(int draws) {
  if (options_.temperature > 0) random_.discard(static_cast<unsigned long long>(draws));
}

}  // namespace curlew::model
