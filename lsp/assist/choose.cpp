#include "lsp/assist/choose.h"

#include <algorithm>
#include <cmath>

namespace curlew::assist {
namespace {

// Logistic regression on the bundled model's lines, fitted by tests/bench/completion/fit_model.py.
constexpr float kBias = 0.628f;
constexpr float kMeanLogprob = 1.025f;
constexpr float kSumLogprob = 0.662f;
constexpr float kMinLogprob = 0.481f;
constexpr float kUnended = -0.140f;  // a limit cut the line
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
