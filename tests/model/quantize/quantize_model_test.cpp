// A whole model through quantize_model: what is in the file afterwards, and what is refused.
#include "model/quantize/quantize_model.h"

#include <gmock/gmock.h>

#include <limits>
#include <random>

#include "kernels/ops.h"
#include "model/files/model_file.h"
#include "tests/model/gguf_writer.h"
#include "tests/model/quantize/folder.h"

namespace curlew::model {
namespace {

using kernels::WeightType;
using testing::bytes_of;
using testing::GgufWriter;
using ::testing::HasSubstr;
using testing::TemporaryFolder;

std::vector<float> random_floats(std::size_t n, std::uint32_t seed) {
  std::mt19937 rng(seed);
  std::normal_distribution<float> normal(0.f, 0.03f);
  std::vector<float> out(n);
  for (float& v : out) v = normal(rng);
  return out;
}

std::vector<float> values_of(const ModelTensor& tensor) {
  std::vector<float> out(static_cast<std::size_t>(tensor.elements()));
  kernels::dequantize(tensor.type, tensor.bytes.data(), out.data(), tensor.elements());
  return out;
}

// A decoder of one layer in F32. It need not run: nothing here looks beyond names and shapes.
class QuantizeModel : public ::testing::Test {
 protected:
  void SetUp() override {
    writer_.set("general.architecture", "llama")
        .set("general.name", "small")
        .set("general.file_type", 0u)
        .set("general.alignment", 64u)
        .set("llama.block_count", 1u)
        .set("llama.attention.head_count", 4u)
        .set("llama.attention.layer_norm_rms_epsilon", 1e-5f)
        .set("tokenizer.ggml.tokens", std::vector<std::string>{"a", "b"})
        .set("tokenizer.ggml.token_type", std::vector<std::int32_t>{1, 3})
        .set("tokenizer.ggml.add_bos_token", true)
        .set("odd.wide", std::int64_t{7});
    writer_.alignment = 64;
    add("token_embd.weight", {256, 40}, embedding_);
    add("blk.0.attn_norm.weight", {256}, random_floats(256, 2));
    add("blk.0.attn_v.weight", {256, 64}, random_floats(256 * 64, 3));
    add("blk.0.ffn_down.weight", {96, 256}, random_floats(96 * 256, 4));
    add("output.weight", {256, 40}, random_floats(256 * 40, 5));
    writer_.write(folder_ / "in.gguf");
  }

  void add(const std::string& name, std::vector<std::int64_t> dims,
           const std::vector<float>& values) {
    writer_.tensor(name, WeightType::kF32, std::move(dims), bytes_of(values));
  }

  Expected<QuantizeReport> run(const std::string& type, const std::string& out = "out.gguf") {
    request_.in = folder_ / in_;
    request_.out = folder_ / out;
    request_.type = type;
    return quantize_model(request_, std::stop_token());
  }
  void refused(const std::string& type, const std::vector<std::string>& words) {
    const auto report = run(type);
    ASSERT_FALSE(report);
    for (const std::string& word : words) EXPECT_THAT(report.error().message(), HasSubstr(word));
  }

