// Sizes of the KV cache's rows, for the operations that write and read them.
#pragma once

#include <cassert>
#include <cstddef>

#include "kernels/block_format.h"
#include "kernels/ops.h"

namespace curlew::kernels {

// Bytes of `elements` elements of one head's row.
inline std::size_t kv_row_bytes(KvType type, int elements) {
  const auto n = static_cast<std::size_t>(elements);
  if (type == KvType::kF32) return n * sizeof(float);
  if (type == KvType::kF16) return n * 2;
  assert(elements % 32 == 0);
  return n / 32 * sizeof(BlockQ8_0);
}

}  // namespace curlew::kernels
