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

// kQ8: blocks of 32 elements, a half and 32 codes, as the CPU engine's Q8_0 cache has them.
enum class KvElement : int { kF16, kF32, kQ8 };

inline constexpr int kKvQ8Cols = 32;
inline constexpr int kKvQ8Bytes = 34;

// Bytes of a head's row of `dim` elements.
__host__ __device__ constexpr int kv_row_bytes(KvElement e, int dim) {
  return e == KvElement::kF16   ? 2 * dim
         : e == KvElement::kF32 ? 4 * dim
                                : dim / kKvQ8Cols * kKvQ8Bytes;
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

// Where position `pos` of a token's sequence has its row for kv head `head`, among rows of so many
// bytes: of K, and values_at further of V.
__device__ inline std::uint8_t* row_at(const KvLayer& kv, const StepTokens& step, int token,
                                       int pos, int head, int row_bytes) {
  constexpr int kTokens = kernels::kKvBlockTokens;
  const std::int32_t block = step.blocks[step.first_block[token] + pos / kTokens];
  const std::size_t row = static_cast<std::size_t>(head * kTokens + pos % kTokens);
  return kv.base + static_cast<std::size_t>(block) * kv.block_bytes +
         row * static_cast<std::size_t>(row_bytes);
}

// The same, of rows of `dim` elements.
__device__ inline std::uint8_t* key_row(const KvLayer& kv, const StepTokens& step, int token,
                                        int pos, int head, int dim) {
  return row_at(kv, step, token, pos, head, kv_row_bytes(kv.element, dim));
}

}  // namespace curlew::cuda
