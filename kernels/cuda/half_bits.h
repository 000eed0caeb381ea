// A 16-bit float as it lies in memory; half.h knows what it is worth.
#pragma once

#include <cstdint>

namespace curlew::cuda {

struct Half {
  std::uint16_t bits;
};

}  // namespace curlew::cuda
