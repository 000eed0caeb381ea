// What adapter files are read as, and by which word those that cannot be applied are refused.
#include "model/files/adapter_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>

#include "tests/model/engine/adapter_fixtures.h"
#include "tests/model/engine/fixtures.h"
#include "tests/model/files/safetensors_writer.h"

namespace curlew::model::testing {
namespace {

namespace fs = std::filesystem;
using kernels::WeightType;
using ::testing::AllOf;
using ::testing::HasSubstr;

std::vector<std::byte> zeros(std::int64_t count) {
  return bytes_of(std::vector<float>(static_cast<std::size_t>(count)));
}

// A toy llama whose adapters are files of a test.
class AdapterFiles : public ::testing::Test {
 protected:
  void TearDown() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  static Error error_of(const Expected<AdapterFile>& file) {
    EXPECT_FALSE(file) << "accepted";
    return file ? Error(Errc::kInternal, "accepted") : file.error();
  }
  Error error_of(const GgufWriter& w) const {
    return error_of(AdapterFile::parse(w.bytes(), "a.gguf", base_));
  }

  GgufWriter only(const std::string& name, std::vector<std::int64_t> dims) const {
    GgufWriter w = adapter_gguf(base_, {}, 4.f);
    w.tensor(name, WeightType::kF32, dims, zeros(dims[0] * dims[1]));
    return w;
  }

  // A folder of one module, with settings of its own.
  Expected<AdapterFile> folder_with(const nlohmann::json& config) const {
    write_adapter_folder(folder_, base_, {query_}, config);
    return AdapterFile::open(folder_, base_);
  }

  // A folder with a tensor in place of those of a module.
  Expected<AdapterFile> folder_with_tensor(const std::string& name,
                                           std::vector<std::int64_t> shape) const {
    write_adapter_folder(folder_, base_, {query_}, nlohmann::json::object());
    SafetensorsWriter w;
    w.tensor(name, "F32", shape, zeros(shape[0] * shape[1]));
    w.write(folder_ / "adapter_model.safetensors");
    return AdapterFile::open(folder_, base_);
  }

