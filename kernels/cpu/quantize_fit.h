// The searches behind kernels/quantize.h: from float32 elements to the codes and scales of one
// block. Sources that include this are compiled with -fopenmp-simd.
//
// Two models of a group of N elements (the words of panel_format.h):
//
//   scaled   x ~ scale * level            one parameter; levels on a Grid, both signs of scale
//   affine   x ~ scale * level - min      two parameters; levels 0 .. top
//
// Squared errors are float sums of at most 256 terms: what they decide between differs by more.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/cpu/block_codes.h"
#include "kernels/cpu/half.h"

namespace curlew::kernels {

// The functions below are compiled once for each generation of x86-64, with all they call, and the
// loader chooses. Sanitizers are not ready when it does.
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define CURLEW_EVERY_CPU \
  [[gnu::flatten, gnu::target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")]]
#else
#define CURLEW_EVERY_CPU
#endif

// One block each. x has block_shape(type).elements elements, all of them quantizable.
void fit_scaled_block(WeightType type, const float* x, BlockCodes& out);  // Q4_0 Q5_0 Q8_0 IQ4_NL
void fit_affine_block(WeightType type, const float* x, BlockCodes& out);  // Q4_1 Q5_1
void fit_mxfp4_block(const float* x, BlockCodes& out);
void fit_scaled_super_block(WeightType type, const float* x, BlockCodes& out);  // Q3_K Q6_K IQ4_XS
void fit_affine_super_block(WeightType type, const float* x, BlockCodes& out);  // Q2_K Q4_K Q5_K

// --- What those share ----------------------------------------------------------------------------

// Far below what the smallest half-precision scale can tell from zero; also keeps the reciprocals
// of scales finite.
inline constexpr float kNegligible = 0x1p-40f;
inline constexpr int kRefineRoundsMax = 8;  // two or three are usual

// The scale that the block will hold.
struct Half {
  std::uint16_t bits = 0;
  float value = 0.f;
};
inline Half to_half(float value) {
  constexpr float kLargest = 65504.f;
  const std::uint16_t bits = f32_to_f16(std::clamp(value, -kLargest, kLargest));
  return {bits, f16_to_f32(bits)};
}

inline float reciprocal(float scale) {
  return scale != 0.f ? 1.f / scale : 0.f;
}

// Integers lowest .. highest.
struct IntegerGrid {
  float lowest, highest;
  float nearest(float v) const {
    constexpr float kRound = 12582912.f;  // 1.5 * 2^23: adding it leaves no bits of a fraction
    v = v < lowest ? lowest : v;
    v = v > highest ? highest : v;
    return (v + kRound) - kRound;
  }
  std::uint8_t code(float level, int zero) const {
    return static_cast<std::uint8_t>(static_cast<int>(level) + zero);
  }
};

// The 16 values of the IQ4 types. Branch-free: each midpoint passed adds its step.
struct Iq4Grid {
  static constexpr float level(int k) { return static_cast<float>(kIq4Entries[k]) - 128.f; }
  float nearest(float v) const {
    float out = level(0);
    for (int k = 1; k < 16; ++k)
      out += v > 0.5f * (level(k - 1) + level(k)) ? level(k) - level(k - 1) : 0.f;
    return out;
  }
  std::uint8_t code(float value, int) const {
    int k = 0;
    while (k < 15 && level(k) < value) ++k;
    return static_cast<std::uint8_t>(k);
  }
};

template <int N>
float largest_of(const float* x) {
  float out = 0.f;
  for (int i = 0; i < N; ++i) out = std::max(out, std::fabs(x[i]));
  return out;
}

// sum(x * level) and sum(level^2) with the levels nearest under `inverse` = 1 / scale. The scale of
// least squares for those levels is xq / qq, and xq^2 / qq the part of sum(x^2) that it explains.
struct ScaledSums {
  float xq = 0.f, qq = 0.f;
};
template <int N, class Grid>
ScaledSums scaled_sums(const float* x, float inverse, const Grid& grid) {
  float xq = 0.f, qq = 0.f;
#pragma omp simd reduction(+ : xq, qq)
  for (int i = 0; i < N; ++i) {
    const float level = grid.nearest(x[i] * inverse);
    xq += x[i] * level;
    qq += level * level;
  }
  return {xq, qq};
}

template <int N, class Grid>
float scaled_error(const float* x, float scale, const Grid& grid) {
  const float inverse = reciprocal(scale);
  float error = 0.f;
#pragma omp simd reduction(+ : error)
  for (int i = 0; i < N; ++i) {
    const float miss = x[i] - scale * grid.nearest(x[i] * inverse);
    error += miss * miss;
  }
  return error;
}

template <class Grid>
void write_codes(const float* x, int n, float scale, const Grid& grid, int zero,
                 std::uint8_t* code) {
  const float inverse = reciprocal(scale);
  for (int i = 0; i < n; ++i) code[i] = grid.code(grid.nearest(x[i] * inverse), zero);
}

// Which scales are tried: those that put the largest magnitude at level first, first + step, ...
struct ScaleSearch {
  float first, last, step;
  bool both_signs;
};

// The real scale of least error, or 0 for a negligible group. Steps 1 to 3 of kernels/quantize.h.
template <int N, class Grid>
float best_scale(const float* x, const Grid& grid, const ScaleSearch& search) {
  const float largest = largest_of<N>(x);
  if (largest < kNegligible) return 0.f;
  float gain = 0.f, scale = 0.f;
  const auto consider = [&](float inverse) {
    const ScaledSums sums = scaled_sums<N>(x, inverse, grid);
    if (sums.qq <= 0.f || sums.xq * sums.xq <= gain * sums.qq) return false;
    gain = sums.xq * sums.xq / sums.qq;
    scale = sums.xq / sums.qq;
    return true;
  };
  for (float level = search.first; level <= search.last; level += search.step) {
    consider(level / largest);
    if (search.both_signs) consider(-level / largest);
  }
  for (int round = 0; round < kRefineRoundsMax && consider(1.f / scale); ++round) continue;
  return scale;
}

// --- Affine groups

struct AffineFit {
  float scale = 0.f, min = 0.f;
};

template <int N>
float affine_error(const float* x, const AffineFit& fit, const IntegerGrid& grid) {
  const float inverse = reciprocal(fit.scale);
  float error = 0.f;
#pragma omp simd reduction(+ : error)
  for (int i = 0; i < N; ++i) {
    const float miss = x[i] + fit.min - fit.scale * grid.nearest((x[i] + fit.min) * inverse);
    error += miss * miss;
  }
  return error;
}

// Sums over the levels nearest under a fit; x as given.
struct AffineSums {
  float q = 0.f, qq = 0.f, xq = 0.f;
};
template <int N>
AffineSums affine_sums(const float* x, const AffineFit& fit, const IntegerGrid& grid) {
  const float inverse = reciprocal(fit.scale);
  float q = 0.f, qq = 0.f, xq = 0.f;
#pragma omp simd reduction(+ : q, qq, xq)
  for (int i = 0; i < N; ++i) {
    const float level = grid.nearest((x[i] + fit.min) * inverse);
    q += level;
    qq += level * level;
    xq += x[i] * level;
  }
  return {q, qq, xq};
}

enum class MinSign { kAny, kNotNegative };

// The least-squares line through (level, x), where x is centred at its lowest element so that
// nothing cancels. `offset_max` bounds the line's value at level 0. False when there is none.
struct Line {
  float scale = 0.f, offset = 0.f;
  float error = std::numeric_limits<float>::max();
};
inline bool fit_line(const AffineSums& sums, float n, float x_sum, float xx_sum, float offset_max,
                     Line& out) {
  const float det = n * sums.qq - sums.q * sums.q;
  if (det <= 0.f) return false;
  out.scale = (n * sums.xq - x_sum * sums.q) / det;
  out.offset = (x_sum - out.scale * sums.q) / n;
  if (out.offset > offset_max) {
    out.offset = offset_max;
    out.scale = (sums.xq - out.offset * sums.q) / sums.qq;
  }
  if (!(out.scale > 0.f)) return false;
  out.error = xx_sum + out.scale * out.scale * sums.qq + n * out.offset * out.offset -
              2.f * (out.scale * sums.xq + out.offset * x_sum - out.scale * out.offset * sums.q);
  return true;
}

// Where affine searches begin: both ends of the range are moved by first, first + step .. last
// levels (positive: inwards).
struct AffineSearch {
  float first, last, step;
};

// The real scale and minimum of least error; min is 0 or more where min_may_be_negative is false.
template <int N>
AffineFit best_affine(const float* x, const IntegerGrid& grid, const AffineSearch& search,
                      bool min_may_be_negative) {
  float lowest = x[0], highest = x[0];
  for (int i = 1; i < N; ++i) lowest = std::min(lowest, x[i]), highest = std::max(highest, x[i]);
  const float range = highest - lowest;
  if (range < kNegligible) {
    if (lowest > 0.f && !min_may_be_negative) return {lowest / grid.highest, 0.f};
    return {0.f, -lowest};
  }
  const float offset_max = min_may_be_negative ? range : -lowest;

  float centred[N];
  float x_sum = 0.f, xx_sum = 0.f;
  for (int i = 0; i < N; ++i) {
    centred[i] = x[i] - lowest;
    x_sum += centred[i];
    xx_sum += centred[i] * centred[i];
  }
  Line best;
  const auto consider = [&](float start, float scale) {
    Line line;
    const AffineSums sums = affine_sums<N>(centred, {scale, -start}, grid);
    if (!fit_line(sums, N, x_sum, xx_sum, offset_max, line) || line.error >= best.error)
      return false;
    best = line;
    return true;
  };
  const float level = range / grid.highest;
  for (float below = search.first; below <= search.last; below += search.step)
    for (float above = search.first; above <= search.last; above += search.step) {
      const float start = std::min(below * level, offset_max);
      const float end = range - above * level;
      if (end > start) consider(start, (end - start) / grid.highest);
    }
  for (int round = 0; round < kRefineRoundsMax && best.scale > 0.f; ++round)
    if (!consider(best.offset, best.scale)) break;
  return {best.scale, -(best.offset + lowest)};
}

}  // namespace curlew::kernels
