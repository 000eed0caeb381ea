// A GGUF file, written as the Hugging Face folder it could have come from, must be read as itself.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>

#include "kernels/ops.h"
#include "tests/model/files/hf_inverse.h"
#include "tests/model/files/safetensors_writer.h"

namespace curlew::model {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::HfFolderFiles;
using testing::TempFolder;

std::vector<float> values_of(const ModelTensor& tensor) {
  std::vector<float> values(static_cast<std::size_t>(tensor.elements()));
  kernels::dequantize(tensor.type, tensor.bytes.data(), values.data(), tensor.elements());
  return values;
}

// Bit for bit; only gemma's norms went through w - 1 + 1.
void expect_same_tensor(const ModelTensor& want, const ModelTensor* got, bool less_one) {
  SCOPED_TRACE(std::string(want.name));
  ASSERT_NE(got, nullptr);
  EXPECT_EQ(got->dims, want.dims);
  const bool plain = kernels::block_shape(want.type).elements == 1;
  EXPECT_EQ(got->type, plain ? want.type : kernels::WeightType::kF32);
  if (plain && !less_one) {
    EXPECT_TRUE(std::ranges::equal(got->bytes, want.bytes));
    return;
  }
  const std::vector<float> a = values_of(want), b = values_of(*got);
  for (std::size_t i = 0; i < a.size(); ++i)
    ASSERT_NEAR(a[i], b[i], less_one ? std::abs(a[i]) * 1e-6f : 0.f) << i;
}

void expect_same_value(std::string_view key, const MetadataValue& want, const MetadataValue* got) {
  SCOPED_TRACE(std::string(key));
  ASSERT_NE(got, nullptr);
  ASSERT_EQ(got->index(), want.index());
  if (const auto* real = std::get_if<double>(&want))
    EXPECT_FLOAT_EQ(static_cast<float>(*real), static_cast<float>(std::get<double>(*got)));
  else
    EXPECT_EQ(*got, want);
}

void expect_same(const ModelFile& want, const ModelFile& got) {
  const std::string arch(want.string("general.architecture").value());
  for (const ModelTensor& tensor : want.tensors()) {
    if (tensor.name == "rope_freqs.weight") continue;
    const bool less_one = arch == "gemma" && tensor.name.ends_with("_norm.weight");
    expect_same_tensor(tensor, got.tensor(tensor.name), less_one);
  }
  EXPECT_EQ(got.tensors().size(),
            want.tensors().size() - (want.tensor("rope_freqs.weight") != nullptr));
  for (const auto& [key, value] : want.metadata()) {
    const bool compared = key.starts_with(arch + ".") || key == "general.architecture" ||
                          (key.starts_with("tokenizer.ggml.") && key.find("fim_") == key.npos);
    const bool unsaid =
        key == "tokenizer.ggml.pre" && want.string("tokenizer.ggml.model").value() == "llama";
    if (compared && !unsaid) expect_same_value(key, value, got.find(key));
  }
}

void check_round_trip(const fs::path& gguf, int shards) {
  const Expected<ModelFile> want = ModelFile::open(gguf);
  ASSERT_TRUE(want) << want.error().message();
  const TempFolder folder;
  testing::write_folder(testing::hf_files_of(*want), folder.path(), shards);
  const Expected<ModelFile> got = ModelFile::open(folder.path());
  ASSERT_TRUE(got) << got.error().message();
  EXPECT_EQ(got->version(), 0u);
  EXPECT_EQ(got->name(), folder.path().string());
  EXPECT_GT(got->size_bytes(), 100'000u);
  expect_same(*want, *got);
}

const fs::path kData = fs::path(CURLEW_SOURCE_DIR) / "tests/data/models";
const fs::path kFixtures = fs::path(CURLEW_SOURCE_DIR) / "../shared/fixtures/models";

class HfFolder : public ::testing::TestWithParam<const char*> {};
TEST_P(HfFolder, IsReadAsTheGgufFileItCouldBecome) {
  check_round_trip(kData / (std::string(GetParam()) + ".gguf"), 1);
  check_round_trip(kData / (std::string(GetParam()) + ".gguf"), 3);
}
INSTANTIATE_TEST_SUITE_P(Models, HfFolder,
                         ::testing::Values("llama-t-Q4_0", "qwen2-t-Q4_0", "llama3-t-Q8_0"));

class HfFixture : public ::testing::TestWithParam<const char*> {};
TEST_P(HfFixture, IsReadAsTheGgufFileItCouldBecome) {
  const fs::path gguf = kFixtures / (std::string(GetParam()) + ".gguf");
  if (!fs::exists(gguf)) GTEST_SKIP() << "no shared fixtures beside the source tree";
  check_round_trip(gguf, 2);
}
INSTANTIATE_TEST_SUITE_P(Models, HfFixture,
                         ::testing::Values("llama-t-F32", "llama-t-F16", "llama-t-BF16",
                                           "llama-linear-t-F32", "llama3-t-F32", "qwen2-t-F32",
                                           "qwen2-t-F16", "qwen2-t-BF16", "qwen2-yarn-t-F32",
                                           "qwen3-t-F32", "qwen3-t-F16", "starcoder2-t-F32",
                                           "starcoder2-t-F16", "gemma-t-F32", "gemma-t-F16",
                                           "granite-t-F32", "granite-t-F16", "qwen3moe-t-F32",
                                           "qwen3moe-t-F16", "deepseek2-t-F32"));

// --- Configuration

// A good folder, to be spoiled: the smallest model of tests/data.
class SpoiltFolder : public ::testing::Test {
 protected:
  SpoiltFolder() {
    const Expected<ModelFile> gguf = ModelFile::open(kData / "qwen2-t-Q4_0.gguf");
    files_ = testing::hf_files_of(*gguf);
  }
  std::string read(int shards = 1) {
    testing::write_folder(files_, folder_.path(), shards);
    return reread();
  }
  std::string reread() {
    const Expected<ModelFile> file = ModelFile::open(folder_.path());
    return file ? "(accepted)" : file.error().message();
  }
  testing::HfTensor& tensor(std::string_view name) {
    for (testing::HfTensor& tensor : files_.tensors)
      if (tensor.name == name) return tensor;
    ADD_FAILURE() << name;
    return files_.tensors.front();
  }
  void write(const char* name, const std::string& text) {
    std::ofstream(folder_.path() / name, std::ios::binary) << text;
  }
  HfFolderFiles files_;
  TempFolder folder_;
};

TEST_F(SpoiltFolder, IsFineUnspoilt) {
  EXPECT_EQ(read(1), "(accepted)");
  EXPECT_EQ(read(4), "(accepted)");
}

TEST_F(SpoiltFolder, NamesTheKeyAndWhatWasExpected) {
  const json good = files_.config;
  const auto with = [&](const char* key, const json& value) {
    files_.config = good;
    files_.config[key] = value;
    return read();
  };
  EXPECT_THAT(with("architectures", {"GPT9ForCausalLM"}),
              AllOf(HasSubstr("config.json"), HasSubstr("GPT9ForCausalLM cannot be run"),
                    HasSubstr("Qwen2ForCausalLM")));
  EXPECT_THAT(with("architectures", 7), HasSubstr("architectures"));
  EXPECT_THAT(with("hidden_size", "96"), HasSubstr("hidden_size should be an integer, not string"));
  EXPECT_THAT(with("hidden_size", nullptr), HasSubstr("hidden_size (an integer) is missing"));
  EXPECT_THAT(with("num_hidden_layers", -1), HasSubstr("num_hidden_layers is -1"));
  EXPECT_THAT(with("num_hidden_layers", 9'000'000'000),
              HasSubstr("num_hidden_layers is 9000000000"));
  EXPECT_THAT(with("num_hidden_layers", 1), HasSubstr("belongs to layer 1 of 1"));
  EXPECT_THAT(with("hidden_act", "relu"), HasSubstr("hidden_act is \"relu\""));
  EXPECT_THAT(with("rope_scaling", {{"type", "longrope"}}), HasSubstr("\"longrope\""));
  EXPECT_THAT(with("rope_scaling", {{"type", "yarn"}}), HasSubstr("factor"));
  EXPECT_THAT(with("layer_types", json::object()), HasSubstr("(accepted)"));
  EXPECT_THAT(with("quantization_config", {{"quant_method", "bitsandbytes"}}),
              HasSubstr("bitsandbytes"));
}

TEST_F(SpoiltFolder, RefusesTensorsThatAreNotOfTheModel) {
  tensor("model.norm.weight").name = "model.layers.0.self_attn.rotor.weight";
  EXPECT_THAT(read(), HasSubstr("self_attn.rotor is not part of a Qwen2ForCausalLM"));
  files_.tensors.front().name = "visual.patch";
  EXPECT_THAT(read(), HasSubstr("is not part of"));
}

TEST_F(SpoiltFolder, RefusesDtypesThatAreNoWeights) {
  testing::HfTensor& norm = tensor("model.norm.weight");
  norm.dtype = "I32";
  EXPECT_THAT(read(), AllOf(HasSubstr("model.norm.weight"), HasSubstr("dtype I32")));
}

TEST_F(SpoiltFolder, RefusesShardsOutsideTheFolderOrMissing) {
  EXPECT_EQ(read(2), "(accepted)");
  const auto with = [&](const json& shard) {
    write("model.safetensors.index.json",
          json{{"weight_map", {{"model.norm.weight", shard}}}}.dump());
    return reread();
  };
  for (const char* path :
       {"../x.safetensors", "/etc/passwd", "..", ".", "", "a/b.safetensors", "a\\b.safetensors"})
    EXPECT_THAT(with(path), HasSubstr("expected a file of this folder")) << path;
  EXPECT_THAT(with(7), HasSubstr("expected a file of this folder"));
  EXPECT_THAT(with("model-00009-of-00002.safetensors"), HasSubstr("No such file"));
  write("model.safetensors.index.json",
        R"({"weight_map": {"model.no": "model-00001-of-00002.safetensors"}})");
  EXPECT_THAT(reread(), HasSubstr("model.no is not in model-00001-of-00002.safetensors"));
  write("model.safetensors.index.json", R"({"weight_map": {)");
  EXPECT_THAT(reread(), HasSubstr("no JSON, or cut short"));
}

TEST_F(SpoiltFolder, SaysWhatAFolderLacks) {
  EXPECT_THAT(reread(), HasSubstr("a folder without config.json"));
  testing::write_folder(files_, folder_.path(), 1);
  fs::remove(folder_.path() / "model.safetensors");
  EXPECT_THAT(reread(), HasSubstr("no model.safetensors or"));
  testing::write_folder(files_, folder_.path(), 1);
  fs::rename(folder_.path() / "model.safetensors", folder_.path() / "gptq-4bit.safetensors");
  EXPECT_EQ(reread(), "(accepted)");
  fs::remove(folder_.path() / "tokenizer.json");
  EXPECT_THAT(reread(), HasSubstr("no tokenizer.json and no tokenizer.model"));
}

// --- What no fixture has

TEST_F(SpoiltFolder, MistralIsLlamaToo) {
  const Expected<ModelFile> gguf = ModelFile::open(kData / "llama-t-Q4_0.gguf");
  ASSERT_TRUE(gguf);
  files_ = testing::hf_files_of(*gguf);
  files_.config["architectures"] = {"MistralForCausalLM"};
  files_.config["sliding_window"] = 128;
  ASSERT_EQ(read(), "(accepted)");
  const Expected<ModelFile> file = ModelFile::open(folder_.path());
  EXPECT_EQ(file->string("general.architecture").value(), "llama");
  EXPECT_EQ(file->integer("llama.attention.sliding_window").value(), 128);
  expect_same(*gguf, *file);
}

// Llama 3's divisors, by the formula of its reference program.
TEST_F(SpoiltFolder, Llama3ScalingBecomesATensor) {
  const Expected<ModelFile> gguf = ModelFile::open(kData / "llama3-t-Q8_0.gguf");
  ASSERT_TRUE(gguf);
  files_ = testing::hf_files_of(*gguf);
  files_.config["rope_scaling"] = {{"rope_type", "llama3"},
                                   {"factor", 8.0},
                                   {"low_freq_factor", 1.0},
                                   {"high_freq_factor", 4.0},
                                   {"original_max_position_embeddings", 64}};
  ASSERT_EQ(read(), "(accepted)");
  const Expected<ModelFile> file = ModelFile::open(folder_.path());
  const ModelTensor* factors = file->tensor("rope_freqs.weight");
  ASSERT_NE(factors, nullptr);
  const std::vector<float> got = values_of(*factors);
  ASSERT_EQ(got.size(), 16u);
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double wavelength = 2 * M_PI * std::pow(500000.0, 2.0 * static_cast<double>(i) / 32);
    double want = 1;
    if (wavelength > 64.0) {
      want = 8;
    } else if (wavelength > 16.0) {
      const double smooth = (64 / wavelength - 1) / 3;
      want = 1 / ((1 - smooth) / 8 + smooth);
    }
    EXPECT_NEAR(got[i], want, 1e-5 * want) << i;
  }
  files_.config["rope_parameters"] = files_.config["rope_scaling"];
  files_.config["rope_parameters"]["rope_theta"] = 12345.0;
  ASSERT_EQ(read(), "(accepted)");
  EXPECT_EQ(ModelFile::open(folder_.path())->number("llama.rope.freq_base", 0).value(), 12345.0);
}

TEST_F(SpoiltFolder, WindowsOfSomeLayersBecomeAPattern) {
  files_.config["sliding_window"] = 32;
  files_.config["max_window_layers"] = 1;
  for (const json& off : {json(nullptr), json(false)}) {
    files_.config["use_sliding_window"] = off;
    ASSERT_EQ(read(), "(accepted)");
    EXPECT_EQ(ModelFile::open(folder_.path())->find("qwen2.attention.sliding_window"), nullptr);
  }
  files_.config["use_sliding_window"] = true;
  ASSERT_EQ(read(), "(accepted)");
  const Expected<ModelFile> file = ModelFile::open(folder_.path());
  EXPECT_THAT(*file->integers("qwen2.attention.sliding_window_pattern"),
              ::testing::ElementsAre(0, 1));
}

// --- gpt-oss, by a folder of its own: experts in MXFP4 or in 16 bits

struct GptOssSizes {
  std::int64_t hidden = 64, ffn = 32, experts = 3, heads = 2, head_dim = 32, vocab = 6;
};

// Reproducible and non-zero.
std::vector<std::byte> noise(std::size_t bytes, unsigned seed) {
  std::vector<std::byte> out(bytes);
  for (std::byte& b : out) b = static_cast<std::byte>((seed = seed * 1664525u + 1013904223u) >> 24);
  return out;
}

HfFolderFiles gpt_oss_files(bool mxfp4) {
  const GptOssSizes z;
  HfFolderFiles files;
  files.config = json::parse(R"({"architectures": ["GptOssForCausalLM"], "hidden_size": 64,
    "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "head_dim": 32,
    "num_key_value_heads": 1, "num_local_experts": 3, "num_experts_per_tok": 2, "vocab_size": 6,
    "max_position_embeddings": 4096, "rms_norm_eps": 1e-5, "rope_theta": 150000,
    "sliding_window": 128, "layer_types": ["sliding_attention"], "swiglu_limit": 7.0,
    "rope_scaling": {"rope_type": "yarn", "factor": 32.0, "beta_fast": 32.0, "beta_slow": 1.0,
                     "original_max_position_embeddings": 4096, "truncate": false}})");
  const auto add = [&](const std::string& name, const char* dtype,
                       std::vector<std::int64_t> shape) {
    std::size_t size = dtype[0] == 'U' ? 1 : 2;
    for (const std::int64_t dim : shape) size *= static_cast<std::size_t>(dim);
    files.tensors.push_back({name, dtype, std::move(shape),
                             noise(size, static_cast<unsigned>(files.tensors.size()) + 1)});
  };
  const std::string layer = "model.layers.0.", experts = layer + "mlp.experts.";
  add("model.embed_tokens.weight", "BF16", {z.vocab, z.hidden});
  add("model.norm.weight", "BF16", {z.hidden});
  add("lm_head.weight", "BF16", {z.vocab, z.hidden});
  for (const char* norm : {"input_layernorm", "post_attention_layernorm"})
    add(layer + norm + ".weight", "BF16", {z.hidden});
  for (const char* map : {"q_proj", "k_proj", "v_proj"}) {
    const std::int64_t rows = map[0] == 'q' ? z.heads * z.head_dim : z.head_dim;
    add(layer + "self_attn." + map + ".weight", "BF16", {rows, z.hidden});
    add(layer + "self_attn." + map + ".bias", "BF16", {rows});
  }
  add(layer + "self_attn.o_proj.weight", "BF16", {z.hidden, z.heads * z.head_dim});
  add(layer + "self_attn.o_proj.bias", "BF16", {z.hidden});
  add(layer + "self_attn.sinks", "BF16", {z.heads});
  add(layer + "mlp.router.weight", "BF16", {z.experts, z.hidden});
  add(layer + "mlp.router.bias", "BF16", {z.experts});
  add(experts + "gate_up_proj_bias", "BF16", {z.experts, 2 * z.ffn});
  add(experts + "down_proj_bias", "BF16", {z.experts, z.hidden});
  if (mxfp4) {
    files.config["quantization_config"] = {{"quant_method", "mxfp4"}};
    add(experts + "gate_up_proj_blocks", "U8", {z.experts, 2 * z.ffn, z.hidden / 32, 16});
    add(experts + "gate_up_proj_scales", "U8", {z.experts, 2 * z.ffn, z.hidden / 32});
    add(experts + "down_proj_blocks", "U8", {z.experts, z.hidden, z.ffn / 32, 16});
    add(experts + "down_proj_scales", "U8", {z.experts, z.hidden, z.ffn / 32});
  } else {
    add(experts + "gate_up_proj", "BF16", {z.experts, z.hidden, 2 * z.ffn});
    add(experts + "down_proj", "BF16", {z.experts, z.ffn, z.hidden});
  }
  const Expected<ModelFile> any = ModelFile::open(kData / "qwen2-t-Q4_0.gguf");
  files.tokenizer = testing::tokenizer_json_of(*any);
  return files;
}

// Element of an MXFP4 tensor [experts, rows, blocks, 16], by the format's description.
double mxfp4_element(const testing::HfTensor& blocks, const testing::HfTensor& scales,
                     std::int64_t row, std::int64_t col) {
  constexpr double kE2m1[] = {0, 0.5, 1, 1.5, 2, 3, 4, 6};
  const std::int64_t block = row * blocks.shape[2] + col / 32;
  const auto byte =
      static_cast<unsigned>(blocks.bytes[static_cast<std::size_t>(block * 16 + col % 32 / 2)]);
  const unsigned code = col % 2 == 0 ? byte & 15 : byte >> 4;
  const auto exponent = static_cast<int>(scales.bytes[static_cast<std::size_t>(block)]);
  return std::ldexp((code & 8 ? -1 : 1) * kE2m1[code & 7], exponent - 127);
}

TEST_F(SpoiltFolder, GptOssExpertsInMxfp4KeepTheirValues) {
  const GptOssSizes z;
  files_ = gpt_oss_files(true);
  for (testing::HfTensor& t : files_.tensors)  // scales of a size that float32 can hold
    if (t.name.ends_with("_scales"))
      for (std::byte& b : t.bytes) b = static_cast<std::byte>(100 + static_cast<int>(b) % 50);
  ASSERT_EQ(read(), "(accepted)");
  const Expected<ModelFile> file = ModelFile::open(folder_.path());
  const std::string experts = "model.layers.0.mlp.experts.";
  const auto check = [&](const char* gguf, const std::string& hf, std::int64_t rows,
                         std::int64_t cols, int stride, int first) {
    const ModelTensor* got = file->tensor(gguf);
    ASSERT_NE(got, nullptr) << gguf;
    EXPECT_EQ(got->type, kernels::WeightType::kMXFP4);
    EXPECT_EQ(got->dims, (std::vector<std::int64_t>{cols, rows, z.experts}));
    const std::vector<float> values = values_of(*got);
    for (std::int64_t r = 0; r < rows * z.experts; ++r)
      for (std::int64_t c = 0; c < cols; ++c)
        ASSERT_EQ(
            values[static_cast<std::size_t>(r * cols + c)],
            mxfp4_element(tensor(hf + "_blocks"), tensor(hf + "_scales"), r * stride + first, c))
            << gguf << " row " << r << " column " << c;
  };
  check("blk.0.ffn_gate_exps.weight", experts + "gate_up_proj", z.ffn, z.hidden, 2, 0);
  check("blk.0.ffn_up_exps.weight", experts + "gate_up_proj", z.ffn, z.hidden, 2, 1);
  check("blk.0.ffn_down_exps.weight", experts + "down_proj", z.hidden, z.ffn, 1, 0);
  EXPECT_EQ(file->tensor("blk.0.attn_sinks.weight")->type, kernels::WeightType::kF32);
  EXPECT_EQ(file->tensor("blk.0.ffn_gate_exps.bias")->dims,
            (std::vector<std::int64_t>{z.ffn, z.experts}));
  EXPECT_EQ(file->integer("gpt-oss.expert_count").value(), 3);
  EXPECT_EQ(file->string("gpt-oss.rope.scaling.type").value(), "yarn");
  tensor(experts + "down_proj_scales").shape = {z.experts, z.ffn / 32, z.hidden};
  EXPECT_THAT(read(), HasSubstr("down_proj_blocks"));
}

TEST_F(SpoiltFolder, GptOssExpertsIn16BitsAreTransposed) {
  const GptOssSizes z;
  files_ = gpt_oss_files(false);
  ASSERT_EQ(read(), "(accepted)");
  const Expected<ModelFile> file = ModelFile::open(folder_.path());
  const auto element = [](const std::vector<std::byte>& bytes, std::int64_t i) {
    std::uint16_t bits;
    std::memcpy(&bits, bytes.data() + i * 2, 2);
    return bits;
  };
  const auto check = [&](const char* gguf, const char* hf, std::int64_t outs, std::int64_t ins,
                         int stride, int first) {
    const ModelTensor* got = file->tensor(gguf);
    ASSERT_NE(got, nullptr) << gguf;
    const std::vector<std::byte> bytes(got->bytes.begin(), got->bytes.end());
    const testing::HfTensor& want = tensor(std::string("model.layers.0.mlp.experts.") + hf);
    for (std::int64_t e = 0; e < z.experts; ++e)
      for (std::int64_t o = 0; o < outs; ++o)
        for (std::int64_t i = 0; i < ins; ++i)
          ASSERT_EQ(element(bytes, (e * outs + o) * ins + i),
                    element(want.bytes, (e * ins + i) * outs * stride + o * stride + first));
  };
  check("blk.0.ffn_gate_exps.weight", "gate_up_proj", z.ffn, z.hidden, 2, 0);
  check("blk.0.ffn_up_exps.weight", "gate_up_proj", z.ffn, z.hidden, 2, 1);
  check("blk.0.ffn_down_exps.weight", "down_proj", z.hidden, z.ffn, 1, 0);
}

// --- Packed weights within a folder: rows of heads are reordered as blocks, too

TEST_F(SpoiltFolder, GptqHeadsAreReorderedLikeOthers) {
  const Expected<ModelFile> gguf = ModelFile::open(kData / "llama-t-Q4_0.gguf");
  ASSERT_TRUE(gguf);
  files_ = testing::hf_files_of(*gguf);
  const std::string name = "model.layers.0.self_attn.q_proj";
  std::erase_if(files_.tensors, [&](const auto& t) { return t.name == name + ".weight"; });
  const std::int64_t in = 96, out = 96;  // the output row's number is its scale
  std::vector<float> scales;
  for (std::int64_t o = 0; o < out; ++o) scales.push_back(static_cast<float>(o + 1));
  const auto bytes = [](const auto& v) {
    const auto view = std::as_bytes(std::span(v));
    return std::vector<std::byte>(view.begin(), view.end());
  };
  files_.tensors.push_back(
      {name + ".qweight",
       "I32",
       {in / 8, out},
       std::vector<std::byte>(static_cast<std::size_t>(in / 2 * out), std::byte{0x99})});
  files_.tensors.push_back(
      {name + ".qzeros",
       "I32",
       {1, out / 8},
       std::vector<std::byte>(static_cast<std::size_t>(out / 2), std::byte{0x77})});
  files_.tensors.push_back({name + ".scales", "F32", {1, out}, bytes(scales)});
  files_.tensors.push_back(
      {name + ".bias", "F16", {out}, std::vector<std::byte>(static_cast<std::size_t>(out * 2))});
  EXPECT_THAT(read(), HasSubstr("no quantization_config"));
  files_.config["quantization_config"] = {
      {"quant_method", "gptq"}, {"bits", 4}, {"group_size", -1}};
  ASSERT_EQ(read(), "(accepted)");
  const Expected<ModelFile> file = ModelFile::open(folder_.path());
  EXPECT_EQ(file->tensor("blk.0.attn_q.bias"), nullptr);  // zeros that the packer wrote
  const ModelTensor* q = file->tensor("blk.0.attn_q.weight");
  ASSERT_NE(q, nullptr);
  EXPECT_EQ(q->type, kernels::WeightType::kQ4_1);
  const std::vector<float> values = values_of(*q);
  for (std::int64_t r = 0; r < out; ++r) {  // code 9 less zero 8: each value is the row's scale
    const std::int64_t head = r / 32, i = r % 32 / 2, s = r % 2;
    EXPECT_EQ(values[static_cast<std::size_t>(r * in + 5)],
              static_cast<float>(head * 32 + s * 16 + i + 1));
  }
}

}  // namespace
}  // namespace curlew::model
