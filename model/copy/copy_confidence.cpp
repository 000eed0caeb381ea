#include "model/copy/copy_confidence.h"

#include <algorithm>
#include <cmath>

namespace curlew::model {
namespace {

// Fitted by tests/bench/completion/fit_copy.py (its heading has the commands) on 6000 places of 28
// Debian packages, with and without open files. In the order of CopyFeature.
constexpr CopyFeatures kWeights = {-1.097f, 0.873f,  -0.095f, -0.289f, 0.380f, 1.075f,
                                   1.216f,  1.066f,  0.549f,  1.353f,  0.489f, -1.529f,
                                   -1.964f, -2.252f, -1.911f, -1.599f, 0.607f, -0.859f,
                                   -1.076f, 0.516f,  -0.009f, -3.033f, 0.388f};

}  // namespace

std::vector<float> copy_chances(std::span<const CopyFeatures> candidates) {
  std::vector<float> chances;
  float top = 0.f;  // "none of them" scores 0
  for (const CopyFeatures& features : candidates) {
    float score = 0.f;
    for (std::size_t i = 0; i < kCopyFeatures; ++i) score += kWeights[i] * features[i];
    chances.push_back(score);
    top = std::max(top, score);
  }
  float total = std::exp(-top);
  for (float& chance : chances) total += chance = std::exp(chance - top);
  for (float& chance : chances) chance /= total;
  return chances;
}

}  // namespace curlew::model
