// A checkpoint in one input: a byte that chooses the family, four small sizes, a u16 length of the
// header, the header's JSON, then the tensors' bytes. The file's own length field is made to fit,
// so that mutations reach the entries; one value of the first byte in sixteen keeps the raw bytes.
// Whatever is read lies inside the file, and is then translated as a model of that family.

#include <algorithm>
#include <cstring>

#include "model/files/hf_tensors.h"
#include "tests/fuzz/json_damage.h"

namespace curlew::fuzz {
namespace {

using namespace curlew::model;  // NOLINT: a program of its own

constexpr std::size_t kHeadBytes = 5;  // before the header's length
constexpr int kRawBytes = 15;          // of sixteen: the input's own bytes are the file

constexpr const char* kClasses[] = {"LlamaForCausalLM",    "GemmaForCausalLM",
                                    "Qwen3MoeForCausalLM", "DeepseekV2ForCausalLM",
                                    "StableLmForCausalLM", "GptOssForCausalLM"};

HfLayout layout_of(const std::uint8_t* head) {
  HfLayout layout;
  layout.family = find_family(kClasses[head[0] % std::size(kClasses)]);
  layout.n_layers = 4;
  layout.n_heads = head[1] % 9;
  layout.n_kv_heads = head[2] % 5;
  layout.mla_key_dim = head[3] % 16;
  layout.mla_value_dim = head[4] % 16;
  layout.ties_output = head[1] % 2 == 1;
  layout.packed.method = static_cast<Packed4Format::Method>(head[2] % 3);
  layout.packed.group_size = head[3] % 4 == 0 ? -1 : 32 * (head[3] % 4);
  layout.packed.zero_offset = head[4] % 2;
  return layout;
}

std::string file_of(std::span<const std::uint8_t> input) {
  if (input[0] % 16 == kRawBytes) return std::string(as_text(input.subspan(kHeadBytes)));
  const auto [header, data] = split_text(input.subspan(kHeadBytes));
  const std::uint64_t length = header.size();
  std::string file(sizeof length, '\0');
  std::memcpy(file.data(), &length, sizeof length);
  return file.append(header).append(as_text(data));
}

void check_inside(const std::vector<SafeTensor>& tensors, const std::string& file) {
  const auto* begin = reinterpret_cast<const std::byte*>(file.data());
  for (const SafeTensor& tensor : tensors)
    promise(tensor.bytes.data() >= begin &&
                tensor.bytes.data() + tensor.bytes.size() <= begin + file.size(),
            "a tensor lies inside its file");
}

void check_translated(const GgufImage& image) {
  for (const ModelTensor& tensor : image.tensors) {
    const auto block = kernels::block_shape(tensor.type);
    const std::int64_t bytes = tensor.elements() / block.elements * block.bytes;
    promise(bytes == static_cast<std::int64_t>(tensor.bytes.size()), "shape and bytes agree");
    volatile std::byte ends = tensor.bytes.front() ^ tensor.bytes.back();
    (void)ends;
  }
}

}  // namespace

std::vector<Bytes> good_inputs() {
  return seed_files("safetensors");
}

void break_one_place(Bytes& input, Dice& dice) {
  if (input.size() < kHeadBytes + 2 || dice.one_in(16)) return break_bytes(input, dice);
  if (dice.one_in(8)) {
    input[dice.below(kHeadBytes)] = static_cast<std::uint8_t>(dice.word());
    return;
  }
  const auto [header, data] = split_text(std::span(input).subspan(kHeadBytes));
  const Bytes changed = join_text(break_json(header, dice), Bytes(data.begin(), data.end()));
  input.resize(kHeadBytes);
  input.insert(input.end(), changed.begin(), changed.end());
}

}  // namespace curlew::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace curlew;  // NOLINT: one function
  if (size < fuzz::kHeadBytes + 2) return 0;
  const std::string file = fuzz::file_of({data, size});
  const auto tensors = model::parse_safetensors(std::as_bytes(std::span(file)), "fuzz.safetensors");
  if (!tensors) {
    fuzz::promise(tensors.error().message().find("fuzz.safetensors: ") != std::string::npos,
                  "an error names the file");
    return 0;
  }
  fuzz::check_inside(*tensors, file);
  model::GgufImage image;
  if (translate_tensors(*tensors, fuzz::layout_of(data), "fuzz", image))
    fuzz::check_translated(image);
  return 0;
}
