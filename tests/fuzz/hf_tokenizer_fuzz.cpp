// The tokenizer of a Hugging Face folder: a byte that says which file follows (tokenizer.json,
// tokenizer.model, tokenizer_config.json beside a good tokenizer.json), a u16 length of a text, the
// text, the file. The folder is refused or loaded, and then the text is encoded and decoded.

#include "model/text/tokenizer.h"
#include "tests/fuzz/json_damage.h"
#include "tests/fuzz/memory_folder.h"

namespace curlew::fuzz {
namespace {

using namespace curlew::model;  // NOLINT: a program of its own

constexpr std::string_view kConfig = R"({"architectures": ["LlamaForCausalLM"],
  "num_hidden_layers": 1, "hidden_size": 8, "intermediate_size": 8, "num_attention_heads": 2,
  "max_position_embeddings": 8, "rms_norm_eps": 1e-5, "vocab_size": 9})";
constexpr std::string_view kTokenizer = R"({"added_tokens": [{"id": 3, "content": "<s>"}],
  "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
  "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}})";
constexpr const char* kFiles[] = {"tokenizer.json", "tokenizer.model", "tokenizer_config.json"};
constexpr std::size_t kModel = 1, kSettings = 2;  // of kFiles

// The file of this run, and whatever the others need; what an earlier run left is taken away.
const MemoryFolder& folder_with(std::size_t kind, std::string_view text) {
  static const MemoryFolder folder("hf_tokenizer_fuzz");
  static std::size_t last = std::size(kFiles);
  if (last == std::size(kFiles)) {
    folder.write("config.json", kConfig);
    folder.write("model.safetensors", std::string_view("\2\0\0\0\0\0\0\0{}", 10));
  }
  if (kind != last) {
    for (const char* file : kFiles) folder.remove(file);
    if (kind == kSettings) folder.write(kFiles[0], kTokenizer);
    last = kind;
  }
  folder.write(kFiles[kind], text);
  return folder;
}

void use(const Tokenizer& tokenizer, std::string_view text) {
  for (const EncodeOptions options :
       {EncodeOptions{}, EncodeOptions{.add_special = true, .parse_special = true},
        EncodeOptions{.literal = true, .continues = true}}) {
    const std::vector<TokenId> ids = tokenizer.encode(text, options);
    for (const TokenId id : ids)
      promise(id >= 0 && id < tokenizer.size(), "ids are the vocabulary's");
    (void)tokenizer.decode(ids, true);
  }
}

}  // namespace

std::vector<Bytes> good_inputs() {
  return seed_files("hf_tokenizer");
}

void break_one_place(Bytes& input, Dice& dice) {
  if (input.size() < 3) return break_bytes(input, dice);
  const std::size_t kind = input[0] % std::size(kFiles);
  const auto [text, file] = split_text(std::span(input).subspan(1));
  Bytes changed_text = to_bytes(text), changed_file(file.begin(), file.end());
  if (dice.one_in(8))
    break_bytes(changed_text, dice);
  else if (kind == kModel || dice.one_in(6))
    break_bytes(changed_file, dice);
  else
    changed_file = to_bytes(break_json(as_text(file), dice));
  Bytes out = join_text(as_text(changed_text), changed_file);
  out.insert(out.begin(), static_cast<std::uint8_t>(kind));
  input = std::move(out);
}

}  // namespace curlew::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace curlew;  // NOLINT: one function
  if (size < 3) return 0;
  const std::size_t kind = data[0] % std::size(fuzz::kFiles);
  const auto [text, file] = fuzz::split_text({data + 1, size - 1});
  const fuzz::MemoryFolder& folder = fuzz::folder_with(kind, fuzz::as_text(file));
  const auto model = model::ModelFile::open(folder.path());
  if (!model) {
    fuzz::promise(model.error().message().find(folder.path()) != std::string::npos,
                  "an error names the file");
    return 0;
  }
  const auto tokenizer = model::load_tokenizer(*model);
  if (tokenizer) fuzz::use(**tokenizer, text);
  return 0;
}
