// Blocks that another implementation quantised, with the values it gives them (tests/data/quants).
#include <bit>
#include <map>

#include "kernels/cpu/half.h"
#include "kernels/reference/reference.h"
#include "tests/kernels/random_weights.h"

namespace curlew::kernels {
namespace {

constexpr int kRows = 4, kCols = 512;

std::string data_name(WeightType type) {
  std::string name = weight_type_name(type);
  for (std::size_t i = 0; i < name.size(); ++i)
    if (!(name.size() == 4 && i == 3 && name[i] == 'K'))
      name[i] = static_cast<char>(std::tolower(name[i]));
  return name;
}

class Dequantize : public testing::TestWithParam<WeightType> {};

TEST_P(Dequantize, GivesTheValuesOfTheFixtureToOneUlp) {
  const WeightType type = GetParam();
  const std::string bytes = read_data("quants/" + data_name(type) + ".bin");
  const std::vector<float> want = read_floats("quants/" + data_name(type) + ".f32");
  ASSERT_EQ(want.size(), std::size_t{kRows * kCols});
  const MatrixView view{type, bytes.data(), kRows, kCols};
  ASSERT_EQ(bytes.size(), view.row_bytes() * kRows);
  std::vector<float> got = unwritten(want.size());
  for (int r = 0; r < kRows; ++r)
    dequantize(type, bytes.data() + view.row_bytes() * r, got.data() + r * kCols, kCols);
  for (std::size_t i = 0; i < want.size(); ++i)
    ASSERT_LE(std::fabs(got[i] - want[i]), std::fabs(want[i]) * 0x1p-23f) << "element " << i;
}

TEST_P(Dequantize, ReadsBlocksAtOddAddresses) {
  const WeightType type = GetParam();
  const std::string bytes = read_data("quants/" + data_name(type) + ".bin");
  const std::string shifted = "x" + bytes;
  std::vector<float> want(kCols), got = unwritten(kCols);
  dequantize(type, bytes.data(), want.data(), kCols);
  dequantize(type, shifted.data() + 1, got.data(), kCols);
  EXPECT_EQ(want, got);
}

INSTANTIATE_TEST_SUITE_P(Types, Dequantize,
                         testing::Values(WeightType::kF16, WeightType::kBF16, WeightType::kQ4_0,
                                         WeightType::kQ4_1, WeightType::kQ5_0, WeightType::kQ5_1,
                                         WeightType::kQ8_0, WeightType::kQ2_K, WeightType::kQ3_K,
                                         WeightType::kQ4_K, WeightType::kQ5_K, WeightType::kQ6_K,
                                         WeightType::kIQ4_NL, WeightType::kIQ4_XS,
                                         WeightType::kMXFP4),
                         [](const auto& info) { return weight_type_name(info.param); });

TEST(BlockShape, IsZeroForNumbersThatAreNoType) {
  for (const std::uint32_t number : {4u, 5u, 9u, 15u, 16u, 31u, 38u, 1000u}) {
    const auto type = static_cast<WeightType>(number);
    EXPECT_EQ(block_shape(type).elements, 0);
    EXPECT_EQ(block_shape(type).bytes, 0);
    EXPECT_STREQ(weight_type_name(type), "?");
  }
}

TEST(HalfPrecision, SurvivesARoundTripForEveryNumber) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float value = f16_to_f32(half);
    if (std::isnan(value))
      EXPECT_TRUE(std::isnan(f16_to_f32(f32_to_f16(value))));
    else
      ASSERT_EQ(f32_to_f16(value), half);
  }
}

TEST(HalfPrecision, RoundsTiesToEvenAndOverflowsToInfinity) {
  EXPECT_EQ(f32_to_f16(1.f + 0x1p-11f), 0x3c00);      // halfway, down to even
  EXPECT_EQ(f32_to_f16(1.f + 3 * 0x1p-11f), 0x3c02);  // halfway, up to even
  EXPECT_EQ(f32_to_f16(65519.f), 0x7bff);
  EXPECT_EQ(f32_to_f16(-65520.f), 0xfc00);
  EXPECT_EQ(f32_to_f16(0x1p-25f), 0);  // half the smallest subnormal, down to even
  EXPECT_EQ(f32_to_f16(std::nextafter(0x1p-25f, 1.f)), 1);
}

}  // namespace
}  // namespace curlew::kernels
