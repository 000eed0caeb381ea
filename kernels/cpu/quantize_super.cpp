// Super-blocks of 256 elements: integer scales of groups of 16 or 32 times half-precision scales.
#include <array>

#include "kernels/cpu/quantize_fit.h"

namespace curlew::kernels {
namespace {

// --- Scaled: x ~ d * sc * level ------------------------------------------------------------------

struct GroupScale {
  int sc = 0;
  float error = 0.f;
};

template <int N>
struct ScaledChoice {
  static constexpr int kGroups = kSuperBlock / N;
  Half d;
  std::array<GroupScale, kGroups> groups;
  float error = std::numeric_limits<float>::max();
};

template <int N, class Grid>
class ScaledSuperFit {
 public:
  ScaledSuperFit(const float* x, const Grid& grid, int sc_min, int sc_max)
      : x_(x), grid_(grid), sc_min_(sc_min), sc_max_(sc_max) {}

  ScaledChoice<N> solve(const ScaleSearch& search) {
    float steepest = 0.f;
    for (int g = 0; g < kGroups; ++g) {
      ideal_[g] = best_scale<N>(x_ + g * N, grid_, search);
      if (std::fabs(ideal_[g]) > std::fabs(steepest)) steepest = ideal_[g];
    }
    ScaledChoice<N> best;
    best.error = largest_of<kSuperBlock>(x_) < kNegligible ? 0.f : best.error;
    if (steepest == 0.f) return best;
    constexpr int kSpan = 5;  // the steepest group at the end of the integers' range, or near it
    for (int k = 0; k < kSpan; ++k) {
      consider(to_half(steepest / static_cast<float>(sc_min_ + k)), best);
      consider(to_half(steepest / static_cast<float>(sc_max_ - k)), best);
    }
    for (int round = 0; round < kRefineRoundsMax; ++round)
      if (!consider(refit(best), best)) break;
    return best;
  }

 private:
  static constexpr int kGroups = kSuperBlock / N;

  // Under this d every group takes the best integer near its ideal scale.
  bool consider(const Half& d, ScaledChoice<N>& best) const {
    if (d.value == 0.f && best.error < std::numeric_limits<float>::max()) return false;
    ScaledChoice<N> choice{.d = d, .groups = {}, .error = 0.f};
    const float inverse = reciprocal(d.value);
    for (int g = 0; g < kGroups && choice.error < best.error; ++g) {
      choice.groups[g] = near(g, d.value, std::lround(clamped(ideal_[g] * inverse)));
      choice.error += choice.groups[g].error;
    }
    if (choice.error >= best.error) return false;
    best = choice;
    return true;
  }

  float clamped(float sc) const {
    return std::clamp(sc, static_cast<float>(sc_min_), static_cast<float>(sc_max_));
  }

  GroupScale near(int g, float d, long guess) const {
    GroupScale best{0, std::numeric_limits<float>::max()};
    for (long sc = guess - 1; sc <= guess + 1; ++sc) {
      if (sc < sc_min_ || sc > sc_max_) continue;
      const float error = scaled_error<N>(x_ + g * N, d * static_cast<float>(sc), grid_);
      if (error < best.error) best = {static_cast<int>(sc), error};
    }
    return best;
  }

  // The d of least squares for the integers and levels chosen.
  Half refit(const ScaledChoice<N>& choice) const {
    float xu = 0.f, uu = 0.f;
    for (int g = 0; g < kGroups; ++g) {
      const auto sc = static_cast<float>(choice.groups[g].sc);
      const ScaledSums sums = scaled_sums<N>(x_ + g * N, reciprocal(choice.d.value * sc), grid_);
      xu += sc * sums.xq;
      uu += sc * sc * sums.qq;
    }
    return uu > 0.f ? to_half(xu / uu) : choice.d;
  }

