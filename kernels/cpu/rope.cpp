// Rotary embedding. Angles are reduced in double, so that position 100,000 is as exact as position
// 1; sine and cosine are computed once per token and frequency and used for every head.
#include <algorithm>
#include <cstdint>

#include "kernels/ops.h"

namespace curlew::kernels {
namespace {

constexpr int kFreqsAtOnce = 64;

struct Rotation {
  float cosine[kFreqsAtOnce], sine[kFreqsAtOnce];
};

// Within 2e-7 of m cos(a), m sin(a) for |a| < 2^50. The angle is a quarter turn times `quarter`
// plus r, |r| <= pi / 4; Taylor polynomials of r, then the quarter picks and signs them.
void fill_rotation(std::int32_t pos, const float* inv_freq, int n, float magnitude, Rotation& out) {
  constexpr double kRoundToInteger =
      0x1.8p52;  // adding and taking it away rounds to the nearest integer
  constexpr double kHalfPi = 1.57079632679489661923, kTwoOverPi = 0.63661977236758134308;
  for (int i = 0; i < n; ++i) {
    const double angle = static_cast<double>(pos) * static_cast<double>(inv_freq[i]);
    const double quarter = (angle * kTwoOverPi + kRoundToInteger) - kRoundToInteger;
    const auto turn = static_cast<std::int64_t>(quarter);
    const auto r = static_cast<float>(angle - quarter * kHalfPi);
    const float rr = r * r;
    const float s =
        r * (1.f + rr * (-1.f / 6 + rr * (1.f / 120 + rr * (-1.f / 5040 + rr / 362880))));
    const float c = 1.f + rr * (-1.f / 2 + rr * (1.f / 24 + rr * (-1.f / 720 + rr / 40320)));
    const bool odd = turn & 1;
    const float cosine = odd ? s : c, sine = odd ? c : s;
    out.cosine[i] = magnitude * ((turn + 1) & 2 ? -cosine : cosine);
    out.sine[i] = magnitude * (turn & 2 ? -sine : sine);
  }
}

// Pairs first .. first + n - 1 of one head; the elements of a pair lie `gap` apart.
void rotate_head(float* head, const Rotation& rotation, int first, int n, int n_freqs,
                 RopePairs pairs) {
  const int step = pairs == RopePairs::kAdjacent ? 2 : 1;
  const int gap = pairs == RopePairs::kAdjacent ? 1 : n_freqs;
  float* a = head + first * step;
  for (int i = 0; i < n; ++i, a += step) {
    const float x = a[0], y = a[gap];
    a[0] = x * rotation.cosine[i] - y * rotation.sine[i];
    a[gap] = x * rotation.sine[i] + y * rotation.cosine[i];
  }
}

}  // namespace

void rope(float* x, const std::int32_t* pos, const float* inv_freq, int n_freqs, int tokens,
          int heads, int head_dim, RopePairs pairs, float magnitude) {
  Rotation rotation;
  for (int t = 0; t < tokens; ++t) {
    float* token = x + static_cast<std::int64_t>(t) * heads * head_dim;
    for (int first = 0; first < n_freqs; first += kFreqsAtOnce) {
      const int n = std::min(kFreqsAtOnce, n_freqs - first);
      fill_rotation(pos[t], inv_freq + first, n, magnitude, rotation);
      for (int h = 0; h < heads; ++h)
        rotate_head(token + h * head_dim, rotation, first, n, n_freqs, pairs);
    }
  }
}

}  // namespace curlew::kernels
