// Rows of the KV cache: to int8 and back. A kQ8_0 row is BlockQ8_0 after BlockQ8_0, so the first n
// elements of a row can be read without the rest.
#pragma once

#include "kernels/block_format.h"
#include "kernels/cpu/kernel_table.h"

namespace curlew::kernels {
namespace {

inline constexpr int kQ8Cols = 32;  // elements of a BlockQ8_0

inline const std::uint8_t* kv_row(const KvRows& rows, int idx) {
  return static_cast<const std::uint8_t*>(rows.data) +
         static_cast<std::size_t>(idx) * rows.row_bytes;
}

// Elements at .. at + n - 1 of a row as float32; lanes from n on are zero. `at` is a multiple of
// S::kLanes.
template <class S>
typename S::Floats load_kv(const std::uint8_t* row, KvType type, int at, int n) {
  switch (type) {
    case KvType::kF16:
      return S::load_f16_n(row + 2 * at, n);
    case KvType::kQ8_0: {
      const auto* block = reinterpret_cast<const BlockQ8_0*>(row) + at / kQ8Cols;
      const auto values = S::mul(S::set_f16(&block->d), S::load_i8(block->qs + at % kQ8Cols));
      return n < S::kLanes ? S::keep_first(values, n, S::zero()) : values;
    }
    default:
      return S::load_n(reinterpret_cast<const float*>(row) + at, n);
  }
}

// d is rounded to half precision first and the codes follow it, so the rounding costs nothing.
template <class S>
void to_q8_n(const float* x, void* blocks, int n) {
  constexpr float kHalfMax = 65504.f;
  auto* out = static_cast<BlockQ8_0*>(blocks);
  for (int i = 0; i < n; i += kQ8Cols, x += kQ8Cols, ++out) {
    auto peak = S::abs(S::load(x));
    for (int j = S::kLanes; j < kQ8Cols; j += S::kLanes)
      peak = S::max(peak, S::abs(S::load(x + j)));
    const float amax = S::max_of(peak);
    const float d = amax * (1.f / 127.f);
    S::store_f16_n(&out->d, S::set(d < kHalfMax ? d : kHalfMax), 1);
    float rounded[S::kLanes];
    S::store(rounded, S::set_f16(&out->d));
    float inverse = rounded[0] > 0.f ? 1.f / rounded[0] : 0.f;
    if (inverse * amax > 127.4f) inverse = 127.f / amax;  // d is far below the normal halves
    S::quantize_16(x, inverse, out->qs);
    S::quantize_16(x + 16, inverse, out->qs + 16);
  }
}

}  // namespace
}  // namespace curlew::kernels
