#include <cassert>
#include <cstring>

#include "kernels/cpu/block_codes.h"
#include "kernels/cpu/half.h"
#include "kernels/ops.h"

namespace curlew::kernels {
namespace {

template <float (*kConvert)(std::uint16_t)>
void expand_16_bit(const std::uint8_t* src, float* dst, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    std::uint16_t bits;
    std::memcpy(&bits, src + 2 * i, 2);
    dst[i] = kConvert(bits);
  }
}

}  // namespace

void dequantize(WeightType type, const void* src, float* dst, std::int64_t n) {
  const auto* bytes = static_cast<const std::uint8_t*>(src);
  if (type == WeightType::kF32) {
    if (n > 0) std::memcpy(dst, src, static_cast<std::size_t>(n) * sizeof(float));
    return;
  }
  if (type == WeightType::kF16) return expand_16_bit<f16_to_f32>(bytes, dst, n);
  if (type == WeightType::kBF16) return expand_16_bit<bf16_to_f32>(bytes, dst, n);

  const BlockShape shape = block_shape(type);
  assert(shape.elements > 0 && n % shape.elements == 0);
  BlockCodes codes;
  for (std::int64_t i = 0; i < n; i += shape.elements, bytes += shape.bytes) {
    split_block(type, bytes, codes);
    expand_codes(type, codes, dst + i);
  }
}

std::size_t MatrixView::row_bytes() const {
  const BlockShape shape = block_shape(type);
  assert(shape.elements > 0 && cols % shape.elements == 0);
  return static_cast<std::size_t>(cols / shape.elements) * static_cast<std::size_t>(shape.bytes);
}

}  // namespace curlew::kernels
