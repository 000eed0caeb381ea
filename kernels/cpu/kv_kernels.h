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

// The S::kLanes elements of a row from `at` on, a multiple of S::kLanes, as float32.
template <class S, KvType kType>
typename S::Floats load_kv(const std::uint8_t* row, int at) {
  if constexpr (kType == KvType::kF16) {
    return S::load_f16(row + 2 * at);
  } else if constexpr (kType == KvType::kQ8_0) {
    const auto* block = reinterpret_cast<const BlockQ8_0*>(row) + at / kQ8Cols;
    return S::mul(S::set_f16(&block->d), S::load_i8(block->qs + at % kQ8Cols));
  } else {
    return S::load(reinterpret_cast<const float*>(row) + at);
  }
}

// The same of a row that may end before: lanes from n on are zero.
template <class S, KvType kType>
typename S::Floats load_kv_n(const std::uint8_t* row, int at, int n) {
  if (n >= S::kLanes) return load_kv<S, kType>(row, at);
  if constexpr (kType == KvType::kF16)
    return S::load_f16_n(row + 2 * at, n);
  else if constexpr (kType == KvType::kQ8_0)
    return S::keep_first(load_kv<S, kType>(row, at), n, S::zero());
  else
    return S::load_n(reinterpret_cast<const float*>(row) + at, n);
}

// Calls job.operator()<kType>() with the type as a constant.
template <class Job>
void with_kv_type(KvType type, const Job& job) {
  switch (type) {
    case KvType::kF16:
      return job.template operator()<KvType::kF16>();
    case KvType::kQ8_0:
      return job.template operator()<KvType::kQ8_0>();
    case KvType::kF32:
      return job.template operator()<KvType::kF32>();
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
