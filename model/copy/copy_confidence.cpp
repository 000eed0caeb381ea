#include "model/copy/copy_confidence.h"

#include <algorithm>
#include <cmath>

namespace curlew::model {
namespace {

// Fitted by tests/bench/completion/fit_copy.py (its heading has the commands) on 4000 places of 28
// Debian packages, with and without open files. In the order of CopyFeature.
constexpr CopyFeatures kWeights = {-3.436f, 1.298f,  -0.439f, -0.519f, 0.421f, 1.356f,
                                   1.011f,  1.073f,  0.630f,  1.279f,  0.608f, -1.228f,
                                   -1.573f, -2.052f, -2.082f, -1.241f, 1.742f, 0.511f,
                                   -1.266f, 0.517f,  -0.050f, -2.774f, -1.766f};

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
