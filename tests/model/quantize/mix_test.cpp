// Which tensor gets which type. The tables are what published files of these names have.
#include "model/quantize/mix.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/model/gguf_writer.h"

namespace curlew::model {
namespace {

using kernels::WeightType;
using testing::GgufWriter;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

// A file of the right names and shapes: choosing looks at nothing else. One tensor's bytes serve
// for all, as choosing never reads them.
class ModelOfShape {
 public:
  explicit ModelOfShape(const std::string& architecture = "llama") : architecture_(architecture) {
    writer_.set("general.architecture", architecture);
  }
  ModelOfShape& heads(std::uint32_t heads, std::uint32_t kv_heads) {
    writer_.set(architecture_ + ".attention.head_count", heads)
        .set(architecture_ + ".attention.head_count_kv", kv_heads);
    return *this;
  }
  ModelOfShape& experts(std::uint32_t count) {
    writer_.set(architecture_ + ".expert_count", count);
    return *this;
  }
  ModelOfShape& tensor(const std::string& name, std::vector<std::int64_t> dims) {
    std::size_t bytes = 2;
    for (const std::int64_t dim : dims) bytes *= static_cast<std::size_t>(dim);
    writer_.tensor(name, WeightType::kF16, std::move(dims), std::vector<std::byte>(bytes));
    return *this;
  }
  ModelOfShape& layers(int n, std::int64_t width = 256, std::int64_t ffn = 512) {
    tensor("token_embd.weight", {width, 8});
    for (int i = 0; i < n; ++i) {
      const std::string blk = "blk." + std::to_string(i) + ".";
      tensor(blk + "attn_norm.weight", {width});
      for (const char* name : {"attn_q", "attn_k", "attn_v", "attn_output"})
        tensor(blk + name + ".weight", {width, 2});
      tensor(blk + "ffn_gate.weight", {width, 2});
      tensor(blk + "ffn_down.weight", {ffn, 2});
    }
    return *this;
  }

  std::map<std::string, std::string> types(std::string_view mix_name) {
    const std::vector<std::byte> bytes = writer_.bytes();
    const Expected<ModelFile> file = ModelFile::parse(bytes, "test");
    EXPECT_TRUE(file) << file.error().message();
    const Expected<std::vector<WeightType>> chosen = choose_types(*file, *find_mix(mix_name));
    EXPECT_TRUE(chosen) << chosen.error().message();
    std::map<std::string, std::string> out;
    for (std::size_t i = 0; i < chosen->size(); ++i)
      out[std::string(file->tensors()[i].name)] = weight_type_name((*chosen)[i]);
    return out;
  }

