// An adapter of a small model, in either form: refused, or factors that fit the model and lie where
// they were read. A first byte that is even: a GGUF file follows. Odd: a folder as PEFT writes it,
// adapter_config.json after its u16 length, then the header of adapter_model.safetensors after its
// own, then the tensors' bytes.

#include <cstring>
#include <nlohmann/json.hpp>

#include "model/files/adapter_file.h"
#include "tests/fuzz/gguf_draft.h"
#include "tests/fuzz/json_damage.h"
#include "tests/fuzz/memory_folder.h"
#include "tests/model/gguf_writer.h"

namespace curlew::fuzz {
namespace {

using namespace curlew::model;  // NOLINT: a program of its own
using kernels::WeightType;
using model::testing::bytes_of;
using model::testing::GgufWriter;
using nlohmann::json;

constexpr const char* kConfig = "adapter_config.json";
constexpr const char* kWeights = "adapter_model.safetensors";

std::vector<std::byte> zeros(std::size_t floats) {
  return bytes_of(std::vector<float>(floats));
}

const ModelFile& base() {
  static const std::vector<std::byte> bytes = [] {
    GgufWriter w;
    w.set("general.architecture", "llama").set("llama.attention.head_count", 2u);
    w.set("llama.attention.head_count_kv", 1u).set("llama.block_count", 1u);
    w.tensor("blk.0.attn_q.weight", WeightType::kF32, {6, 8}, zeros(48));
    w.tensor("blk.0.ffn_up.weight", WeightType::kF32, {6, 10}, zeros(60));
    return w.bytes();
  }();
  static const ModelFile file = *ModelFile::parse(bytes, "base");
  return file;
}

Bytes good_gguf() {
  GgufWriter w;
  w.set("general.type", "adapter").set("adapter.type", "lora").set("adapter.lora.alpha", 4.f);
  w.set("general.architecture", "llama");
  w.tensor("blk.0.attn_q.weight.lora_a", WeightType::kF32, {6, 2}, zeros(12));
  w.tensor("blk.0.attn_q.weight.lora_b", WeightType::kF32, {2, 8}, zeros(16));
  w.tensor("blk.0.ffn_up.weight.lora_a", WeightType::kF16, {6, 3}, std::vector<std::byte>(36));
  w.tensor("blk.0.ffn_up.weight.lora_b", WeightType::kF16, {3, 10}, std::vector<std::byte>(60));
  Bytes input = to_bytes(w.bytes());
  input.insert(input.begin(), 0);
  return input;
}

Bytes good_folder(const char* dtype, std::size_t element_bytes) {
  const json config = {{"peft_type", "LORA"},
                       {"r", 2},
                       {"lora_alpha", 4},
                       {"bias", "none"},
                       {"use_rslora", false},
                       {"rank_pattern", {{"up_proj", 2}}},
                       {"alpha_pattern", json::object()},
                       {"target_modules", {"q_proj"}}};
  json header;
  std::size_t end = 0;
  const auto add = [&](const std::string& module, const char* factor, int rows, int columns) {
    const std::size_t begin = end;
    end += static_cast<std::size_t>(rows * columns) * element_bytes;
    header["base_model.model.model.layers.0." + module + "." + factor + ".weight"] = {
        {"dtype", dtype}, {"shape", {rows, columns}}, {"data_offsets", {begin, end}}};
  };
  add("self_attn.q_proj", "lora_A", 2, 6);
  add("self_attn.q_proj", "lora_B", 8, 2);
  add("mlp.up_proj", "lora_A", 2, 6);
  add("mlp.up_proj", "lora_B", 10, 2);
  Bytes input = join_text(config.dump(), join_text(header.dump(), Bytes(end)));
  input.insert(input.begin(), 1);
  return input;
}

Expected<AdapterFile> open_folder(std::span<const std::uint8_t> input) {
  static const MemoryFolder folder("adapter_fuzz");
  const auto [config, weights] = split_text(input);
  const auto [header, data] = split_text(weights);
  const std::uint64_t length = header.size();
  std::string file(sizeof length, '\0');
  std::memcpy(file.data(), &length, sizeof length);
  folder.write(kConfig, config);
  folder.write(kWeights, file.append(header).append(as_text(data)));
  return AdapterFile::open(folder.path(), base());
}

void check_part(const LowRank& part) {
  const ModelTensor* target = base().tensor(part.target);
  promise(target != nullptr, "a part has a target");
  promise(part.a.cols == target->dims[0] && part.b.rows == target->dims[1] &&
              part.a.rows == part.b.cols && part.a.rows > 0,
          "the factors fit their target");
  for (const kernels::MatrixView& factor : {part.a, part.b}) {
    const auto* bytes = static_cast<const std::byte*>(factor.data);
    const std::size_t count = static_cast<std::size_t>(factor.rows) * factor.row_bytes();
    volatile std::byte ends = bytes[0] ^ bytes[count - 1];  // the sanitizer knows the borders
    (void)ends;
  }
}

}  // namespace

std::vector<Bytes> good_inputs() {
  return {good_gguf(), good_folder("F32", 4), good_folder("BF16", 2)};
}

void break_one_place(Bytes& input, Dice& dice) {
  if (input.empty() || dice.one_in(32)) return break_bytes(input, dice);
  if (input[0] % 2 == 0) return break_gguf(input, 1, dice);
  const auto [config, weights] = split_text(std::span(input).subspan(1));
  const auto [header, data] = split_text(weights);
  const bool settings = dice.one_in(2);
  Bytes out = join_text(settings ? break_json(config, dice) : std::string(config),
                        join_text(settings ? std::string(header) : break_json(header, dice), data));
  out.insert(out.begin(), 1);
  input = std::move(out);
}

}  // namespace curlew::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace curlew;  // NOLINT: one function
  if (size < 1) return 0;
  const std::span<const std::uint8_t> rest(data + 1, size - 1);
  const auto file = data[0] % 2 == 0
                        ? model::AdapterFile::parse(std::as_bytes(rest), "fuzz", fuzz::base())
                        : fuzz::open_folder(rest);
  if (!file) {
    fuzz::promise(!file.error().message().empty(), "an error says something");
    return 0;
  }
  fuzz::promise(!file->parts().empty(), "an adapter has parts");
  for (const model::LowRank& part : file->parts()) fuzz::check_part(part);
  return 0;
}
