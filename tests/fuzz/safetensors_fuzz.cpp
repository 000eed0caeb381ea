// A checkpoint in one input: a byte that chooses the family, four small sizes, a u16 length of the
// header, the header's JSON, then the tensors' bytes. The file's own length field is made to fit,
// so that mutations reach the entries; one value of the first byte in sixteen keeps the raw bytes.
// Whatever is read lies inside the file, and is then translated as a model of that family.

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "model/files/hf_tensors.h"

namespace {

using namespace curlew::model;  // NOLINT: a program of its own

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

void check_inside(const std::vector<SafeTensor>& tensors, const std::string& file) {
  const auto* begin = reinterpret_cast<const std::byte*>(file.data());
  for (const SafeTensor& tensor : tensors) {
    if (tensor.bytes.data() < begin ||
        tensor.bytes.data() + tensor.bytes.size() > begin + file.size())
      std::abort();
  }
}

void check_translated(const GgufImage& image) {
  for (const ModelTensor& tensor : image.tensors) {
    const auto block = curlew::kernels::block_shape(tensor.type);
    const std::int64_t bytes = tensor.elements() / block.elements * block.bytes;
    if (bytes != static_cast<std::int64_t>(tensor.bytes.size())) std::abort();
    volatile std::byte ends = tensor.bytes.front() ^ tensor.bytes.back();
    (void)ends;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kHead = 7;
  if (size < kHead) return 0;
  std::string file(reinterpret_cast<const char*>(data) + kHead, size - kHead);
  if (data[0] % 16 != 15) {
    const std::uint64_t length = data[5] | data[6] << 8;
    std::string field(sizeof length, '\0');
    std::memcpy(field.data(), &length, sizeof length);
    file = field + file;
  }
  const auto tensors = parse_safetensors(std::as_bytes(std::span(file)), "fuzz");
  if (!tensors) {
    if (tensors.error().message().empty()) std::abort();
    return 0;
  }
  check_inside(*tensors, file);
  GgufImage image;
  if (translate_tensors(*tensors, layout_of(data), "fuzz", image)) check_translated(image);
  return 0;
}