  TemporaryFolder folder_;
  GgufWriter writer_;
  QuantizeRequest request_{.threads = 2};
  std::string in_ = "in.gguf";
  std::vector<float> embedding_ = random_floats(256 * 40, 1);
};

TEST_F(QuantizeModel, KeepsMetadataAndWritesTheChosenTypes) {
  const auto report = run("Q4_K_M");
  ASSERT_TRUE(report) << report.error().message();
  const auto file = ModelFile::open(folder_ / "out.gguf");
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ(file->string("general.name").value(), "small");
  EXPECT_EQ(file->integer("general.file_type").value(), 15);
  EXPECT_EQ(file->integer("general.quantization_version").value(), 2);
  EXPECT_EQ(file->find("general.alignment"), nullptr);
  EXPECT_EQ(file->stored_type("odd.wide"), GgufValueType::kI64);
  EXPECT_EQ(file->stored_type("llama.block_count"), GgufValueType::kU32);
  EXPECT_EQ(file->strings("tokenizer.ggml.tokens")->at(1), "b");
  EXPECT_EQ(file->tensor("token_embd.weight")->type, WeightType::kQ4_K);
  EXPECT_EQ(file->tensor("blk.0.attn_v.weight")->type, WeightType::kQ6_K);
  EXPECT_EQ(file->tensor("blk.0.ffn_down.weight")->type, WeightType::kQ8_0);
  EXPECT_EQ(file->tensor("output.weight")->type, WeightType::kQ6_K);
  EXPECT_EQ(values_of(*file->tensor("blk.0.attn_norm.weight")), random_floats(256, 2));
  EXPECT_EQ(report->bytes_out, file->size_bytes());
  EXPECT_EQ(report->bytes_in, std::filesystem::file_size(folder_ / "in.gguf"));

  double error = 0;
  const std::vector<float> got = values_of(*file->tensor("token_embd.weight"));
  for (std::size_t i = 0; i < got.size(); ++i) error += std::pow(double{got[i]} - embedding_[i], 2);
  const TypeReport& q4 = report->by_type.at(WeightType::kQ4_K);
  EXPECT_EQ(q4.tensors, 1);
  EXPECT_NEAR(q4.rmse(), std::sqrt(error / static_cast<double>(got.size())), 1e-9);
  EXPECT_NEAR(q4.relative_rmse(), 0.069, 0.007);
  EXPECT_EQ(report->by_type.at(WeightType::kF32).rmse(), 0);
}

TEST_F(QuantizeModel, GivesTheSameFileOnAnyNumberOfThreads) {
  request_.threads = 1;
  ASSERT_TRUE(run("Q3_K_M", "one.gguf"));
  request_.threads = 3;
  ASSERT_TRUE(run("Q3_K_M", "three.gguf"));
  EXPECT_EQ(folder_.read("one.gguf"), folder_.read("three.gguf"));
}

TEST_F(QuantizeModel, RefusesToRoundTwiceUnlessAllowed) {
  ASSERT_TRUE(run("Q8_0"));
  in_ = "out.gguf";
  const auto again = run("Q4_0", "again.gguf");
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().message(), HasSubstr("token_embd.weight is Q8_0 already"));
  EXPECT_THAT(again.error().message(), HasSubstr("--allow-requantize"));
  EXPECT_TRUE(run("F16", "f16.gguf"));  // no second rounding to a grid
  EXPECT_TRUE(run("Q8_0", "q8.gguf"));  // nothing changes
  EXPECT_EQ(folder_.read("q8.gguf"), folder_.read("out.gguf"));
  request_.allow_requantize = true;
  EXPECT_TRUE(run("Q4_0", "again.gguf"));
}

TEST_F(QuantizeModel, NeverReplacesItsInputAndOthersOnlyWhenAsked) {
  const std::string before = folder_.read("in.gguf");
  std::filesystem::create_hard_link(folder_ / "in.gguf", folder_ / "out.gguf");
  request_.replace = true;
  refused("Q8_0", {"out.gguf", "is the input too"});
  std::filesystem::remove(folder_ / "out.gguf");
  folder_.write("out.gguf", "something dear");
  request_.replace = false;
  refused("Q8_0", {"out.gguf", "exists already", "--force"});
  EXPECT_EQ(folder_.read("out.gguf"), "something dear");
  request_.replace = true;
  EXPECT_TRUE(run("Q8_0"));
  EXPECT_EQ(folder_.read("in.gguf"), before);
  EXPECT_EQ(folder_.names(), (std::vector<std::string>{"in.gguf", "out.gguf"}));
}

TEST_F(QuantizeModel, NamesTheElementThatIsNoNumber) {
  std::vector<float> bad = random_floats(256 * 64, 3);
  bad[5000] = std::numeric_limits<float>::quiet_NaN();
  bad[9000] = std::numeric_limits<float>::infinity();
  add("blk.0.attn_q.weight", {256, 64}, bad);
  writer_.write(folder_ / "in.gguf");
  for (const char* type : {"Q4_K_M", "F16", "F32"})
    refused(type, {"in.gguf", "blk.0.attn_q.weight", "element 5000", "nan"});
  EXPECT_EQ(folder_.names(), std::vector<std::string>{"in.gguf"});  // no partial file
}

TEST_F(QuantizeModel, NamesWhatHalfPrecisionCannotHold) {
  std::vector<float> bad = random_floats(256 * 64, 3);
  bad[77] = 70000.f;
  add("blk.0.attn_q.weight", {256, 64}, bad);
  writer_.write(folder_ / "in.gguf");
  refused("F16", {"element 77", "70000", "65504"});
  EXPECT_TRUE(run("BF16"));
}

TEST_F(QuantizeModel, StopsWhenAskedAndLeavesNothing) {
  std::stop_source stop;
  request_.in = folder_ / "in.gguf";
  request_.out = folder_ / "out.gguf";
  request_.type = "Q4_0";
  int steps = 0;
  request_.on_progress = [&](double fraction, std::string_view tensor) {
    EXPECT_GT(fraction, 0);
    EXPECT_FALSE(tensor.empty());
    if (++steps == 2) stop.request_stop();
  };
  const auto report = quantize_model(request_, stop.get_token());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind(), Errc::kCancelled);
  EXPECT_EQ(steps, 2);
  EXPECT_EQ(folder_.names(), std::vector<std::string>{"in.gguf"});
}

TEST_F(QuantizeModel, RefusesAMissingInputAndAnUnknownType) {
  refused("Q9_9", {"'Q9_9'", "Q4_K_M"});
  in_ = "absent.gguf";
  refused("Q8_0", {"absent.gguf"});
}

}  // namespace
}  // namespace curlew::model
