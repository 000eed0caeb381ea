#include "tests/model/engine/adapter_fixtures.h"

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <map>
#include <random>

#include "kernels/quantize.h"
#include "tests/model/engine/fixtures.h"
#include "tests/model/files/safetensors_writer.h"

namespace curlew::model::testing {
namespace {

using kernels::WeightType;

bool can_be_adapted(const ModelTensor& tensor) {
  if (tensor.dims.size() != 2) return false;
  for (const char* piece : {"token_embd", "_norm", "_exps", "attn_kv_b"})
    if (tensor.name.find(piece) != std::string_view::npos) return false;
  return true;
}

std::vector<float> random_values(std::mt19937& random, std::int64_t count, double spread) {
  std::normal_distribution<float> normal(0.f, static_cast<float>(spread));
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& v : values) v = normal(random);
  return values;
}

std::vector<std::byte> blocks_of(const std::vector<float>& values, WeightType type) {
  const kernels::BlockShape block = kernels::block_shape(type);
  std::vector<std::byte> blocks(values.size() / static_cast<std::size_t>(block.elements) *
                                static_cast<std::size_t>(block.bytes));
  kernels::quantize(type, values.data(), blocks.data(), static_cast<std::int64_t>(values.size()));
  return blocks;
}

const std::map<std::string, std::string> kModules = {
    {"attn_q", "self_attn.q_proj"}, {"attn_k", "self_attn.k_proj"},
    {"attn_v", "self_attn.v_proj"}, {"attn_output", "self_attn.o_proj"},
    {"ffn_gate", "mlp.gate_proj"},  {"ffn_up", "mlp.up_proj"},
    {"ffn_down", "mlp.down_proj"},
};

// "blk.1.attn_q.weight" -> "model.layers.1.self_attn.q_proj"
std::string module_of(const std::string& target) {
  if (target == "output.weight") return "lm_head";
  const std::size_t layer_end = target.find('.', 4), field = target.rfind('.');
  return fmt::format("model.layers.{}.{}", target.substr(4, layer_end - 4),
                     kModules.at(target.substr(layer_end + 1, field - layer_end - 1)));
}

// Row (h, i, s), pairs side by side, is row (h, s, i) of the checkpoint.
std::vector<float> with_halves_apart(const Factors& f, std::int64_t heads) {
  std::vector<float> out;
  const std::int64_t half = f.outputs / heads / 2;
  for (std::int64_t h = 0; h < heads; ++h)
    for (std::int64_t s = 0; s < 2; ++s)
      for (std::int64_t i = 0; i < half; ++i) {
        const auto row = f.b.begin() + ((h * half + i) * 2 + s) * f.rank;
        out.insert(out.end(), row, row + f.rank);
      }
  return out;
}

}  // namespace

std::vector<Factors> random_factors(const ModelFile& base, std::vector<std::int64_t> ranks,
                                    unsigned seed) {
  std::mt19937 random(seed);
  std::vector<Factors> all;
  for (const ModelTensor& tensor : base.tensors()) {
    if (!can_be_adapted(tensor)) continue;
    Factors f = {.target = std::string(tensor.name),
                 .inputs = tensor.dims[0],
                 .outputs = tensor.dims[1],
                 .rank = ranks[all.size() % ranks.size()],
                 .a = {},
                 .b = {}};
    f.a = random_values(random, f.rank * f.inputs, 0.5 / std::sqrt(static_cast<double>(f.inputs)));
    f.b = random_values(random, f.outputs * f.rank, 0.5 / std::sqrt(static_cast<double>(f.rank)));
    all.push_back(std::move(f));
  }
  return all;
}

GgufWriter adapter_gguf(const ModelFile& base, const std::vector<Factors>& factors, float alpha,
                        WeightType type) {
  GgufWriter w;
  w.set("general.type", "adapter").set("adapter.type", "lora");
  w.set("general.architecture", std::string(base.string("general.architecture").value()));
  if (alpha != 0) w.set("adapter.lora.alpha", alpha);
  for (const Factors& f : factors) {
    w.tensor(f.target + ".lora_a", type, {f.inputs, f.rank}, blocks_of(f.a, type));
    w.tensor(f.target + ".lora_b", type, {f.rank, f.outputs}, blocks_of(f.b, type));
  }
  return w;
}

void write_adapter_folder(const std::filesystem::path& folder, const ModelFile& base,
                          const std::vector<Factors>& factors, nlohmann::json config) {
  std::filesystem::create_directories(folder);
  const nlohmann::json defaults = {{"peft_type", "LORA"},
                                   {"bias", "none"},
                                   {"modules_to_save", nullptr},
                                   {"use_dora", false},
                                   {"use_rslora", false},
                                   {"lora_alpha", 16},
                                   {"rank_pattern", nlohmann::json::object()},
                                   {"init_lora_weights", true},
                                   {"alpha_pattern", nlohmann::json::object()},
                                   {"r", factors.front().rank},
                                   {"target_modules", {"q_proj", "v_proj"}},
                                   {"task_type", "CAUSAL_LM"}};
  for (const auto& [key, value] : defaults.items())
    if (!config.contains(key)) config[key] = value;
  std::ofstream(folder / "adapter_config.json") << config.dump(2);
  SafetensorsWriter w;
  for (const Factors& f : factors) {
    const std::string at = "base_model.model." + module_of(f.target);
    std::vector<float> b = f.b;
    if (f.target.ends_with("attn_q.weight"))
      b = with_halves_apart(f, *base.integer("llama.attention.head_count"));
    if (f.target.ends_with("attn_k.weight"))
      b = with_halves_apart(f, *base.integer("llama.attention.head_count_kv"));
    w.tensor(at + ".lora_A.weight", "F32", {f.rank, f.inputs}, bytes_of(f.a));
    w.tensor(at + ".lora_B.weight", "F32", {f.outputs, f.rank}, bytes_of(b));
  }
  w.write(folder / "adapter_model.safetensors");
}

std::vector<std::byte> merged(const ModelFile& base, const std::vector<Factors>& factors,
                              const ScaleOf& scale_of) {
  std::vector<std::byte> bytes = dequantised_copy(base).bytes();
  const ModelFile file = *ModelFile::parse(bytes, "merged");
  for (const Factors& f : factors) {
    std::byte* at = bytes.data() + (file.tensor(f.target)->bytes.data() - bytes.data());
    const double scale = scale_of(f);
    for (std::int64_t row = 0; row < f.outputs; ++row)
      for (std::int64_t col = 0; col < f.inputs; ++col, at += sizeof(float)) {
        double sum = 0;
        for (std::int64_t r = 0; r < f.rank; ++r)
          sum += static_cast<double>(f.b[static_cast<std::size_t>(row * f.rank + r)]) *
                 static_cast<double>(f.a[static_cast<std::size_t>(r * f.inputs + col)]);
        float value;
        std::memcpy(&value, at, sizeof value);
        value = static_cast<float>(static_cast<double>(value) + scale * sum);
        std::memcpy(at, &value, sizeof value);
      }
  }
  return bytes;
}

}  // namespace curlew::model::testing
