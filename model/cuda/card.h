// The card that is used: the first that CUDA shows, which CUDA_VISIBLE_DEVICES decides.
#pragma once

#include <cstddef>
#include <string>

#include "model/error.h"

namespace curlew::model {

struct Card {
  std::string name;
  int major = 0, minor = 0;  // compute capability
  int processors = 0;
  std::size_t free_bytes = 0, total_bytes = 0;
};

// Older cards have no int8 matrix units of the shape that kernels/cuda/mma.h wants.
inline constexpr int kCardCapabilityMin = 75;  // 10 * major + minor

// kNotFound, saying what is missing: the driver, a newer driver, a card, a card that is new enough.
// Makes the driver ready where it was not, which can take a second; what a fault of an earlier user
// in this process left behind is cleared away first, so nobody may use the card at the time.
Expected<Card> find_card();

std::string describe(const Card& card);  // "NVIDIA H100 80GB HBM3 (sm_90), 78 of 79 GiB free"

}  // namespace curlew::model