  const float* x_;
  const Grid& grid_;
  int sc_min_, sc_max_;
  std::array<float, kGroups> ideal_{};
};

template <int N, class Grid>
void fit_scaled(const float* x, const Grid& grid, int sc_min, int sc_max, int zero,
                const ScaleSearch& search, BlockCodes& out) {
  const ScaledChoice<N> choice = ScaledSuperFit<N, Grid>(x, grid, sc_min, sc_max).solve(search);
  out.d = choice.d.bits;
  for (int g = 0; g < kSuperBlock / N; ++g) {
    const int sc = choice.groups[g].sc;
    out.scale[g] = static_cast<std::int8_t>(sc);
    write_codes(x + g * N, N, choice.d.value * static_cast<float>(sc), grid, zero,
                out.code + g * N);
  }
}

// --- Affine: x ~ d * sc * level - dmin * mn ------------------------------------------------------

struct GroupAffine {
  int sc = 0, mn = 0;
  float error = 0.f;
};

template <int N>
struct AffineChoice {
  static constexpr int kGroups = kSuperBlock / N;
  Half d, dmin;
  std::array<GroupAffine, kGroups> groups;
  float error = std::numeric_limits<float>::max();
};

template <int N>
class AffineSuperFit {
 public:
  AffineSuperFit(const float* x, int level_max, int sc_max)
      : x_(x), grid_{0.f, static_cast<float>(level_max)}, sc_max_(sc_max) {
    for (int i = 0; i < kSuperBlock; ++i) x_sum_[i / N] += x[i];
  }

  AffineChoice<N> solve(const AffineSearch& search) {
    float scale_max = 0.f, min_max = 0.f;
    for (int g = 0; g < kGroups; ++g) {
      ideal_[g] = best_affine<N>(x_ + g * N, grid_, search, false);
      scale_max = std::max(scale_max, ideal_[g].scale);
      min_max = std::max(min_max, ideal_[g].min);
    }
    const float d = scale_max / static_cast<float>(sc_max_);
    const float dmin = min_max / static_cast<float>(sc_max_);
    AffineChoice<N> best;
    consider(to_half(d), to_half(dmin), best);
    // One after the other: the steepest group may clip its integer, or leave the last ones unused.
    constexpr float kFactors[] = {0.86f, 0.93f, 1.07f, 1.14f};
    for (const float factor : kFactors) consider(best.d, to_half(dmin * factor), best);
    const Half chosen_dmin = best.dmin;
    for (const float factor : kFactors) consider(to_half(d * factor), chosen_dmin, best);
    for (int round = 0; round < kRefineRoundsMax; ++round)
      if (!refit(best)) break;
    return best;
  }

 private:
  static constexpr int kGroups = kSuperBlock / N;

  bool consider(const Half& d, const Half& dmin, AffineChoice<N>& best) const {
    AffineChoice<N> choice{.d = d, .dmin = dmin, .groups = {}, .error = 0.f};
    for (int g = 0; g < kGroups && choice.error < best.error; ++g) {
      choice.groups[g] = near(g, d.value, dmin.value);
      choice.error += choice.groups[g].error;
    }
    if (choice.error >= best.error) return false;
    best = choice;
    return true;
  }

  int integer(float v) const {
    return static_cast<int>(std::lround(std::clamp(v, 0.f, static_cast<float>(sc_max_))));
  }

  // The best pair of integers near the group's ideal: three scales, for each the minimum of least
  // squares under it and its neighbours.
  GroupAffine near(int g, float d, float dmin) const {
    const float* x = x_ + g * N;
    const int guess = integer(ideal_[g].scale * reciprocal(d));
    GroupAffine best{0, 0, std::numeric_limits<float>::max()};
    for (int sc = std::max(0, guess - 1); sc <= std::min(sc_max_, guess + 1); ++sc) {
      const float scale = d * static_cast<float>(sc);
      const AffineSums sums = affine_sums<N>(x, {scale, ideal_[g].min}, grid_);
      const int centre = integer((scale * sums.q - x_sum_[g]) / N * reciprocal(dmin));
      for (int mn = std::max(0, centre - 1); mn <= std::min(sc_max_, centre + 1); ++mn) {
        const float error = affine_error<N>(x, {scale, dmin * static_cast<float>(mn)}, grid_);
        if (error < best.error) best = {sc, mn, error};
      }
    }
    return best;
  }

