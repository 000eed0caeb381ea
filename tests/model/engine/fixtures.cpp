#include "tests/model/engine/fixtures.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <random>

#include "kernels/quantize.h"

namespace curlew::model::testing {
namespace {

namespace fs = std::filesystem;

Reference read_reference(const fs::path& json_path, const fs::path& model, const fs::path& tables) {
  Reference r;
  r.model = model;
  r.facts = nlohmann::json::parse(std::ifstream(json_path));
  r.exact = read_npy(tables / r.facts["logits_exact"].get<std::string>());
  if (r.facts.contains("logits_cpu"))
    r.cpu = read_npy(tables / r.facts["logits_cpu"].get<std::string>());
  return r;
}

std::vector<std::byte> random_weights(std::mt19937& random, std::size_t count, float mean,
                                      float spread) {
  std::normal_distribution<float> normal(mean, spread);
  std::vector<float> values(count);
  for (float& v : values) v = normal(random);
  return bytes_of(values);
}

void add_vocabulary(GgufWriter& w, const char* control) {
  std::vector<std::string> tokens = {"<unk>", "<s>", "</s>"};
  std::vector<std::int32_t> types = {2, 3, 3};
  for (int byte = 0; byte < 256; ++byte) {
    tokens.push_back(fmt::format("<0x{:02X}>", byte));
    types.push_back(6);
  }
  for (char c = 'a'; c <= 'z'; ++c) {
    tokens.emplace_back(1, c);
    types.push_back(1);
  }
  if (control != nullptr) {
    tokens.back() = control;
    types.back() = 3;
  }
  std::vector<float> scores(tokens.size(), 0.f);
  for (std::size_t i = 0; i < tokens.size(); ++i) scores[i] = -static_cast<float>(i);
  w.set("tokenizer.ggml.model", "llama").set("tokenizer.ggml.tokens", tokens);
  w.set("tokenizer.ggml.scores", scores).set("tokenizer.ggml.token_type", types);
  w.set("tokenizer.ggml.bos_token_id", 1u).set("tokenizer.ggml.eos_token_id", 2u);
  w.set("tokenizer.ggml.add_bos_token", true).set("tokenizer.ggml.add_space_prefix", false);
}

}  // namespace

Table read_npy(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string all((std::istreambuf_iterator<char>(in)), {});
  EXPECT_EQ(all.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8)) << path;
  const std::size_t header =
      static_cast<unsigned char>(all[8]) + 256u * static_cast<unsigned char>(all[9]);
  const std::string text = all.substr(10, header);
  Table t;
  EXPECT_EQ(std::sscanf(text.c_str() + text.find("'shape': (") + 10, "%zu, %zu", &t.rows, &t.cols),
            2);
  t.values.resize(t.rows * t.cols);
  EXPECT_EQ(all.size() - 10 - header, t.values.size() * sizeof(float)) << path;
  std::memcpy(t.values.data(), all.data() + 10 + header, t.values.size() * sizeof(float));
  return t;
}

fs::path small_models() {
  return fs::path(CURLEW_SOURCE_DIR) / "tests/data/models";
}
fs::path shared_fixtures() {
  return fs::path(CURLEW_SOURCE_DIR) / "../shared/fixtures";
}

Reference small_reference(const std::string& name) {
  const fs::path dir = small_models();
  return read_reference(dir / (name + ".json"), dir / (name + ".gguf"), dir);
}

std::string test_name_of_file(const ::testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::ranges::replace(name, '-', '_');
  return name;
}

Reference shared_reference(const std::string& name) {
  const fs::path dir = shared_fixtures();
  return read_reference(dir / "refs" / (name + ".json"), dir / "models" / (name + ".gguf"), dir);
}

std::unique_ptr<Engine> load(const EngineOptions& options) {
  Expected<std::unique_ptr<Engine>> engine = Engine::load(options);
  if (!engine) ADD_FAILURE() << engine.error().message();
  return engine ? std::move(*engine) : nullptr;
}

std::unique_ptr<Engine> load_small(const std::string& name) {
  return load({.model = small_models() / (name + ".gguf"), .threads = 1, .kv = KvPrecision::kF32});
}

