#include <cassert>
#include <cstring>

#include "kernels/cpu/kernel_table.h"
#include "kernels/cpu/kv_layout.h"

namespace curlew::kernels {

std::size_t kv_block_bytes(KvType type, int n_kv_heads, int head_dim) {
  return kv_row_bytes(type, head_dim) * static_cast<std::size_t>(n_kv_heads) * kKvBlockTokens;
}

void kv_write(const float* rows, void* const* blocks, KvType type, int first_pos, int tokens,
              int n_kv_heads, int head_dim) {
  const KernelTable& table = kernel_table();
  const std::size_t row_bytes = kv_row_bytes(type, head_dim);
  for (int t = 0; t < tokens; ++t) {
    const int pos = first_pos + t;
    auto* block = static_cast<std::byte*>(blocks[pos / kKvBlockTokens]);
    for (int h = 0; h < n_kv_heads; ++h) {
      const float* src = rows + (static_cast<std::int64_t>(t) * n_kv_heads + h) * head_dim;
      void* dst =
          block + (static_cast<std::size_t>(h) * kKvBlockTokens + pos % kKvBlockTokens) * row_bytes;
      if (type == KvType::kF16)
        table.to_f16(src, dst, head_dim);
      else if (type == KvType::kQ8_0)
        table.to_q8(src, dst, head_dim);
      else
        std::memcpy(dst, src, row_bytes);
    }
  }
}

}  // namespace curlew::kernels
