// The tokenizer of a Hugging Face folder: a byte that says which file follows (tokenizer.json,
// tokenizer.model, tokenizer_config.json beside a good tokenizer.json), a u16 length of a text, the
// text, the file. The folder is refused or loaded, and then the text is encoded and decoded.

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "model/text/tokenizer.h"

namespace {

using namespace curlew::model;  // NOLINT: a program of its own
namespace fs = std::filesystem;

constexpr std::string_view kConfig = R"({"architectures": ["LlamaForCausalLM"],
  "num_hidden_layers": 1, "hidden_size": 8, "intermediate_size": 8, "num_attention_heads": 2,
  "max_position_embeddings": 8, "rms_norm_eps": 1e-5, "vocab_size": 9})";
constexpr std::string_view kTokenizer = R"({"added_tokens": [{"id": 3, "content": "<s>"}],
  "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
  "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}})";
constexpr const char* kFiles[] = {"tokenizer.json", "tokenizer.model", "tokenizer_config.json"};

void write(const fs::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary)
      .write(text.data(), static_cast<std::streamsize>(text.size()));
}

// In memory where the system has such a place; one for each process.
const fs::path& folder() {
  static const fs::path path = [] {
    const fs::path memory = "/dev/shm";
    const fs::path root = fs::is_directory(memory) ? memory : fs::temp_directory_path();
    fs::path made = root / ("curlew_hf_fuzz_" + std::to_string(::getpid()));
    fs::create_directories(made);
    write(made / "config.json", kConfig);
    write(made / "model.safetensors", std::string_view("\2\0\0\0\0\0\0\0{}", 10));
    std::atexit([] { fs::remove_all(folder()); });
    return made;
  }();
  return path;
}

void use(const Tokenizer& tokenizer, std::string_view text) {
  for (const EncodeOptions options :
       {EncodeOptions{}, EncodeOptions{.add_special = true, .parse_special = true},
        EncodeOptions{.literal = true, .continues = true}}) {
    const std::vector<TokenId> ids = tokenizer.encode(text, options);
    for (const TokenId id : ids)
      if (id < 0 || id >= tokenizer.size()) std::abort();
    (void)tokenizer.decode(ids, true);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const std::size_t length = std::min<std::size_t>(data[1] | data[2] << 8, size - 3);
  const std::string_view text(reinterpret_cast<const char*>(data) + 3, length);
  const std::string_view file(reinterpret_cast<const char*>(data) + 3 + length, size - 3 - length);
  const char* name = kFiles[data[0] % std::size(kFiles)];
  for (const char* other : kFiles) fs::remove(folder() / other);
  if (name == kFiles[2]) write(folder() / kFiles[0], kTokenizer);
  write(folder() / name, file);
  const Expected<ModelFile> model = ModelFile::open(folder());
  if (!model) {
    if (model.error().message().empty()) std::abort();
    return 0;
  }
  const Expected<std::unique_ptr<const Tokenizer>> tokenizer = load_tokenizer(*model);
  if (tokenizer) use(**tokenizer, text);
  return 0;
}
