// The quantisers: their errors against another implementation's and against known bounds, and what
// they do with inputs that hurt. tests/data/quants/src.f32 is what that implementation was given.
#include "kernels/quantize.h"

#include <limits>
#include <map>

#include "kernels/cpu/quantize_codes.h"
#include "tests/kernels/random_weights.h"

namespace curlew::kernels {
namespace {

std::string data_name(WeightType type) {
  std::string name = weight_type_name(type);
  for (std::size_t i = 0; i < name.size(); ++i)
    if (!(name.size() == 4 && i == 3 && name[i] == 'K'))
      name[i] = static_cast<char>(std::tolower(name[i]));
  return name;
}

std::vector<std::uint8_t> blocks_of(WeightType type, const std::vector<float>& x) {
  const MatrixView view{type, nullptr, 1, static_cast<std::int64_t>(x.size())};
  std::vector<std::uint8_t> out(view.row_bytes());
  quantize(type, x.data(), out.data(), view.cols);
  return out;
}

std::vector<float> round_trip(WeightType type, const std::vector<float>& x) {
  const std::vector<std::uint8_t> blocks = blocks_of(type, x);
  std::vector<float> out = unwritten(x.size());
  dequantize(type, blocks.data(), out.data(), static_cast<std::int64_t>(x.size()));
  return out;
}

double rmse(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::pow(double{a[i]} - b[i], 2);
  return std::sqrt(sum / static_cast<double>(a.size()));
}

std::string name_of(const testing::TestParamInfo<WeightType>& info) {
  return weight_type_name(info.param);
}

class Quantize : public testing::TestWithParam<WeightType> {};
INSTANTIATE_TEST_SUITE_P(Types, Quantize, testing::ValuesIn(all_weight_types()), name_of);

TEST_P(Quantize, ErrsNoMoreThanTheFixturesBlocks) {
  if (GetParam() == WeightType::kF32) GTEST_SKIP() << "exact";
  const std::vector<float> src = read_floats("quants/src.f32");
  const std::vector<float> theirs = read_floats("quants/" + data_name(GetParam()) + ".f32");
  ASSERT_EQ(src.size(), theirs.size());
  EXPECT_LE(rmse(src, round_trip(GetParam(), src)), rmse(src, theirs));
}

// Relative error on normally distributed weights, two percent above what was measured when the
// searches were written.
TEST_P(Quantize, KeepsItsErrorOnNormalWeights) {
  const std::map<WeightType, double> kLimits = {
      {WeightType::kF32, 0.0},      {WeightType::kF16, 0.00022},   {WeightType::kBF16, 0.0017},
      {WeightType::kQ4_0, 0.0823},  {WeightType::kQ4_1, 0.0698},   {WeightType::kQ5_0, 0.0407},
      {WeightType::kQ5_1, 0.0337},  {WeightType::kQ8_0, 0.0049},   {WeightType::kQ2_K, 0.2630},
      {WeightType::kQ3_K, 0.1459},  {WeightType::kQ4_K, 0.0704},   {WeightType::kQ5_K, 0.0347},
      {WeightType::kQ6_K, 0.0171},  {WeightType::kIQ4_NL, 0.0746}, {WeightType::kIQ4_XS, 0.0750},
      {WeightType::kMXFP4, 0.1136},
  };
  const std::vector<float> x = random_floats(1 << 15, 0.02f, 7);
  EXPECT_LE(rmse(x, round_trip(GetParam(), x)) / 0.02, kLimits.at(GetParam()));
}

TEST_P(Quantize, WritesEveryBlockByItselfAtAnyAddress) {
  const std::vector<float> x = random_floats(4 * kSuperBlock, 1.f, 3);
  const std::vector<std::uint8_t> whole = blocks_of(GetParam(), x);
  const std::size_t quarter = whole.size() / 4;
  std::vector<std::uint8_t> parts(whole.size() + 1, 0xcd);
  for (std::size_t i = 4; i-- > 0;)
    quantize(GetParam(), x.data() + i * kSuperBlock, parts.data() + 1 + i * quarter, kSuperBlock);
  EXPECT_EQ(parts[0], 0xcd);
  parts.erase(parts.begin());
  EXPECT_EQ(parts, whole);
}

TEST_P(Quantize, KeepsZerosExactly) {
  for (const float value : round_trip(GetParam(), std::vector<float>(kSuperBlock, 0.f)))
    ASSERT_EQ(value, 0.f);
  // A block of zeros beside others, which share its super-block.
  std::vector<float> x = random_floats(kSuperBlock, 1.f, 5);
  std::fill_n(x.begin() + 64, 32, 0.f);
  const std::vector<float> got = round_trip(GetParam(), x);
  for (int i = 64; i < 96; ++i) ASSERT_EQ(got[i], 0.f) << i;
}

TEST_P(Quantize, StaysFiniteAndCloseAtTheEndsOfItsRange) {
  const float largest = largest_magnitude(GetParam());
  for (const float scale : {largest, 1e-3f, 1e-6f, 1e-12f, 1e-30f, 1e-42f}) {
    std::vector<float> x = random_floats(kSuperBlock, 1.f, 11);
    for (float& v : x) v = std::clamp(v, -1.f, 1.f) * scale;
    x[3] = scale, x[40] = -scale;
    ASSERT_EQ(first_unquantizable(GetParam(), x.data(), kSuperBlock), -1);
    for (const float value : round_trip(GetParam(), x)) {
      ASSERT_TRUE(std::isfinite(value)) << scale;
      ASSERT_LE(std::fabs(value) / 2.f, scale);  // half a level past the end, where levels are wide
    }
  }
}

TEST_P(Quantize, HandlesOneSidedConstantAndSpikyBlocks) {
  std::vector<float> positive = random_floats(kSuperBlock, 1.f, 13), spike(kSuperBlock, 0.f);
  for (float& v : positive) v = 3.f + std::fabs(v);
  spike[77] = -5.f;
  const std::vector<float> constant(kSuperBlock, 0.75f);
  for (const std::vector<float>& x : {positive, spike, constant}) {
    double energy = 0;
    for (const float v : x) energy += double{v} * v;
    const double relative = rmse(x, round_trip(GetParam(), x)) / std::sqrt(energy / kSuperBlock);
    EXPECT_LE(relative, GetParam() == WeightType::kMXFP4 ? 0.2 : 0.13);
  }
}

TEST_P(Quantize, NamesTheFirstElementItCannotHold) {
  const float largest = largest_magnitude(GetParam());
  const float infinity = std::numeric_limits<float>::infinity();
  for (const float bad : {std::nanf(""), infinity, -infinity, std::nextafter(largest, infinity)}) {
    std::vector<float> x = random_floats(kSuperBlock, 1.f, 17);
    x[90] = bad, x[200] = bad;
    EXPECT_EQ(first_unquantizable(GetParam(), x.data(), kSuperBlock), 90) << bad;
  }
}

TEST_P(Quantize, JoinsTheBlocksThatItSplit) {
  if (is_float(GetParam())) GTEST_SKIP() << "no blocks";
  const RandomMatrix m = random_matrix(GetParam(), 8, 2 * kSuperBlock, 19);
  const auto step = static_cast<std::size_t>(block_shape(GetParam()).bytes);
  std::vector<std::uint8_t> joined(step);
  for (std::size_t at = 0; at < m.bytes.size(); at += step) {
    BlockCodes codes;
    split_block(GetParam(), m.bytes.data() + at, codes);
    join_block(GetParam(), codes, joined.data());
    ASSERT_TRUE(std::equal(joined.begin(), joined.end(), m.bytes.begin() + at)) << "byte " << at;
  }
}

TEST(QuantizeMxfp4, JoinsEveryExponent) {
  for (int e = 0; e < 256; ++e) {
    BlockMXFP4 block{static_cast<std::uint8_t>(e), {}}, joined;
    BlockCodes codes;
    split_block(WeightType::kMXFP4, &block, codes);
    join_block(WeightType::kMXFP4, codes, &joined);
    ASSERT_EQ(joined.e, e);
  }
}

}  // namespace
}  // namespace curlew::kernels
