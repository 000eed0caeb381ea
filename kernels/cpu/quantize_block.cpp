// Blocks of 32 elements with a scale (and a minimum) of their own.
#include "kernels/cpu/quantize_fit.h"

namespace curlew::kernels {
namespace {

constexpr int kElements = 32;

// The half-precision neighbour of least error: what rounding the real optimum gives need not be it.
template <class Grid>
void settle_scaled(const float* x, float scale, const Grid& grid, int zero, BlockCodes& out) {
  const Half rounded = to_half(scale);
  Half best = rounded;
  float error = scaled_error<kElements>(x, best.value, grid);
  for (const int step : {-1, 1}) {
    const auto bits = static_cast<std::uint16_t>(rounded.bits + step);
    const float value = f16_to_f32(bits);
    if (!(std::fabs(value) <= 65504.f)) continue;
    const float candidate = scaled_error<kElements>(x, value, grid);
    if (candidate < error) error = candidate, best = {bits, value};
  }
  out.d = best.bits;
  write_codes(x, kElements, best.value, grid, zero, out.code);
}

// Clipping the largest element by up to 3.5 levels has been seen to pay; more never.
ScaleSearch search_of(const IntegerGrid& grid) {
  const float reach = std::max(grid.highest, -grid.lowest);
  return {reach - 3.5f, reach + 0.75f, 0.125f, grid.highest != -grid.lowest};
}

}  // namespace

CURLEW_EVERY_CPU void fit_scaled_block(WeightType type, const float* x, BlockCodes& out) {
  if (type == WeightType::kIQ4_NL) {
    constexpr ScaleSearch kSearch{80.f, 140.f, 1.5f, true};
    return settle_scaled(x, best_scale<kElements>(x, Iq4Grid{}, kSearch), Iq4Grid{}, 0, out);
  }
  const int zero = panel_format(type).zero;  // 8, 16 or 128; Q8_0 keeps to -127 .. 127
  const auto highest = static_cast<float>(zero - 1);
  const IntegerGrid grid{type == WeightType::kQ8_0 ? -highest : static_cast<float>(-zero), highest};
  settle_scaled(x, best_scale<kElements>(x, grid, search_of(grid)), grid, zero, out);
}

// --- Affine --------------------------------------------------------------------------------------

CURLEW_EVERY_CPU void fit_affine_block(WeightType type, const float* x, BlockCodes& out) {
  const int top = (1 << panel_format(type).bits) - 1;
  const IntegerGrid grid{0.f, static_cast<float>(top)};
  constexpr AffineSearch kSearch{-0.75f, 1.f, 0.25f};
  const AffineFit ideal = best_affine<kElements>(x, grid, kSearch, true);
  Half d, min;
  float error = std::numeric_limits<float>::max();
  for (const int step : {0, -1, 1}) {
    const auto bits = static_cast<std::uint16_t>(to_half(ideal.scale).bits + step);
    const float scale = f16_to_f32(bits);
    if (!(scale >= 0.f && scale <= 65504.f)) continue;
    // The minimum that suits the scale as it was rounded.
    const AffineSums sums = affine_sums<kElements>(x, {scale, ideal.min}, grid);
    float x_sum = 0.f;
    for (int i = 0; i < kElements; ++i) x_sum += x[i];
    const Half centre = to_half((scale * sums.q - x_sum) / kElements);
    for (const Half& candidate : {centre, to_half(ideal.min)}) {
      const float now = affine_error<kElements>(x, {scale, candidate.value}, grid);
      if (now < error) error = now, d = {bits, scale}, min = candidate;
    }
  }
  out.d = d.bits;
  out.dmin = min.bits;
  float shifted[kElements];
  for (int i = 0; i < kElements; ++i) shifted[i] = x[i] + min.value;
  write_codes(shifted, kElements, d.value, grid, 0, out.code);
}

// --- MXFP4 ---------------------------------------------------------------------------------------

namespace {

// Index into kMxfp4Entries (twice the E2M1 value) nearest to v; zero is index 0.
std::uint8_t nearest_mxfp4(float v) {
  constexpr float kMidpoints[] = {0.5f, 1.5f, 2.5f, 3.5f, 5.f, 7.f, 10.f};
  int magnitude = 0;
  for (const float midpoint : kMidpoints) magnitude += std::fabs(v) > midpoint;
  return static_cast<std::uint8_t>(v < 0.f && magnitude > 0 ? magnitude + 8 : magnitude);
}

float mxfp4_value(std::uint8_t code) {
  return static_cast<float>(kMxfp4Entries[code]) - 128.f;
}

}  // namespace

// The scale is a power of two, so there are few: all that put the largest element between a clipped
// and a small level are tried. In double, as exponents reach far below float's squares.
CURLEW_EVERY_CPU void fit_mxfp4_block(const float* x, BlockCodes& out) {
  constexpr int kExponentMin = -128, kExponentMax = 124;  // 12 * 2^124 is the last finite float
  const float largest = largest_of<kElements>(x);
  int highest = kExponentMin;
  if (largest > 0.f) highest = std::clamp(std::ilogb(largest) - 1, kExponentMin, kExponentMax);
  int best = kExponentMin;
  double least = std::numeric_limits<double>::max();
  for (int exponent = std::max(kExponentMin, highest - 3); exponent <= highest; ++exponent) {
    double error = 0.0;
    for (int i = 0; i < kElements; ++i) {
      const std::uint8_t code = nearest_mxfp4(std::ldexp(x[i], -exponent));
      const double miss = x[i] - std::ldexp(static_cast<double>(mxfp4_value(code)), exponent);
      error += miss * miss;
    }
    if (error < least) least = error, best = exponent;
  }
  out.d = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(std::ldexp(1.f, best)) >> 16);
  for (int i = 0; i < kElements; ++i) out.code[i] = nearest_mxfp4(std::ldexp(x[i], -best));
}

}  // namespace curlew::kernels
