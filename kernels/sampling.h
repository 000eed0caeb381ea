// Drawing a token from logits, in whole numbers. Sums of whole numbers are the same in any order, so
// a processor that adds one token after another and a card that adds thousands at once draw, from
// the same logits and the same random number, the same token.
//
//   p_i   = exp((logit_i - logit_best) / temperature)   float32, by draw_probability() on both
//   w_i   = floor(2^40 p_i)                             what is less than 2 is never drawn
//   kept  = the i with p_i >= min_p that are also among the likeliest (of equals the lowest ids)
//           whose weights, added up, first reach ceil(top_p * sum_i w_i)
//   drawn = the first kept i, in the order of ids, at which the sum of kept weights so far exceeds
//           floor(random * sum_kept w / 2^64)
//
// Both filters are judged on p itself, so their order does not matter.
//   min-p arXiv:2407.01082, top-p arXiv:1904.09751
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#if defined(__CUDACC__)
#define CURLEW_EVERYWHERE __host__ __device__
#else
#define CURLEW_EVERYWHERE
#endif

namespace curlew::kernels {

struct DrawOptions {
  float temperature = 1.f;  // > 0
  float top_p = 1.f, min_p = 0.f;
};

inline constexpr int kDrawWeightBits = 40;

namespace detail {
// A product and a sum rounded one by one: a compiler that makes one operation of the two would give
// other bits on one device than on the other.
CURLEW_EVERYWHERE inline float rounded_product(float a, float b) {
#if defined(__CUDA_ARCH__)
  return __fmul_rn(a, b);
#else
  return a * b;
#endif
}
CURLEW_EVERYWHERE inline float rounded_sum(float a, float b) {
#if defined(__CUDA_ARCH__)
  return __fadd_rn(a, b);
#else
  return a + b;
#endif
}
CURLEW_EVERYWHERE inline float float_of_bits(std::uint32_t bits) {
#if defined(__CUDA_ARCH__)
  return __uint_as_float(bits);
#else
  return std::bit_cast<float>(bits);
#endif
}
CURLEW_EVERYWHERE inline std::uint32_t bits_of_float(float value) {
#if defined(__CUDA_ARCH__)
  return __float_as_uint(value);
#else
  return std::bit_cast<std::uint32_t>(value);
#endif
}
}  // namespace detail

// exp(x) for x <= 0, to 2e-7 of its value; 0 for NaN and for what is less than 2^-39. The nearest whole
// power of two goes into the exponent, a Taylor polynomial does the rest.
CURLEW_EVERYWHERE inline float draw_probability(float x) {
  using namespace detail;
  constexpr float kLog2E = 1.44269504f;
  constexpr float kRounding = 12582912.f;  // 1.5 * 2^23: adding it rounds to a whole number
  constexpr float kC[] = {0.000154035304f,
                          0.00133335581f,
                          0.00961812911f,
                          0.0555041087f,
                          0.240226507f,
                          0.693147181f,
                          1.f};
  const float y = rounded_product(x, kLog2E);
  if (!(y >= static_cast<float>(1 - kDrawWeightBits))) return 0.f;
  const float shifted = rounded_sum(y, kRounding);
  const float f = rounded_sum(y, -rounded_sum(shifted, -kRounding));
  float p = kC[0];
  for (int i = 1; i < 7; ++i) p = rounded_sum(kC[i], rounded_product(f, p));
  const std::uint32_t n = bits_of_float(shifted) - bits_of_float(kRounding);
  return rounded_product(p, float_of_bits((n + 127u) << 23));
}

// The upper half of a product of 128 bits.
CURLEW_EVERYWHERE inline std::uint64_t high_product(std::uint64_t a, std::uint64_t b) {
#if defined(__CUDA_ARCH__)
  return __umul64hi(a, b);
#else
  __extension__ typedef unsigned __int128 Wide;
  return static_cast<std::uint64_t>((Wide{a} * b) >> 64);
#endif
}

// The scaling is exact, so this is the floor on every device.
CURLEW_EVERYWHERE inline std::uint64_t draw_weight(float p) {
  return static_cast<std::uint64_t>(p * static_cast<float>(std::uint64_t{1} << kDrawWeightBits));
}

struct DrawCandidate {
  float p;
  std::int32_t id;
};

// best: an id whose logit is finite and the largest. `scratch` grows to the size of the vocabulary
// once. The twin of kernels/cuda/sample.h.
std::int32_t draw_token(std::span<const float> logits, std::int32_t best,
                        const DrawOptions& options, std::uint64_t random,
                        std::vector<DrawCandidate>& scratch);

}  // namespace curlew::kernels
