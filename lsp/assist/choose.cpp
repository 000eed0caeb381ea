#include "lsp/assist/choose.h"

#include <algorithm>
#include <cmath>

namespace curlew::assist {
namespace {

struct LineWeights {
  float bias, mean_logprob, sum_logprob, min_logprob;
  float unended;  // a limit cut the line
};

// By LineOrigin. Logistic regressions on lines of the bundled model that differ from the likeliest
// copy, which is where the chance decides; fitted by tests/bench/completion/fit_model.py on
// packages that no figure in docs/completion.md is from.
constexpr LineWeights kWeights[] = {
    {0.292f, 0.495f, 1.319f, -0.603f, 0.f},
    {-0.133f, -0.150f, 1.474f, -0.438f, -0.802f},
};
constexpr float kUnknown = 0.3f;

}  // namespace

float model_confidence(std::span<const float> line_logprobs, bool ended, LineOrigin origin) {
  if (line_logprobs.empty()) return kUnknown;
  float sum = 0, least = 0;
  for (const float logprob : line_logprobs) {
    sum += logprob;
    least = std::min(least, logprob);
  }
  const LineWeights& w = kWeights[static_cast<std::size_t>(origin)];
  const float mean = sum / static_cast<float>(line_logprobs.size());
  const float score = w.bias + w.mean_logprob * mean + w.sum_logprob * sum + w.min_logprob * least +
                      (ended ? 0.f : w.unended);
  return 1.f / (1.f + std::exp(-score));
}

}  // namespace curlew::assist
