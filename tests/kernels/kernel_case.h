// What the kernel tests share: random numbers, files of tests/data, every CPU path of this machine.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "kernels/cpu/kernel_table.h"
#include "kernels/ops.h"

namespace curlew::kernels {

inline std::vector<float> random_floats(std::size_t n, float scale, std::uint32_t seed) {
  std::mt19937 rng(seed);
  std::normal_distribution<float> normal(0.f, scale);
  std::vector<float> out(n);
  for (float& v : out) v = normal(rng);
  return out;
}

// NaN wherever an operation forgets to write.
inline std::vector<float> unwritten(std::size_t n) {
  return std::vector<float>(n, std::nanf(""));
}

inline std::string read_data(const std::string& name) {
  std::ifstream file(std::string(CURLEW_SOURCE_DIR) + "/tests/data/" + name, std::ios::binary);
  EXPECT_TRUE(file.good()) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::vector<float> read_floats(const std::string& name) {
  const std::string bytes = read_data(name);
  std::vector<float> out(bytes.size() / sizeof(float));
  std::copy_n(bytes.data(), out.size() * sizeof(float), reinterpret_cast<char*>(out.data()));
  return out;
}

// Each |got - want| <= abs + rel * |want|.
inline void expect_near(const std::vector<float>& got, const std::vector<double>& want, double abs,
                        double rel, const std::string& what) {
  ASSERT_EQ(got.size(), want.size()) << what;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double limit = abs + rel * std::fabs(want[i]);
    ASSERT_LE(std::fabs(got[i] - want[i]), limit) << what << " at " << i << " of " << got.size()
                                                  << ": got " << got[i] << ", want " << want[i];
  }
}

// Runs a test once per CPU path; paths this machine lacks are skipped with a reason.
class OnEveryPath : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (!set_cpu_path(GetParam())) GTEST_SKIP() << "this CPU or build has no " << GetParam();
    ASSERT_STREQ(cpu_path_name(), GetParam());
  }
  void TearDown() override { set_cpu_path(nullptr); }
};

#if defined(__aarch64__)
inline constexpr const char* kPaths[] = {"plain", "neon", "neon-dotprod"};
#else
inline constexpr const char* kPaths[] = {"plain", "avx2", "avx2-vnni", "avx512-vnni",
                                         "avx512-bf16"};
#endif

#define INSTANTIATE_ON_EVERY_PATH(Suite)                                         \
  INSTANTIATE_TEST_SUITE_P(Paths, Suite, testing::ValuesIn(kPaths),              \
                           [](const testing::TestParamInfo<const char*>& info) { \
                             std::string name = info.param;                      \
                             for (char& c : name) c = c == '-' ? '_' : c;        \
                             return name;                                        \
                           })

}  // namespace curlew::kernels
