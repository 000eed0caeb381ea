// A GGUF file and a text in one input: a u16 length of the text, the text, then the file. Whatever
// vocabulary the file has is refused or loaded, and then the text is encoded, decoded and laid out
// as a prompt.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/text/fim.h"
#include "model/text/tokenizer.h"

namespace {

using namespace curlew::model;  // NOLINT: a program of its own

void check_ids(const Tokenizer& tokenizer, const std::vector<TokenId>& ids) {
  for (const TokenId id : ids) {
    if (id < 0 || id >= tokenizer.size()) std::abort();
  }
  (void)tokenizer.decode(ids, true);
}

void use(const Tokenizer& tokenizer, std::string_view text) {
  for (const EncodeOptions options :
       {EncodeOptions{}, EncodeOptions{.add_special = true, .parse_special = true},
        EncodeOptions{.literal = true, .continues = true}}) {
    check_ids(tokenizer, tokenizer.encode(text, options));
  }
  const Expected<FimFormat> format =
      choose_fim_format(tokenizer, "llama", "codestral", "fuzz.gguf");
  if (!format) return;
  FimText parts;
  parts.prefix = text.substr(0, text.size() / 2);
  parts.suffix = text.substr(text.size() / 2);
  parts.path = "a/b.py";
  parts.context = {{"c", parts.suffix}};
  parts.typed = parts.prefix.substr(parts.prefix.size() / 2);
  const FimPrompt prompt = build_fim_prompt(tokenizer, *format, parts, {.prompt_tokens_max = 40});
  if (prompt.tokens.size() > 40) std::abort();
  check_ids(tokenizer, prompt.tokens);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t length = std::min<std::size_t>(data[0] | data[1] << 8, size - 2);
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, length);
  const Expected<ModelFile> file =
      ModelFile::parse(std::as_bytes(std::span(data + 2 + length, size - 2 - length)), "fuzz");
  if (!file) return 0;
  const Expected<std::unique_ptr<const Tokenizer>> tokenizer = load_tokenizer(*file);
  if (tokenizer) use(**tokenizer, text);
  return 0;
}
