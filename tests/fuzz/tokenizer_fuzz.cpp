// A GGUF file and a text in one input: a u16 length of the text, the text, then the file. Whatever
// vocabulary the file has is refused or loaded, and then the text is encoded, decoded and laid out
// in every prompt format that the file is taken for.

#include "model/text/prompt_formats.h"
#include "tests/fuzz/gguf_draft.h"
#include "tests/model/vocabulary_file.h"

namespace curlew::fuzz {
namespace {

using namespace curlew::model;           // NOLINT: a program of its own
using namespace curlew::model::testing;  // NOLINT

constexpr int kPromptTokensMax = 40;

// clang-format off
const std::vector<TokenRow> kPieces = {
    {"<unk>", kUnknown}, {"<s>", kControl}, {"</s>", kControl}, {"<0x0A>", kByte}, {"<0xC3>", kByte},
    {"▁", kNormal, -1}, {"a", kNormal, -2}, {"b", kNormal, -3}, {"ab", kNormal, -1.5f},
    {"▁ab", kNormal, -1.2f}, {"é", kNormal, -4}, {"▁▁", kUserDefined}, {"never", kUnused},
    {"[PREFIX]", kControl}, {"[SUFFIX]", kControl}, {"[MIDDLE]", kControl},
    {"[INST]", kControl}, {"[/INST]", kControl}, {"<fim_x>", kUserDefined}};
const std::vector<TokenRow> kByteLevel = {
    {"a"}, {"b"}, {"c"}, {"Ġ"}, {"Ċ"}, {"ab"}, {"abc"}, {"Ġab"}, {"<|endoftext|>", kControl},
    {"<|fim_prefix|>", kControl}, {"<|fim_suffix|>", kControl}, {"<|fim_middle|>", kControl},
    {"<|repo_name|>", kControl}, {"<|file_sep|>", kUserDefined},
    {"<|im_start|>", kControl}, {"<|im_end|>", kControl}};
// clang-format on

GgufWriter sentencepiece() {
  GgufWriter w = vocabulary_file("llama", kPieces);
  w.set("general.name", "Codestral");  // by which a format is chosen
  w.set("tokenizer.ggml.bos_token_id", 1u).set("tokenizer.ggml.eos_token_id", 2u);
  w.set("tokenizer.ggml.unknown_token_id", 0u).set("tokenizer.ggml.add_space_prefix", true);
  return w.set("tokenizer.chat_template", "{{ bos_token }}{% if x %}[INST] {{ m }} [/INST]");
}

GgufWriter byte_level(const char* pre) {
  GgufWriter w = vocabulary_file("gpt2", kByteLevel);
  w.set("general.name", "Codestral");
  w.set("tokenizer.ggml.pre", pre).set("tokenizer.ggml.eos_token_id", 8u);
  w.set("tokenizer.ggml.merges", std::vector<std::string>{"a b", "ab c", "Ġ ab"});
  w.set("tokenizer.ggml.add_bos_token", false).set("tokenizer.ggml.fim_pre_token_id", 9u);
  return w.set("tokenizer.chat_template", "{% for m in messages %}<|im_start|>{{ m }}<|im_end|>");
}

void check_ids(const Tokenizer& tokenizer, const std::vector<TokenId>& ids) {
  for (const TokenId id : ids)
    promise(id >= 0 && id < tokenizer.size(), "ids are the vocabulary's");
  (void)tokenizer.decode(ids, true);
}

void check_fim(const Tokenizer& tokenizer, const FimFormat& format, std::string_view text) {
  FimText parts;
  parts.prefix = text.substr(0, text.size() / 2);
  parts.suffix = text.substr(text.size() / 2);
  parts.path = "a/b.py";
  parts.context = {{"c", parts.suffix}};
  parts.typed = parts.prefix.substr(parts.prefix.size() / 2);
  const FimPrompt prompt =
      build_fim_prompt(tokenizer, format, parts, {.prompt_tokens_max = kPromptTokensMax});
  promise(prompt.tokens.size() <= kPromptTokensMax, "a prompt keeps to its size");
  check_ids(tokenizer, prompt.tokens);
}

void use(const ModelFile& file, const Tokenizer& tokenizer, std::string_view text) {
  for (const EncodeOptions options :
       {EncodeOptions{}, EncodeOptions{.add_special = true, .parse_special = true},
        EncodeOptions{.literal = true, .continues = true}}) {
    check_ids(tokenizer, tokenizer.encode(text, options));
  }
  const PromptFormats formats = choose_prompt_formats(file, tokenizer);
  if (formats.fim) check_fim(tokenizer, *formats.fim, text);
  if (!formats.chat) return;
  const ChatMessage messages[] = {{ChatRole::kSystem, "a"}, {ChatRole::kUser, std::string(text)}};
  check_ids(tokenizer, build_chat_prompt(tokenizer, *formats.chat, messages));
}

}  // namespace

std::vector<Bytes> good_inputs() {
  constexpr std::string_view kTexts[] = {"ab abc\n  é", "<|im_start|>abc <s>\xff\xe2\x96", ""};
  std::vector<Bytes> inputs;
  for (const std::string_view text : kTexts) {
    inputs.push_back(join_text(text, to_bytes(sentencepiece().bytes())));
    for (const char* pre :
         {"qwen2", "llama-bpe", "deepseek-coder", "starcoder", "tekken", "gpt-4o"})
      inputs.push_back(join_text(text, to_bytes(byte_level(pre).bytes())));
  }
  return inputs;
}

void break_one_place(Bytes& input, Dice& dice) {
  const auto [text, file] = split_text(input);
  if (!dice.one_in(8)) return break_gguf(input, input.size() - file.size(), dice);
  Bytes changed = to_bytes(text);
  break_bytes(changed, dice);
  input = join_text(as_text(changed), Bytes(file.begin(), file.end()));
}

}  // namespace curlew::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace curlew;  // NOLINT: one function
  const auto [text, bytes] = fuzz::split_text({data, size});
  const auto file = model::ModelFile::parse(std::as_bytes(bytes), "fuzz.gguf");
  if (!file) return 0;
  const auto tokenizer = model::load_tokenizer(*file);
  if (!tokenizer)
    fuzz::promise(tokenizer.error().message().find("fuzz.gguf") != std::string::npos,
                  "an error names the file");
  else
    fuzz::use(*file, **tokenizer, text);
  return 0;
}