  const std::vector<std::byte> bytes_ = toy_model({}).bytes();
  const ModelFile base_ = *ModelFile::parse(bytes_, "toy.gguf");
  const std::vector<Factors> factors_ = random_factors(base_, {4}, 1);
  const Factors query_ = *std::ranges::find(factors_, "blk.0.attn_q.weight", &Factors::target);
  const fs::path folder_ =
      fs::temp_directory_path() /
      fmt::format("curlew-{}-{}-peft", getpid(),
                  ::testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(AdapterFiles, ScaleByAlphaAndRank) {
  const auto scale = [&](float alpha) {
    const auto bytes = adapter_gguf(base_, factors_, alpha).bytes();
    const Expected<AdapterFile> file = AdapterFile::parse(bytes, "a.gguf", base_);
    EXPECT_TRUE(file) << file.error().message();
    EXPECT_EQ(file->parts().size(), factors_.size());
    EXPECT_EQ(file->parts()[0].a.rows, 4);
    return file->parts()[0].scale;
  };
  EXPECT_EQ(scale(6.f), 1.5f);
  EXPECT_EQ(scale(0.f), 1.f);  // no alpha: the factors as they are
}

TEST_F(AdapterFiles, ScaleByPatternsAndRoots) {
  std::vector<Factors> mixed = random_factors(base_, {4}, 2);
  for (const Factors& wide : random_factors(base_, {9}, 3))
    for (Factors& f : mixed)
      if (f.target == wide.target && f.target.ends_with("attn_q.weight")) f = wide;
  const nlohmann::json ranks = {{"q_proj", 9}}, alphas = {{"^model.layers.1.self_attn.q_proj", 3},
                                                          {"layers.0.mlp.down_proj", 2}};
  const auto scales = [&](bool by_root) {
    write_adapter_folder(folder_, base_, mixed,
                         {{"r", 4},
                          {"lora_alpha", 8},
                          {"use_rslora", by_root},
                          {"rank_pattern", ranks},
                          {"alpha_pattern", alphas}});
    const Expected<AdapterFile> file = AdapterFile::open(folder_, base_);
    EXPECT_TRUE(file) << file.error().message();
    std::map<std::string, float> by_target;
    for (const LowRank& part : file->parts()) by_target[part.target] = part.scale;
    return by_target;
  };
  auto plain = scales(false), by_root = scales(true);
  EXPECT_FLOAT_EQ(plain["blk.0.attn_q.weight"], 8.f / 9);
  EXPECT_FLOAT_EQ(plain["blk.1.attn_q.weight"], 3.f / 9);
  EXPECT_FLOAT_EQ(plain["blk.0.ffn_down.weight"], 2.f / 4);
  EXPECT_FLOAT_EQ(plain["blk.1.ffn_down.weight"], 8.f / 4);
  EXPECT_FLOAT_EQ(plain["output.weight"], 8.f / 4);
  EXPECT_FLOAT_EQ(by_root["blk.1.attn_q.weight"], 3.f / 3);
  EXPECT_FLOAT_EQ(by_root["blk.1.ffn_down.weight"], 8.f / 2);
}

TEST_F(AdapterFiles, ThatAreNoAdaptersAreNamed) {
  EXPECT_THAT(error_of(AdapterFile::parse(bytes_, "toy.gguf", base_)).message(),
              HasSubstr("toy.gguf: key general.type"));
  GgufWriter w = adapter_gguf(base_, factors_, 4.f);
  EXPECT_THAT(error_of(w.set("adapter.type", "control_vector")).message(),
              HasSubstr("adapter.type is \"control_vector\", expected \"lora\""));
  w.set("adapter.type", "lora").set("general.architecture", "qwen2");
  const Error other = error_of(w);
  EXPECT_EQ(other.kind(), Errc::kInvalidInput);
  EXPECT_THAT(other.message(), HasSubstr("made for the architecture qwen2; toy.gguf is a llama"));
  EXPECT_THAT(error_of(adapter_gguf(base_, {}, 4.f)).message(), HasSubstr("without tensors"));
  EXPECT_EQ(error_of(AdapterFile::open("nowhere", base_)).kind(), Errc::kNotFound);
  fs::create_directories(folder_);
  EXPECT_THAT(error_of(AdapterFile::open(folder_, base_)).message(),
              HasSubstr("a folder without adapter_config.json"));
}

TEST_F(AdapterFiles, MustFitTheModelByNameAndShape) {
  EXPECT_THAT(error_of(only("blk.7.attn_q.weight.lora_a", {32, 4})).message(),
              HasSubstr("the model toy.gguf has no tensor blk.7.attn_q.weight"));
  EXPECT_THAT(error_of(only("blk.0.ffn_up.weight.lora_a", {48, 4})).message(),
              AllOf(HasSubstr("blk.0.ffn_up.weight.lora_a has dims [48, 4]"),
                    HasSubstr("expected [32, rank]")));
  EXPECT_THAT(error_of(only("blk.0.ffn_up.weight.lora_b", {4, 32})).message(),
              HasSubstr("expected [rank, 48]"));
  GgufWriter w = only("blk.0.ffn_up.weight.lora_a", {32, 4});
  EXPECT_THAT(error_of(w).message(), HasSubstr("blk.0.ffn_up.weight: factor B is missing"));
  w.tensor("blk.0.ffn_up.weight.lora_b", WeightType::kF32, {5, 48}, zeros(5 * 48));
  EXPECT_THAT(error_of(w).message(), HasSubstr("factor A has rank 4, factor B 5"));
  EXPECT_THAT(error_of(only("blk.0.ffn_up.weight.lora_b", {4, 48})).message(),
              HasSubstr("factor A is missing"));
  GgufWriter infinite = adapter_gguf(base_, factors_, 4.f);
  EXPECT_THAT(error_of(infinite.set("adapter.lora.alpha", INFINITY)).message(),
              HasSubstr("a scale of inf"));
}

TEST_F(AdapterFiles, OfWhatCannotBeAppliedAreRefusedByName) {
  EXPECT_THAT(error_of(only("token_embd.weight.lora_a", {32, 4})).message(),
              HasSubstr("the embedding"));
  EXPECT_THAT(error_of(only("blk.0.attn_norm.weight", {32, 1})).message(),
              HasSubstr("blk.0.attn_norm.weight is no factor"));
  for (const auto& [name, piece] : {std::pair{"qwen3moe-t-Q8_0", "blk.1.ffn_up_exps"},
                                    {"deepseek2-t-Q8_0", "blk.1.attn_k_b"},
                                    {"deepseek2-joined-t-F16", "blk.1.attn_kv_b"}}) {
    const ModelFile base = *ModelFile::open(small_models() / fmt::format("{}.gguf", name));
    GgufWriter w = adapter_gguf(base, {}, 4.f);
    w.tensor(std::string(piece) + ".weight.lora_a", WeightType::kF32, {64, 4}, zeros(256));
    const Error refused = error_of(AdapterFile::parse(w.bytes(), "a.gguf", base));
    EXPECT_EQ(refused.kind(), Errc::kUnsupported) << refused.message();
    EXPECT_THAT(refused.message(), HasSubstr(piece));
  }
}

TEST_F(AdapterFiles, OfPeftAreRefusedByTheirSettings) {
  using json = nlohmann::json;
  ASSERT_TRUE(folder_with(json::object()));
  const std::vector<std::pair<json, const char*>> settings = {
      {{{"peft_type", "IA3"}}, "peft_type \"IA3\""},
      {{{"use_dora", true}}, "DoRA"},
      {{{"bias", "all"}}, "bias \"all\""},
      {{{"modules_to_save", {"lm_head"}}}, "modules_to_save"},
      {{{"init_lora_weights", "pissa"}}, "init_lora_weights \"pissa\""},
      {{{"r", 5}}, "the factors have rank 4, adapter_config.json says 5"},
      {{{"r", "4"}}, "key r should be an integer"},
      {{{"lora_alpha", json()}}, "lora_alpha"},
      {{{"alpha_pattern", {{".*q_proj", 3}}}}, "only names of modules are read"},
      {{{"alpha_pattern", {{"attn.q_proj", 3}, {"q_proj", 3}, {"self_attn.q_proj", 4}}}},
       "several patterns name"},
      {{{"rank_pattern", 3}}, "rank_pattern should be an object"}};
  for (const auto& [config, word] : settings)
    EXPECT_THAT(error_of(folder_with(config)).message(), HasSubstr(word)) << config;
}

TEST_F(AdapterFiles, OfPeftAreRefusedByTheirTensors) {
  const std::string at = "base_model.model.model.layers.0.self_attn.q_proj";
  const std::pair<std::string, const char*> names[] = {
      {at + ".lora_magnitude_vector.weight", "DoRA"},
      {"base_model.model.model.embed_tokens.lora_embedding_A", "an adapter of the embedding"},
      {"base_model.model.model.embed_tokens.lora_A.weight", "the embedding"},
      {at + ".lora_B.bias", "a bias"},
      {"base_model.model.lm_head.weight", "is no factor"},
      {"base_model.model.model.layers.0.self_attn.qkv_proj.lora_A.weight",
       "self_attn.qkv_proj is no module of a LlamaForCausalLM"},
      {"base_model.model.model.layers.9.mlp.up_proj.lora_A.weight", "has no tensor blk.9.ffn_up"}};
  for (const auto& [name, word] : names)
    EXPECT_THAT(error_of(folder_with_tensor(name, {4, 32})).message(), HasSubstr(word)) << name;
  EXPECT_THAT(error_of(folder_with_tensor(at + ".lora_B.weight", {31, 4})).message(),
              HasSubstr("rows of 2 heads"));
}

}  // namespace
}  // namespace curlew::model::testing
