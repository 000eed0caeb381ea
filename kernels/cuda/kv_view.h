// The paged KV cache as kernels see it, and the tokens of a step.
//
// A pool is cut into blocks of kernels::kKvBlockTokens positions; a block holds K and V of every
// layer, so that it moves to the host and back in one piece. Within a layer, K (and after it V) of a
// block is [n_kv_heads, kKvBlockTokens, dim], a row of a head contiguous and 16-byte aligned where
// dim is a multiple of 8.
//
// Which token stands where is read from device memory at run time, so that one captured graph serves
// every step.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

#include "kernels/ops.h"

namespace curlew::cuda {

enum class KvElement : int { kF16, kF32 };

constexpr int kv_element_bytes(KvElement e) {
  return e == KvElement::kF16 ? 2 : 4;
}

// One layer of a pool.
struct KvLayer {
  std::uint8_t* base = nullptr;  // K of this layer in block 0
  std::size_t block_bytes = 0;   // from a block to the next
  std::size_t values_at = 0;     // from K to V; 0: the values are the beginnings of the keys' rows
  KvElement element = KvElement::kF16;
};

// Of the step, in device memory. Token t stands at pos[t] of a sequence whose blocks are
// blocks[first_block[t]], blocks[first_block[t] + 1], ...
struct StepTokens {
  const std::int32_t* ids = nullptr;          // [tokens]
  const std::int32_t* pos = nullptr;          // [tokens]
  const std::int32_t* first_block = nullptr;  // [tokens]
  const std::int32_t* blocks = nullptr;
};

// Where position `pos` of a token's sequence has its row of K for kv head `head`.
__device__ inline std::uint8_t* key_row(const KvLayer& kv, const StepTokens& step, int token,
                                        int pos, int head, int dim) {
  constexpr int kTokens = kernels::kKvBlockTokens;
  const std::int32_t block = step.blocks[step.first_block[token] + pos / kTokens];
  const std::size_t row = static_cast<std::size_t>(head * kTokens + pos % kTokens);
  return kv.base + static_cast<std::size_t>(block) * kv.block_bytes +
         row * static_cast<std::size_t>(dim * kv_element_bytes(kv.element));
}

}  // namespace curlew::cuda
