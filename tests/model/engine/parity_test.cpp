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

// A cache in half precision rounds keys and values; BF16 weights may have activations rounded.
double unquantised_limit(const Reference& ref, kernels::KvType kv) {
  const bool rounds = std::string_view(kernels::cpu_path_name()) == "avx512-bf16";
  if (rounds && ref.facts["tensor_types"].contains("BF16")) return 0.3;
  return kv == kernels::KvType::kF32 ? 1e-3 : 0.1;
}

void expect_logits(Engine& engine, const Reference& ref) {
  const Difference exact = compare(engine, ref, ref.exact, "exact");
  if (!is_quantised(ref)) {
    EXPECT_LE(exact.max_abs(), unquantised_limit(ref, engine.kv_type()));
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

// A step of the reference's continuation binds us where its choice is more than a matter of
// rounding: this many of its own rms errors ahead of the second best.
constexpr double kBindingMargin = 4;

std::unique_ptr<Engine> load_exact(const Reference& ref, const TempFile& copy) {
  Expected<ModelFile> file = ModelFile::open(ref.model);
  if (!file) return nullptr;
  dequantised_copy(*file).write(copy.path());
  return load({.model = copy.path(), .threads = 1, .kv = KvPrecision::kF32});
}

// By how much the weights themselves, without 8-bit activations, prefer `want` to `got` after the
// text. Now and then the reference's lead is itself its rounding.
double exact_lead(const Reference& ref, std::span<const TokenId> text, TokenId want, TokenId got) {
  const TempFile copy(ref.model.stem().string() + "-exact.gguf");
  const auto engine = load_exact(ref, copy);
  if (engine == nullptr) return 0;
  const Expected<std::vector<float>> logits = engine->logits(text);
  const auto last = std::span(*logits).last(static_cast<std::size_t>(engine->config().n_vocab));
  return double{last[static_cast<std::size_t>(want)]} - last[static_cast<std::size_t>(got)];
}

// Step by step, until the reference's choice is a matter of rounding.
void expect_greedy(Engine& engine, const Reference& ref) {
  const double rms = ref.facts["stats"]["cpu_vs_exact"]["rms"];
  for (const auto& prompt : ref.facts["prompts"]) {
    auto text = prompt["ids"].get<std::vector<TokenId>>();
    const auto want = prompt["greedy_ids"].get<std::vector<TokenId>>();
    const auto margins = prompt["greedy_margins"].get<std::vector<double>>();
    Expected<Generation> got = engine.generate(
        {.prompt = text, .new_tokens_max = static_cast<int>(want.size()), .ignore_end = true}, {});
    ASSERT_TRUE(got) << got.error().message();
    ASSERT_EQ(got->tokens.size(), want.size());
    EXPECT_EQ(got->finish, Finish::kLength);
    for (std::size_t i = 0; i < want.size() && margins[i] >= kBindingMargin * rms; ++i) {
      if (got->tokens[i] != want[i]) {
        EXPECT_LT(exact_lead(ref, text, want[i], got->tokens[i]), kBindingMargin * rms)
            << prompt["name"] << ", step " << i << ": " << got->tokens[i] << " for " << want[i];
        break;
      }
      text.push_back(want[i]);
    }
  }
}

std::string name_of(const ::testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::ranges::replace(name, '-', '_');
  return name;
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
  const TempFile copy(GetParam() + "-f32.gguf");
  const auto engine = load_exact(ref, copy);
  ASSERT_NE(engine, nullptr);
  EXPECT_LE(compare(*engine, ref, ref.exact, "exact").max_abs(), 1e-3);
}

INSTANTIATE_TEST_SUITE_P(Files, SmallModel,
                         ::testing::Values("llama-t-Q4_0", "llama-bias-t-F16", "llama3-t-Q8_0",
                                           "qwen2-t-Q4_0", "qwen3-t-Q8_0", "qwen3moe-t-Q8_0",
                                           "starcoder2-t-Q8_0", "starcoder2-window-t-F16",
                                           "gemma-t-Q8_0", "granite-t-Q8_0", "deepseek2-t-Q8_0",
                                           "deepseek2-joined-t-F16", "stablelm-t-F16",
                                           "stablelm-parallel-t-F16", "gpt-oss-t-MXFP4"),
                         name_of);

class SharedModel : public ::testing::TestWithParam<std::string> {};

TEST_P(SharedModel, HasTheKnownLogitsAndGreedyContinuation) {
  if (!std::filesystem::exists(shared_fixtures())) GTEST_SKIP() << "needs ../shared/fixtures";
  const Reference ref = shared_reference(GetParam());
  auto engine = load({.model = ref.model, .threads = 1, .kv = KvPrecision::kF32});
  ASSERT_NE(engine, nullptr);
  expect_logits(*engine, ref);
  expect_greedy(*engine, ref);
}

// Whatever the set has; without it one test stands here to say that it is missing.
std::vector<std::string> shared_models() {
  std::vector<std::string> names;
  std::error_code missing;
  for (const auto& entry :
       std::filesystem::directory_iterator(shared_fixtures() / "models", missing))
    if (entry.path().extension() == ".gguf") names.push_back(entry.path().stem());
  std::ranges::sort(names);
  if (names.empty()) names.push_back("missing");
  return names;
}

INSTANTIATE_TEST_SUITE_P(Files, SharedModel, ::testing::ValuesIn(shared_models()), name_of);

}  // namespace
}  // namespace curlew::model::testing