 private:
  std::string architecture_;
  GgufWriter writer_;
};

std::vector<int> layers_with(const std::map<std::string, std::string>& types,
                             const std::string& name, const std::string& type) {
  std::vector<int> out;
  for (int i = 0;; ++i) {
    const auto it = types.find("blk." + std::to_string(i) + "." + name + ".weight");
    if (it == types.end()) return out;
    if (it->second == type) out.push_back(i);
  }
}

TEST(FindMix, KnowsNamesInAnyCaseAndListsThemOtherwise) {
  EXPECT_EQ(find_mix("q4_k_m")->name, "Q4_K_M");
  EXPECT_EQ(find_mix("Q4_K")->name, "Q4_K_M");
  EXPECT_EQ(find_mix("Q6_K")->file_type, 18u);
  const auto unknown = find_mix("Q4_K_XL");
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message(), HasSubstr("'Q4_K_XL'"));
  EXPECT_THAT(unknown.error().message(), HasSubstr("Q4_K_S, Q4_K_M"));
}

TEST(ChooseTypes, GivesTheEndsAndEveryThirdLayerMoreBits) {
  const auto types = ModelOfShape().heads(8, 4).layers(16).types("Q4_K_M");
  const std::vector<int> more = {0, 1, 4, 7, 10, 13, 14, 15};
  EXPECT_EQ(layers_with(types, "attn_v", "Q6_K"), more);
  EXPECT_EQ(layers_with(types, "ffn_down", "Q6_K"), more);
  EXPECT_EQ(layers_with(types, "attn_q", "Q4_K").size(), 16u);
  EXPECT_EQ(layers_with(types, "attn_norm", "F32").size(), 16u);
  EXPECT_EQ(types.at("token_embd.weight"), "Q6_K");  // it is the output matrix as well
}

TEST(ChooseTypes, KeepsTheEmbeddingSmallWhereTheOutputIsAnotherMatrix) {
  const auto types =
      ModelOfShape().heads(8, 4).layers(2).tensor("output.weight", {256, 8}).types("Q4_K_M");
  EXPECT_EQ(types.at("token_embd.weight"), "Q4_K");
  EXPECT_EQ(types.at("output.weight"), "Q6_K");
}

TEST(ChooseTypes, FollowsTheSmallAndLargeMixes) {
  ModelOfShape model;
  model.heads(8, 4).layers(16);
  const auto small = model.types("Q4_K_S");
  EXPECT_EQ(layers_with(small, "attn_v", "Q5_K"), (std::vector<int>{0, 1, 2, 3}));
  EXPECT_EQ(layers_with(small, "ffn_down", "Q5_K"), (std::vector<int>{0, 1}));
  const auto large = model.types("Q3_K_L");
  EXPECT_EQ(layers_with(large, "attn_v", "Q5_K").size(), 16u);
  EXPECT_EQ(layers_with(large, "ffn_down", "Q5_K").size(), 16u);
  EXPECT_EQ(layers_with(large, "attn_output", "Q5_K").size(), 16u);
  EXPECT_EQ(layers_with(model.types("Q3_K_M"), "ffn_down", "Q5_K"), std::vector<int>{0});
  EXPECT_EQ(layers_with(model.types("Q3_K_S"), "ffn_down", "Q3_K").size(), 16u);
  EXPECT_EQ(layers_with(model.types("IQ4_XS"), "ffn_down", "Q5_K"), (std::vector<int>{0, 1}));
}

TEST(ChooseTypes, SpendsMoreOnValuesThatManyHeadsShare) {
  EXPECT_EQ(
      layers_with(ModelOfShape().heads(16, 4).layers(2).types("Q2_K"), "attn_v", "Q4_K").size(),
      2u);
  EXPECT_EQ(
      layers_with(ModelOfShape().heads(16, 8).layers(2).types("Q2_K"), "attn_v", "Q3_K").size(),
      2u);
  EXPECT_EQ(
      layers_with(ModelOfShape().heads(16, 2).layers(2).types("IQ4_XS"), "attn_v", "Q5_K").size(),
      2u);
  EXPECT_EQ(
      layers_with(ModelOfShape().heads(64, 8).layers(80).types("Q4_0"), "attn_v", "Q4_0").size(),
      80u);
  EXPECT_EQ(
      layers_with(ModelOfShape().heads(64, 8).layers(80).types("Q4_K_S"), "attn_v", "Q5_K").size(),
      80u);
}

TEST(ChooseTypes, FallsBackWhereRowsDoNotDivide) {
  ModelOfShape model;
  model.heads(4, 4).layers(4, 160, 48);
  EXPECT_EQ(layers_with(model.types("Q4_K_M"), "attn_q", "Q5_0").size(), 4u);
  EXPECT_EQ(layers_with(model.types("Q5_K_S"), "attn_q", "Q5_1").size(), 4u);
  EXPECT_EQ(layers_with(model.types("Q6_K"), "attn_q", "Q8_0").size(), 4u);
  EXPECT_EQ(layers_with(model.types("Q2_K"), "attn_q", "Q4_0").size(), 4u);
  EXPECT_EQ(layers_with(model.types("IQ4_XS"), "attn_q", "IQ4_NL").size(), 4u);
  for (const char* mix : {"Q4_K_M", "Q4_0", "Q8_0", "MXFP4", "Q2_K"})
    EXPECT_EQ(layers_with(model.types(mix), "ffn_down", "F16").size(), 4u) << mix;
}

TEST(ChooseTypes, LeavesWhatIsNoMatrixOfWeightsInF32) {
  ModelOfShape model;
  model.layers(1)
      .tensor("blk.0.ffn_gate_inp.weight", {256, 8})
      .tensor("blk.0.ffn_gate_exps.bias", {256, 8})
      .tensor("blk.0.attn_q.bias", {256})
      .tensor("blk.0.attn_q_norm.weight", {64, 4})
      .tensor("rope_freqs.weight", {32, 1});
  for (const char* mix : {"Q4_K_M", "Q8_0", "F16", "MXFP4_MOE"}) {
    const auto types = model.types(mix);
    for (const char* name : {"blk.0.ffn_gate_inp.weight", "blk.0.ffn_gate_exps.bias",
                             "blk.0.attn_q.bias", "blk.0.attn_q_norm.weight", "rope_freqs.weight"})
      EXPECT_EQ(types.at(name), "F32") << mix << " " << name;
  }
}

TEST(ChooseTypes, PutsOnlyExpertsIntoMxfp4WhereAskedTo) {
  ModelOfShape model;
  model.experts(4).layers(1).tensor("blk.0.ffn_up_exps.weight", {256, 2, 4});
  const auto moe = model.types("MXFP4_MOE");
  EXPECT_EQ(moe.at("blk.0.ffn_up_exps.weight"), "MXFP4");
  EXPECT_EQ(moe.at("blk.0.attn_q.weight"), "Q8_0");
  EXPECT_EQ(model.types("MXFP4").at("blk.0.attn_q.weight"), "MXFP4");
  EXPECT_EQ(model.types("MXFP4").at("token_embd.weight"), "Q8_0");
}

// Every file of the shared fixtures was made by another tool's mix of the name it carries: the
// types that its tensors have are the types we must choose.
TEST(ChooseTypes, AgreesWithEveryFixture) {
  const fs::path root = fs::path(CURLEW_SOURCE_DIR) / "../shared/fixtures";
  if (!fs::exists(root / "refs")) GTEST_SKIP() << "needs the shared fixtures";
  int files = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(root / "refs")) {
    if (entry.path().extension() != ".json") continue;
    const auto json = nlohmann::json::parse(std::ifstream(entry.path()));
    if (json["tensors_by_type"].empty()) continue;  // the originals
    const auto file = ModelFile::open(root / "models" / (entry.path().stem().string() + ".gguf"));
    ASSERT_TRUE(file) << file.error().message();
    const auto mix = find_mix(json["quantisation"].get<std::string>());
    ASSERT_TRUE(mix) << mix.error().message();
    const auto types = choose_types(*file, *mix);
    ASSERT_TRUE(types) << types.error().message();
    std::map<std::string, std::vector<std::string>> got, want;
    for (std::size_t i = 0; i < types->size(); ++i)
      got[weight_type_name((*types)[i])].emplace_back(file->tensors()[i].name);
    for (auto& [type, names] : json["tensors_by_type"].items())
      want[type] = names.get<std::vector<std::string>>();
    for (auto* side : {&got, &want})
      for (auto& [type, names] : *side) std::sort(names.begin(), names.end());
    EXPECT_EQ(got, want) << entry.path().stem();
    ++files;
  }
  EXPECT_GT(files, 45);
}

}  // namespace
}  // namespace curlew::model