TempFile::TempFile(const std::string& name)
    : path_(fs::temp_directory_path() / fmt::format("curlew-{}-{}", getpid(), name)) {}
TempFile::~TempFile() {
  std::error_code ignored;
  fs::remove(path_, ignored);
}

GgufWriter toy_model(const ToyShape& s) {
  GgufWriter w;
  const auto u32 = [](int value) { return static_cast<std::uint32_t>(value); };
  w.set("general.architecture", "llama").set("general.name", "toy");
  w.set("llama.block_count", u32(s.layers)).set("llama.context_length", u32(s.context));
  w.set("llama.embedding_length", u32(s.hidden)).set("llama.feed_forward_length", u32(s.ffn));
  w.set("llama.attention.head_count", u32(s.heads))
      .set("llama.attention.head_count_kv", u32(s.kv_heads));
  w.set("llama.attention.layer_norm_rms_epsilon", 1e-5f).set("llama.rope.freq_base", 10000.f);
  add_vocabulary(w, s.control);

  std::mt19937 random(s.seed);
  const auto add = [&](const std::string& name, std::vector<std::int64_t> dims) {
    std::size_t count = 1;
    for (std::int64_t d : dims) count *= static_cast<std::size_t>(d);
    const bool norm = dims.size() == 1;
    const float spread = norm ? 0.2f : 1.5f / std::sqrt(static_cast<float>(dims[0]));
    w.tensor(name, kernels::WeightType::kF32, std::move(dims),
             random_weights(random, count, norm ? 1.f : 0.f, spread));
  };
  const int kv = s.hidden / s.heads * s.kv_heads;
  add("token_embd.weight", {s.hidden, 3 + 256 + 26});
  add("output_norm.weight", {s.hidden});
  add("output.weight", {s.hidden, 3 + 256 + 26});
  for (int layer = 0; layer < s.layers; ++layer) {
    const std::string at = fmt::format("blk.{}.", layer);
    add(at + "attn_norm.weight", {s.hidden});
    add(at + "attn_q.weight", {s.hidden, s.hidden});
    add(at + "attn_k.weight", {s.hidden, kv});
    add(at + "attn_v.weight", {s.hidden, kv});
    add(at + "attn_output.weight", {s.hidden, s.hidden});
    add(at + "ffn_norm.weight", {s.hidden});
    add(at + "ffn_gate.weight", {s.hidden, s.ffn});
    add(at + "ffn_up.weight", {s.hidden, s.ffn});
    add(at + "ffn_down.weight", {s.ffn, s.hidden});
  }
  return w;
}

GgufWriter copy_as(kernels::WeightType type, const ModelFile& file, std::string_view without) {
  const kernels::BlockShape block = kernels::block_shape(type);
  GgufWriter w;
  for (const auto& [key, value] : file.metadata()) {
    std::visit(
        [&w, key = key](const auto& v) {
          if constexpr (std::is_same_v<std::decay_t<decltype(v)>, MetadataArray>)
            std::visit([&](const auto& array) { w.set(key, array); }, v);
          else
            w.set(key, v);
        },
        value);
  }
  for (const ModelTensor& tensor : file.tensors()) {
    if (tensor.name == without) continue;
    std::vector<float> values(static_cast<std::size_t>(tensor.elements()));
    kernels::dequantize(tensor.type, tensor.bytes.data(), values.data(), tensor.elements());
    std::vector<std::byte> blocks(values.size() / static_cast<std::size_t>(block.elements) *
                                  static_cast<std::size_t>(block.bytes));
    kernels::quantize(type, values.data(), blocks.data(), tensor.elements());
    w.tensor(tensor.name, type, tensor.dims, blocks);
  }
  return w;
}

GgufWriter dequantised_copy(const ModelFile& file, std::string_view without) {
  return copy_as(kernels::WeightType::kF32, file, without);
}

std::vector<TokenId> random_ids(int count, int n_vocab, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<TokenId> ids(static_cast<std::size_t>(count));
  for (TokenId& id : ids)
    id = static_cast<TokenId>(3 + random() % static_cast<unsigned>(n_vocab - 40));
  return ids;
}

}  // namespace curlew::model::testing
