// Logits and greedy continuations against an independent float64 program, within tolerances that
// follow from the weight type: float weights meet float32 activations and agree to 1e-3; quantised
// weights meet 8-bit activations, and may be off by about as much as the best known implementation
// is.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tests/model/engine/fixtures.h"

namespace curlew::model::testing {
namespace {

struct Difference {
  double square_sum = 0, kl_sum = 0;
  std::size_t values = 0;
  std::vector<double> position_max;

  void add(std::span<const float> got, std::span<const float> want) {
    double max = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
      const double d = std::abs(double{got[i]} - want[i]);
      EXPECT_TRUE(std::isfinite(got[i]));
      max = std::max(max, d);
      square_sum += d * d;
    }
    values += got.size();
    position_max.push_back(max);
    kl_sum += kl_divergence(want, got);
  }

  double rms() const { return std::sqrt(square_sum / static_cast<double>(values)); }
  double mean_kl() const { return kl_sum / static_cast<double>(position_max.size()); }
  double max_abs() const { return *std::ranges::max_element(position_max); }
  double position_p95() const {
    std::vector<double> sorted = position_max;
    std::ranges::sort(sorted);
    return sorted[(sorted.size() - 1) * 95 / 100];
  }

 private:
  static double log_sum_exp(std::span<const float> x) {
    const double top = *std::ranges::max_element(x);
    double sum = 0;
    for (float v : x) sum += std::exp(v - top);
    return top + std::log(sum);
  }
  static double kl_divergence(std::span<const float> p, std::span<const float> q) {
    const double zp = log_sum_exp(p), zq = log_sum_exp(q);
    double kl = 0;
    for (std::size_t i = 0; i < p.size(); ++i)
      kl += std::exp(p[i] - zp) * ((p[i] - zp) - (q[i] - zq));
    return kl;
  }
};

Difference compare(Engine& engine, const Reference& ref, const Table& table, const char* kind) {
  Difference difference;
  for (const auto& prompt : ref.facts["prompts"]) {
    const auto ids = prompt["ids"].get<std::vector<TokenId>>();
    Expected<std::vector<float>> logits = engine.logits(ids);
    if (!logits) {
      ADD_FAILURE() << logits.error().message();
      continue;
    }
    const auto positions = prompt[std::string(kind) + "_positions"].get<std::vector<std::size_t>>();
    const std::size_t first_row = prompt[std::string(kind) + "_rows"][0];
    for (std::size_t i = 0; i < positions.size(); ++i)
      difference.add(std::span(*logits).subspan(positions[i] * table.cols, table.cols),
                     table.row(first_row + i));
  }
  return difference;
}

bool is_quantised(const Reference& ref) {
  for (const auto& [type, count] : ref.facts["tensor_types"].items())
    if (type != "F32" && type != "F16" && type != "BF16") return true;
  return false;
}

void expect_logits(Engine& engine, const Reference& ref) {
  const Difference exact = compare(engine, ref, ref.exact, "exact");
  if (!is_quantised(ref)) {
    EXPECT_LE(exact.max_abs(), 1e-3);
    return;
  }
  const auto& allowed = ref.facts["stats"]["cpu_vs_exact"];
  EXPECT_LE(exact.rms(), 1.3 * allowed["rms"].get<double>());
  EXPECT_LE(exact.mean_kl(), 1.6 * allowed["mean_kl"].get<double>());
  EXPECT_LE(exact.position_p95(),
            1.4 * allowed["max_abs_per_position_p50_p90_p95_p99"][2].get<double>());
  EXPECT_GT(exact.rms(), 0);
  if (ref.cpu.rows > 0) {
    EXPECT_LE(compare(engine, ref, ref.cpu, "cpu").rms(), 1.5 * allowed["rms"].get<double>());
  }
}

// How far ahead, in rms errors of the reference, its choice must be to bind us: its own rule. One
// file is excepted by name: at step 5 of its short prompt the reference's margin is 4.7 rms, but in
// exact arithmetic the two tokens are 0.056 apart, 1.2 rms, so that the reference's lead there is
// itself rounding.
double binding_margin(const Reference& ref) {
  return ref.model.stem() == "llama-t-Q8_0" ? 6 : 4;
}

// Step by step, until the reference's choice is a matter of rounding.
void expect_greedy(Engine& engine, const Reference& ref) {
  const double rms = ref.facts["stats"]["cpu_vs_exact"]["rms"];
  for (const auto& prompt : ref.facts["prompts"]) {
    const auto want = prompt["greedy_ids"].get<std::vector<TokenId>>();
    const auto margins = prompt["greedy_margins"].get<std::vector<double>>();
    Expected<Generation> got = engine.generate({.prompt = prompt["ids"].get<std::vector<TokenId>>(),
                                                .new_tokens_max = static_cast<int>(want.size()),
                                                .ignore_end = true},
                                               {});
    ASSERT_TRUE(got) << got.error().message();
    ASSERT_EQ(got->tokens.size(), want.size());
    EXPECT_EQ(got->finish, Finish::kLength);
    for (std::size_t i = 0; i < want.size() && margins[i] >= binding_margin(ref) * rms; ++i)
      ASSERT_EQ(got->tokens[i], want[i]) << prompt["name"] << ", step " << i;
  }
}

class SmallModel : public ::testing::TestWithParam<std::string> {};

TEST_P(SmallModel, HasTheKnownLogitsAndGreedyContinuation) {
  const Reference ref = small_reference(GetParam());
  for (const int threads : {1, 2}) {
    for (const KvPrecision kv : {KvPrecision::kF32, KvPrecision::kF16}) {
      auto engine = load({.model = ref.model, .threads = threads, .kv = kv});
      ASSERT_NE(engine, nullptr);
      expect_logits(*engine, ref);
      if (kv == KvPrecision::kF32) expect_greedy(*engine, ref);
    }
  }
}

// The references are exact for the dequantised weights, so a float32 copy must meet them closely.
TEST_P(SmallModel, IsExactOnceDequantised) {
  const Reference ref = small_reference(GetParam());
  Expected<ModelFile> file = ModelFile::open(ref.model);
  ASSERT_TRUE(file) << file.error().message();
  const TempFile copy(GetParam() + "-f32.gguf");
  dequantised_copy(*file).write(copy.path());
  auto engine = load({.model = copy.path(), .threads = 1});
  ASSERT_NE(engine, nullptr);
  EXPECT_LE(compare(*engine, ref, ref.exact, "exact").max_abs(), 1e-3);
}

INSTANTIATE_TEST_SUITE_P(Files, SmallModel,
                         ::testing::Values("llama-t-Q4_0", "qwen2-t-Q4_0", "llama3-t-Q8_0"));

class SharedModel : public ::testing::TestWithParam<std::string> {};

TEST_P(SharedModel, HasTheKnownLogitsAndGreedyContinuation) {
  if (!std::filesystem::exists(shared_fixtures())) GTEST_SKIP() << "needs ../shared/fixtures";
  const Reference ref = shared_reference(GetParam());
  auto engine = load({.model = ref.model, .threads = 1, .kv = KvPrecision::kF32});
  ASSERT_NE(engine, nullptr);
  expect_logits(*engine, ref);
  expect_greedy(*engine, ref);
}

INSTANTIATE_TEST_SUITE_P(
    Files, SharedModel,
    ::testing::Values("llama-t-F32", "llama-t-F16", "llama-t-BF16", "llama-t-Q8_0", "llama-t-Q4_0",
                      "llama-t-Q4_K_M", "llama-k-Q8_0", "llama-k-Q4_0", "llama-k-Q4_K_M",
                      "llama-k-Q5_K_M", "llama-k-Q6_K", "llama-k-Q3_K_M", "llama-k-Q2_K",
                      "llama-k-IQ4_XS", "llama-k-MXFP4", "llama-linear-t-F32",
                      "llama-linear-t-Q8_0", "llama3-t-F32", "llama3-t-Q8_0", "qwen2-t-F32",
                      "qwen2-t-F16", "qwen2-t-BF16", "qwen2-t-Q8_0", "qwen2-t-Q4_0",
                      "qwen2-t-Q4_K_M", "qwen2-k-Q8_0", "qwen2-k-Q4_0", "qwen2-k-Q4_K_M",
                      "qwen2-k-Q5_K_M", "qwen2-k-Q6_K", "qwen2-k-Q3_K_M", "qwen2-k-IQ4_XS",
                      "qwen2-yarn-t-F32"));

}  // namespace
}  // namespace curlew::model::testing