  // d and dmin of least squares for the integers and levels chosen: two normal equations.
  bool refit(AffineChoice<N>& best) const {
    double uu = 0, uv = 0, vv = 0, xu = 0, xv = 0;  // u = sc * level, v = mn
    for (int g = 0; g < kGroups; ++g) {
      const auto sc = static_cast<float>(best.groups[g].sc);
      const auto mn = static_cast<float>(best.groups[g].mn);
      const AffineSums sums =
          affine_sums<N>(x_ + g * N, {best.d.value * sc, best.dmin.value * mn}, grid_);
      uu += sc * sc * sums.qq;
      uv += sc * mn * sums.q;
      vv += mn * mn * N;
      xu += sc * sums.xq;
      xv += mn * x_sum_[g];
    }
    const double det = uu * vv - uv * uv;
    if (det > 1e-9 * uu * vv)
      return consider(to_half(static_cast<float>((xu * vv - xv * uv) / det)),
                      to_half(static_cast<float>((xu * uv - xv * uu) / det)), best);
    return uu > 0 &&
           consider(to_half(static_cast<float>((xu + best.dmin.value * uv) / uu)), best.dmin, best);
  }

  const float* x_;
  IntegerGrid grid_;
  int sc_max_;
  std::array<float, kGroups> x_sum_{};
  std::array<AffineFit, kGroups> ideal_{};
};

template <int N>
void fit_affine(const float* x, int level_max, int sc_max, const AffineSearch& search,
                BlockCodes& out) {
  const AffineChoice<N> choice = AffineSuperFit<N>(x, level_max, sc_max).solve(search);
  const IntegerGrid grid{0.f, static_cast<float>(level_max)};
  out.d = choice.d.bits;
  out.dmin = choice.dmin.bits;
  for (int g = 0; g < kSuperBlock / N; ++g) {
    const GroupAffine& group = choice.groups[g];
    out.scale[g] = static_cast<std::int8_t>(group.sc);
    out.min[g] = static_cast<std::uint8_t>(group.mn);
    float shifted[N];
    for (int i = 0; i < N; ++i)
      shifted[i] = x[g * N + i] + choice.dmin.value * static_cast<float>(group.mn);
    write_codes(shifted, N, choice.d.value * static_cast<float>(group.sc), grid, 0,
                out.code + g * N);
  }
}

}  // namespace

CURLEW_EVERY_CPU void fit_scaled_super_block(WeightType type, const float* x, BlockCodes& out) {
  if (type == WeightType::kIQ4_XS)
    return fit_scaled<32>(x, Iq4Grid{}, -32, 31, 0, {80.f, 140.f, 2.5f, true}, out);
  if (type == WeightType::kQ3_K)
    return fit_scaled<16>(x, IntegerGrid{-4.f, 3.f}, -32, 31, 4, {2.f, 4.75f, 0.125f, true}, out);
  fit_scaled<16>(x, IntegerGrid{-32.f, 31.f}, -128, 127, 32, {29.5f, 32.5f, 0.25f, true}, out);
}

CURLEW_EVERY_CPU void fit_affine_super_block(WeightType type, const float* x, BlockCodes& out) {
  if (type == WeightType::kQ2_K) return fit_affine<16>(x, 3, 15, {-0.4f, 1.f, 0.2f}, out);
  fit_affine<32>(x, type == WeightType::kQ4_K ? 15 : 31, 63, {-0.75f, 1.f, 0.25f}, out);
}

}  // namespace curlew::kernels
