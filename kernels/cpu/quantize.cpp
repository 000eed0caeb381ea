#include "kernels/quantize.h"

#include <cassert>
#include <cstring>
#include <limits>

#include "kernels/cpu/quantize_codes.h"
#include "kernels/cpu/quantize_fit.h"

namespace curlew::kernels {
namespace {

// To nearest, ties to even. NaN has been refused before.
std::uint16_t f32_to_bf16(float value) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  return static_cast<std::uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

template <std::uint16_t (*kConvert)(float)>
void round_to_16_bit(const float* src, std::uint8_t* dst, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    const std::uint16_t bits = kConvert(src[i]);
    std::memcpy(dst + 2 * i, &bits, 2);
  }
}

void fit_block(WeightType type, const float* x, BlockCodes& out) {
  if (type == WeightType::kMXFP4) return fit_mxfp4_block(x, out);
  const PanelFormat format = panel_format(type);
  if (format.scales == ScaleKind::kSuper)
    return format.has_min ? fit_affine_super_block(type, x, out)
                          : fit_scaled_super_block(type, x, out);
  return format.has_min ? fit_affine_block(type, x, out) : fit_scaled_block(type, x, out);
}

}  // namespace

void quantize(WeightType type, const float* src, void* dst, std::int64_t n) {
  auto* bytes = static_cast<std::uint8_t*>(dst);
  if (type == WeightType::kF32) {
    if (n > 0) std::memcpy(dst, src, static_cast<std::size_t>(n) * sizeof(float));
    return;
  }
  if (type == WeightType::kF16) return round_to_16_bit<f32_to_f16>(src, bytes, n);
  if (type == WeightType::kBF16) return round_to_16_bit<f32_to_bf16>(src, bytes, n);

  const BlockShape shape = block_shape(type);
  assert(shape.elements > 0 && n % shape.elements == 0);
  BlockCodes codes;
  for (std::int64_t i = 0; i < n; i += shape.elements, bytes += shape.bytes) {
    fit_block(type, src + i, codes);
    join_block(type, codes, bytes);
  }
}

float largest_magnitude(WeightType type) {
  switch (type) {
    case WeightType::kF32:
      return std::numeric_limits<float>::max();
    case WeightType::kBF16:
      return 0x1.fep127f;  // the largest bfloat16
    case WeightType::kMXFP4:
      return 0x1.8p127f;  // 12 * 2^124
    default:
      return 65504.f;
  }
}

std::int64_t first_unquantizable(WeightType type, const float* src, std::int64_t n) {
  const float largest = largest_magnitude(type);
  for (std::int64_t i = 0; i < n; ++i)
    if (!(std::fabs(src[i]) <= largest)) return i;  // written so that NaN is caught
  return -1;
}

}  // namespace curlew::kernels
