#include <numeric>

#include "kernels/reference/reference.h"
#include "tests/kernels/kernel_case.h"

namespace curlew::kernels {
namespace {

class Elementwise : public OnEveryPath {};
INSTANTIATE_ON_EVERY_PATH(Elementwise);

TEST_P(Elementwise, RmsNormMatchesTheReferenceAlsoInPlace) {
  for (const int cols : {1, 2, 15, 16, 17, 33, 257, 896, 1536})
    for (const int rows : {1, 3}) {
      const auto n = static_cast<std::size_t>(rows * cols);
      std::vector<float> x = random_floats(n, 3.f, 1);
      const std::vector<float> weight = random_floats(static_cast<std::size_t>(cols), 1.f, 2);
      std::vector<float> y = unwritten(n);
      std::vector<double> want(n);
      rms_norm_ref(x.data(), weight.data(), want.data(), rows, cols, 1e-6f);
      rms_norm(x.data(), weight.data(), y.data(), rows, cols, 1e-6f);
      expect_near(y, want, 1e-7, 2e-6, "cols " + std::to_string(cols));
      rms_norm(x.data(), weight.data(), x.data(), rows, cols, 1e-6f);
      EXPECT_EQ(x, y);
    }
}

TEST_P(Elementwise, RmsNormOfZerosIsZero) {
  std::vector<float> x(40, 0.f), y = unwritten(40);
  const std::vector<float> weight(40, 2.f);
  rms_norm(x.data(), weight.data(), y.data(), 1, 40, 1e-5f);
  EXPECT_EQ(x, y);
}

TEST_P(Elementwise, SiluMulMatchesTheReferenceOverTheWholeRangeOfExp) {
  constexpr std::size_t kCount = 4099;
  std::vector<float> gate(kCount), up = random_floats(kCount, 1.f, 3), out = unwritten(kCount);
  for (std::size_t i = 0; i < kCount; ++i) gate[i] = -80.f + 160.f * static_cast<float>(i) / kCount;
  std::vector<double> want(kCount);
  silu_mul_ref(gate.data(), up.data(), want.data(), kCount);
  silu_mul(gate.data(), up.data(), out.data(), kCount);
  expect_near(out, want, 1e-30, 1e-6, "silu_mul");
  silu_mul(gate.data(), up.data(), gate.data(), kCount);
  EXPECT_EQ(gate, out);
}

TEST_P(Elementwise, SiluMulOfHugeInputsStaysFinite) {
  const std::vector<float> gate = {-1e30f, -1000.f, -100.f, 0.f, 100.f, 1e30f}, up(6, 1.f);
  std::vector<float> out = unwritten(6);
  silu_mul(gate.data(), up.data(), out.data(), 6);
  EXPECT_NEAR(out[1], 0.f, 1e-30);
  EXPECT_NEAR(out[2], 0.f, 1e-30);
  EXPECT_EQ(out[3], 0.f);
  EXPECT_FLOAT_EQ(out[4], 100.f);
  EXPECT_FLOAT_EQ(out[5], 1e30f);
  EXPECT_TRUE(std::isfinite(out[0]));
}

TEST_P(Elementwise, LayerNormMatchesTheReferenceAlsoInPlaceAndFarFromZero) {
  for (const int cols : {1, 2, 15, 16, 17, 33, 257, 896})
    for (const float offset : {0.f, 50.f}) {
      constexpr int kRows = 3;
      const auto n = static_cast<std::size_t>(kRows * cols);
      std::vector<float> x = random_floats(n, 3.f, 1);
      for (float& v : x) v += offset;
      const std::vector<float> weight = random_floats(static_cast<std::size_t>(cols), 1.f, 2);
      const std::vector<float> bias = random_floats(static_cast<std::size_t>(cols), 1.f, 3);
      for (const float* shift : {bias.data(), static_cast<const float*>(nullptr)}) {
        std::vector<float> y = unwritten(n);
        std::vector<double> want(n);
        layer_norm_ref(x.data(), weight.data(), shift, want.data(), kRows, cols, 1e-5f);
        layer_norm(x.data(), weight.data(), shift, y.data(), kRows, cols, 1e-5f);
        expect_near(y, want, offset == 0.f ? 2e-6 : 3e-5, 2e-6, "cols " + std::to_string(cols));
        std::vector<float> in_place = x;
        layer_norm(in_place.data(), weight.data(), shift, in_place.data(), kRows, cols, 1e-5f);
        EXPECT_EQ(in_place, y);
      }
    }
}

TEST_P(Elementwise, GeluMatchesTheReferenceWithAndWithoutAGate) {
  constexpr std::size_t kCount = 4099;
  std::vector<float> x(kCount), up = random_floats(kCount, 1.f, 3), out = unwritten(kCount);
  for (std::size_t i = 0; i < kCount; ++i) x[i] = -12.f + 24.f * static_cast<float>(i) / kCount;
  std::vector<double> want(kCount);
  gelu_ref(x.data(), want.data(), kCount);
  gelu(x.data(), out.data(), kCount);
  expect_near(out, want, 1e-7, 2e-6, "gelu");
  gelu_mul_ref(x.data(), up.data(), want.data(), kCount);
  gelu_mul(x.data(), up.data(), up.data(), kCount);
  expect_near(up, want, 1e-7, 2e-6, "gelu_mul");
  gelu(x.data(), x.data(), kCount);
  EXPECT_EQ(x, out);
}

TEST_P(Elementwise, GeluOfHugeInputsStaysFinite) {
  std::vector<float> x = {-1e12f, -1000.f, 0.f, 1000.f, 1e12f};
  gelu(x.data(), x.data(), 5);
  EXPECT_NEAR(x[0], 0.f, 1e-20);
  EXPECT_NEAR(x[1], 0.f, 1e-30);
  EXPECT_EQ(x[2], 0.f);
  EXPECT_FLOAT_EQ(x[3], 1000.f);
  EXPECT_FLOAT_EQ(x[4], 1e12f);
}

TEST_P(Elementwise, SwigluOaiMatchesTheReferenceOnBothSidesOfItsLimit) {
  constexpr std::size_t kCount = 1031;
  std::vector<float> gate(kCount), out = unwritten(kCount);
  const std::vector<float> up = random_floats(kCount, 9.f, 3);
  for (std::size_t i = 0; i < kCount; ++i) gate[i] = -30.f + 60.f * static_cast<float>(i) / kCount;
  std::vector<double> want(kCount);
  swiglu_oai_ref(gate.data(), up.data(), want.data(), kCount, 1.702f, 7.f);
  swiglu_oai(gate.data(), up.data(), out.data(), kCount, 1.702f, 7.f);
  expect_near(out, want, 1e-6, 2e-6, "swiglu_oai");
  swiglu_oai(gate.data(), up.data(), gate.data(), kCount, 1.702f, 7.f);
  EXPECT_EQ(gate, out);
}

TEST(AddScaled, AddsAMultipleIntoTheSecondOperand) {
  const std::vector<float> x = random_floats(37, 1.f, 4);
  std::vector<float> y = random_floats(37, 1.f, 5);
  const std::vector<float> before = y;
  add_scaled(x.data(), 0.22f, y.data(), 37);
  for (std::size_t i = 0; i < y.size(); ++i) EXPECT_NEAR(y[i], before[i] + 0.22f * x[i], 1e-6);
  scale(y.data(), 2.f, 36);
  EXPECT_NEAR(y[35], 2 * (before[35] + 0.22f * x[35]), 2e-6);
  EXPECT_NEAR(y[36], before[36] + 0.22f * x[36], 1e-6);
}

TEST(Add, AddsIntoTheSecondOperand) {
  const std::vector<float> x = random_floats(37, 1.f, 4);
  std::vector<float> y = random_floats(37, 1.f, 5);
  const std::vector<float> before = y;
  add(x.data(), y.data(), 37);
  for (std::size_t i = 0; i < y.size(); ++i) EXPECT_EQ(y[i], before[i] + x[i]);
}

struct RopeCase {
  int heads, head_dim, n_freqs;
  RopePairs pairs;
};

TEST(Rope, MatchesTheReferenceForBothPairingsAndPartialRotation) {
  const RopeCase cases[] = {{1, 2, 1, RopePairs::kHalves},       {3, 24, 12, RopePairs::kHalves},
                            {3, 24, 12, RopePairs::kAdjacent},   {14, 64, 32, RopePairs::kHalves},
                            {2, 96, 20, RopePairs::kAdjacent},   {2, 96, 20, RopePairs::kHalves},
                            {2, 256, 128, RopePairs::kAdjacent}, {2, 256, 128, RopePairs::kHalves}};
  const std::vector<std::int32_t> pos = {0, 1, 63, 4095, 131071};
  const int tokens = static_cast<int>(pos.size());
  for (const RopeCase& c : cases) {
    std::vector<float> inv_freq(static_cast<std::size_t>(c.n_freqs));
    for (int i = 0; i < c.n_freqs; ++i)
      inv_freq[static_cast<std::size_t>(i)] =
          std::pow(1e4f, -static_cast<float>(i) / static_cast<float>(c.n_freqs));
    const auto n = static_cast<std::size_t>(tokens * c.heads * c.head_dim);
    std::vector<float> x = random_floats(n, 1.f, 6);
    std::vector<double> want(n);
    rope_ref(x.data(), pos.data(), inv_freq.data(), c.n_freqs, tokens, c.heads, c.head_dim, c.pairs,
             1.25f, want.data());
    rope(x.data(), pos.data(), inv_freq.data(), c.n_freqs, tokens, c.heads, c.head_dim, c.pairs,
         1.25f);
    expect_near(x, want, 2e-6, 1e-6, "rope of head size " + std::to_string(c.head_dim));
  }
}

TEST(Softmax, ReferenceSumsToOneAndIgnoresAConstant) {
  std::vector<double> a = {1, 2, 3, -4}, b = {1001, 1002, 1003, 996};
  softmax_ref(a);
  softmax_ref(b);
  EXPECT_NEAR(std::accumulate(a.begin(), a.end(), 0.0), 1.0, 1e-12);
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-12);
}

}  // namespace
}  // namespace curlew::kernels
