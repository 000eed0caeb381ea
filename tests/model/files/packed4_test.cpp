#include "model/files/packed4.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

#include "kernels/cpu/half.h"
#include "tests/model/gguf_writer.h"

namespace curlew::model {
namespace {

using ::testing::AllOf;
using testing::bytes_of;
using ::testing::HasSubstr;
using Method = Packed4Format::Method;

// A random matrix in four bits: codes and zeros as they are meant, then packed as a checkpoint
// packs them, column by column, straight from the format's description.
struct Case {
  Method method;
  std::int64_t inputs, outputs, group;  // group -1: one for all
  int zero_offset = 0;                  // subtracted from the zeros that are stored
  bool symmetric = false;
  bool shuffled = false;  // GPTQ's act-order

  std::int64_t group_size() const { return group < 0 ? inputs : group; }
  std::int64_t groups() const { return (inputs + group_size() - 1) / group_size(); }
  Packed4Format format() const { return {method, group, zero_offset}; }
};

class Checkpoint {
 public:
  explicit Checkpoint(const Case& c) : c_(c), rng_(7) {
    const auto count = static_cast<std::size_t>(c.inputs * c.outputs);
    const auto groups = static_cast<std::size_t>(c.groups() * c.outputs);
    for (std::size_t i = 0; i < count; ++i) codes_.push_back(pick(16));
    for (std::size_t i = 0; i < groups; ++i) {
      zeros_.push_back(c.symmetric ? 8 : pick(16) + c.zero_offset);
      scales_.push_back(kernels::f32_to_f16(0.001f + 0.0001f * static_cast<float>(pick(200))));
    }
    for (std::int64_t i = 0; i < c.inputs; ++i)
      group_of_.push_back(static_cast<std::int32_t>(i / c.group_size()));
    if (c.shuffled) std::shuffle(group_of_.begin(), group_of_.end(), rng_);
    pack();
  }

  double value(std::int64_t out, std::int64_t in) const {
    const auto at =
        static_cast<std::size_t>(group_of_[static_cast<std::size_t>(in)] * c_.outputs + out);
    return (codes_[static_cast<std::size_t>(in * c_.outputs + out)] - zeros_[at]) *
           static_cast<double>(kernels::f16_to_f32(scales_[at]));
  }
  double step(std::int64_t out, std::int64_t in) const {
    const auto at =
        static_cast<std::size_t>(group_of_[static_cast<std::size_t>(in)] * c_.outputs + out);
    return kernels::f16_to_f32(scales_[at]);
  }

  Packed4Module module() const {
    return {&qweight, &qzeros, &scales, c_.method == Method::kGptq ? &g_idx : nullptr};
  }
  SafeTensor qweight, qzeros, scales, g_idx;

 private:
  int pick(int n) { return static_cast<int>(rng_() % static_cast<unsigned>(n)); }

  // AWQ lets column 8c + kColumns[k] stand in nibble k of word c.
  static void put(std::vector<std::uint32_t>& words, std::int64_t word, std::int64_t nibble,
                  int code) {
    words[static_cast<std::size_t>(word)] |= static_cast<std::uint32_t>(code & 15) << (4 * nibble);
  }
  std::int64_t nibble_of_column(std::int64_t column) const {
    constexpr int kColumns[] = {0, 2, 4, 6, 1, 3, 5, 7};
    if (c_.method == Method::kGptq) return column % 8;
    for (int k = 0; k < 8; ++k)
      if (kColumns[k] == column % 8) return k;
    return -1;
  }
  void pack() {
    const std::int64_t in = c_.inputs, out = c_.outputs;
    std::vector<std::uint32_t> weights(static_cast<std::size_t>(in * out / 8)),
        zeros(static_cast<std::size_t>(c_.groups() * out / 8));
    for (std::int64_t i = 0; i < in; ++i) {
      for (std::int64_t o = 0; o < out; ++o) {
        const int code = codes_[static_cast<std::size_t>(i * out + o)];
        if (c_.method == Method::kGptq)
          put(weights, i / 8 * out + o, i % 8, code);
        else
          put(weights, i * (out / 8) + o / 8, nibble_of_column(o), code);
      }
    }
    for (std::int64_t g = 0; g < c_.groups(); ++g)
      for (std::int64_t o = 0; o < out; ++o)
        put(zeros, g * (out / 8) + o / 8, nibble_of_column(o),
            zeros_[static_cast<std::size_t>(g * out + o)] - c_.zero_offset);
    weight_bytes_ = bytes_of(weights);
    zero_bytes_ = bytes_of(zeros);
    scale_bytes_ = bytes_of(scales_);
    index_bytes_ = bytes_of(group_of_);
    const bool gptq = c_.method == Method::kGptq;
    qweight = {"w.qweight", "I32", {gptq ? in / 8 : in, gptq ? out : out / 8}, weight_bytes_};
    qzeros = {"w.qzeros", "I32", {c_.groups(), out / 8}, zero_bytes_};
    scales = {"w.scales", "F16", {c_.groups(), out}, scale_bytes_};
    g_idx = {"w.g_idx", "I32", {in}, index_bytes_};
  }

