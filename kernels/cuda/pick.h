// What is wanted of a row of logits, for the kernels that choose its token (likeliest.h, sample.h).
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

namespace curlew::cuda {

struct PickRow {
  std::uint64_t random;  // what decides a draw
  float temperature;     // 0: the likeliest
  float top_p, min_p;
  std::int32_t mask;  // which row of the masks says what is allowed; -1: everything is
};

// 32-bit words of a mask: a bit a token, the lowest first.
constexpr int mask_words(int n_vocab) {
  return (n_vocab + 31) / 32;
}

__device__ inline bool is_allowed(const std::uint32_t* mask, int id) {
  return mask == nullptr || (mask[id / 32] >> id % 32 & 1u) != 0;
}

}  // namespace curlew::cuda