  Case c_;
  std::mt19937 rng_;
  std::vector<int> codes_;  // [in, out]
  std::vector<int> zeros_;  // [groups, out]
  std::vector<std::uint16_t> scales_;
  std::vector<std::int32_t> group_of_;
  std::vector<std::byte> weight_bytes_, zero_bytes_, scale_bytes_, index_bytes_;
};

std::vector<float> values_of(const Packed4Matrix& m) {
  std::vector<float> values(static_cast<std::size_t>(m.inputs * m.outputs));
  kernels::dequantize(m.type, m.bytes.data(), values.data(), m.inputs * m.outputs);
  return values;
}

class Packed4 : public ::testing::TestWithParam<Case> {};
TEST_P(Packed4, HasTheCheckpointsValues) {
  const Case& c = GetParam();
  const Checkpoint checkpoint(c);
  GgufImage image;
  const auto made = unpack_packed4(checkpoint.module(), c.format(), "w", image);
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_EQ(made->type, c.shuffled ? kernels::WeightType::kF16 : kernels::WeightType::kQ4_1);
  ASSERT_EQ(made->inputs, c.inputs);
  ASSERT_EQ(made->outputs, c.outputs);
  const std::vector<float> values = values_of(*made);
  double worst_steps = 0;
  for (std::int64_t o = 0; o < c.outputs; ++o) {
    for (std::int64_t i = 0; i < c.inputs; ++i) {
      const double off =
          values[static_cast<std::size_t>(o * c.inputs + i)] - checkpoint.value(o, i);
      worst_steps = std::max(worst_steps, std::abs(off) / checkpoint.step(o, i));
    }
  }
  // Half precision of zero * scale (or of the value), in steps of the quantisation; float32's
  // rounding where that is exact.
  EXPECT_LE(worst_steps, c.symmetric && !c.shuffled ? 1e-5 : 16 * 0x1p-11);
}
INSTANTIATE_TEST_SUITE_P(
    Cases, Packed4,
    ::testing::Values(Case{Method::kAwq, 64, 8, 32}, Case{Method::kAwq, 256, 24, 128},
                      Case{Method::kAwq, 128, 264, 64}, Case{Method::kAwq, 96, 16, -1},
                      Case{Method::kGptq, 64, 8, 32, 1}, Case{Method::kGptq, 256, 40, 128, 1},
                      Case{Method::kGptq, 192, 136, 64, 0},
                      Case{Method::kGptq, 160, 16, 128, 1},  // the last group is not full
                      Case{Method::kGptq, 96, 16, -1, 1, true},
                      Case{Method::kGptq, 128, 24, 32, 1, true},
                      Case{Method::kGptq, 128, 24, 32, 1, false, true},
                      Case{Method::kGptq, 128, 24, 32, 0, true, true}));

std::string refusal(Case c, const std::function<void(Checkpoint&, Packed4Module&)>& spoil) {
  Checkpoint checkpoint(c);
  Packed4Module module = checkpoint.module();
  spoil(checkpoint, module);
  GgufImage image;
  const auto made = unpack_packed4(module, c.format(), "w", image);
  return made ? "(accepted)" : made.error().message();
}

TEST(Packed4, RefusesTensorsThatDoNotFitTogether) {
  const Case gptq{Method::kGptq, 64, 16, 32, 1};
  const auto with = [&](auto change) { return refusal(gptq, change); };
  using C = Checkpoint;
  using M = Packed4Module;
  EXPECT_EQ(with([](C&, M&) {}), "(accepted)");
  EXPECT_EQ(with([](C&, M& m) { m.g_idx = nullptr; }), "(accepted)");
  EXPECT_THAT(with([](C&, M& m) { m.qzeros = nullptr; }), HasSubstr("w.qzeros is missing"));
  EXPECT_THAT(with([](C&, M& m) { m.scales = nullptr; }), HasSubstr("w.scales is missing"));
  EXPECT_THAT(with([](C&, M& m) { m.qweight = nullptr; }), HasSubstr("w.qweight"));
  EXPECT_THAT(with([](C& c, M&) { c.qweight.dtype = "F32"; }), HasSubstr("expected I32"));
  EXPECT_THAT(with([](C& c, M&) {
                c.scales.shape = {16, 2};
              }),
              HasSubstr("expected F16 of shape [2, 16]"));
  EXPECT_THAT(with([](C& c, M&) { c.scales.dtype = "I32"; }), HasSubstr("w.scales is I32"));
  EXPECT_THAT(with([](C& c, M&) { c.g_idx.shape = {63}; }), HasSubstr("w.g_idx"));
  EXPECT_THAT(with([](C& c, M&) {
                c.qweight = {"", "I32", {std::int64_t{1} << 62, 0}, {}};
              }),
              HasSubstr("empty"));
  std::vector<std::byte> far = bytes_of(std::vector<std::int32_t>(64, 2));
  EXPECT_THAT(with([&](C& c, M&) { c.g_idx.bytes = far; }), HasSubstr("g_idx[0] is 2"));
  far = bytes_of(std::vector<std::int32_t>(64, -1));
  EXPECT_THAT(with([&](C& c, M&) { c.g_idx.bytes = far; }), HasSubstr("there are 2 groups"));
  Case odd = gptq;
  odd.group = 24;
  EXPECT_THAT(refusal(odd, [](C&, M&) {}), HasSubstr("groups of whole blocks"));
}

TEST(Packed4, ReadsTheFormatAndRefusesOthers) {
  const auto read = [](const char* text) {
    const nlohmann::json root = nlohmann::json::parse(text);
    const auto format = read_packed4_format(JsonObject(root, "config.json"));
    if (!format) return format.error().message();
    return fmt::format("{} {} {}", static_cast<int>(format->method), format->group_size,
                       format->zero_offset);
  };
  EXPECT_EQ(read(R"({"quant_method":"awq","bits":4,"group_size":128,"version":"gemm"})"),
            "1 128 0");
  EXPECT_EQ(read(R"({"w_bit":4,"q_group_size":64,"version":"GEMM"})"), "1 64 0");
  EXPECT_EQ(read(R"({"quant_method":"gptq","bits":4,"group_size":-1,"desc_act":true})"), "2 -1 1");
  EXPECT_EQ(read(R"({"quant_method":"gptq","checkpoint_format":"gptq_v2","group_size":32})"),
            "2 32 0");
  EXPECT_THAT(read(R"({"quant_method":"gptq","bits":3})"), HasSubstr("3 bits"));
  EXPECT_THAT(read(R"({"quant_method":"gptq","group_size":0})"), HasSubstr("groups of 0"));
  EXPECT_THAT(read(R"({"quant_method":"gptq","checkpoint_format":"marlin"})"),
              HasSubstr("\"marlin\""));
  EXPECT_THAT(read(R"({"quant_method":"awq","version":"gemv"})"), HasSubstr("\"gemv\""));
  EXPECT_THAT(read(R"({"quant_method":"fp8"})"),
              AllOf(HasSubstr("\"fp8\""), HasSubstr("awq and gptq")));
}

}  // namespace
}  // namespace curlew::model
