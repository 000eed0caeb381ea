#include "model/text/special_tokens.h"

#include <algorithm>
#include <initializer_list>

namespace curlew::model {
namespace {

using Spellings = std::initializer_list<std::string_view>;

// One role: the keys that may name its id, oldest name last, and the spellings that give it away.
struct Role {
  TokenId SpecialTokens::*id;
  Spellings keys;  // after "tokenizer.ggml."
  Spellings spellings;
};

// The order matters only between spellings of one role: the first that the vocabulary has is taken.
const Role kRoles[] = {
    {&SpecialTokens::bos, {"bos_token_id"}, {}},
    {&SpecialTokens::eos, {"eos_token_id"}, {}},
    {&SpecialTokens::unk, {"unknown_token_id"}, {}},
    {&SpecialTokens::pad, {"padding_token_id"}, {}},
    {&SpecialTokens::eot,
     {"eot_token_id"},
     {"<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|end_of_text|>",
      "<EOT>", "▁<EOT>", "_<EOT>", "<｜end▁of▁sentence｜>"}},
    {&SpecialTokens::fim_prefix,
     {"fim_pre_token_id", "prefix_token_id"},
     {"<|fim_prefix|>", "<fim-prefix>", "<fim_prefix>", "<｜fim▁begin｜>", "<PRE>", "▁<PRE>",
      "<|code_prefix|>", "<|prefix|>", "<[fim-prefix]>", "[PREFIX]", "▁<AIX-SPAN-PRE>"}},
    {&SpecialTokens::fim_suffix,
     {"fim_suf_token_id", "suffix_token_id"},
     {"<|fim_suffix|>", "<fim-suffix>", "<fim_suffix>", "<｜fim▁hole｜>", "<SUF>", "▁<SUF>",
      "<|code_suffix|>", "<|suffix|>", "<[fim-suffix]>", "[SUFFIX]", "▁<AIX-SPAN-POST>"}},
    {&SpecialTokens::fim_middle,
     {"fim_mid_token_id", "middle_token_id"},
     {"<|fim_middle|>", "<fim-middle>", "<fim_middle>", "<｜fim▁end｜>", "<MID>", "▁<MID>",
      "<|code_middle|>", "<|middle|>", "<[fim-middle]>", "[MIDDLE]", "▁<AIX-SPAN-MIDDLE>"}},
    {&SpecialTokens::fim_pad,
     {"fim_pad_token_id"},
     {"<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>"}},
    {&SpecialTokens::repo_name,
     {"fim_rep_token_id"},
     {"<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<repo_name>", "<reponame>", "<REPO>"}},
    {&SpecialTokens::file_sep,
     {"fim_sep_token_id"},
     {"<|file_sep|>", "<file_sep>", "<|file_separator|>", "<filename>"}},
};

// A generation ends at any of these.
constexpr std::string_view kEndings[] = {
    "<|eot_id|>",
    "<|im_end|>",
    "<|end|>",
    "<|return|>",
    "<|call|>",
    "<|flush|>",
    "<|calls|>",
    "<end_of_turn>",
    "<|endoftext|>",
    "<|eom_id|>",
    "<EOT>",
    "▁<EOT>",
    "_<EOT>",
    "[EOT]",
    "<|end_of_text|>",
    "<end_of_utterance>",
    "</s>",
    "<eos>",
    "<｜end▁of▁sentence｜>",
    "<[end▁of▁sentence]>",
};

// A key's id, or -1 where the file does not have the key.
Expected<TokenId> id_from_keys(const ModelFile& file, const Vocabulary& vocabulary,
                               Spellings keys) {
  for (const std::string_view name : keys) {
    const std::string key = fmt::format("tokenizer.ggml.{}", name);
    const Expected<std::int64_t> id = file.integer(key, -1);
    if (!id) return Error(id.error()).pass();
    if (file.find(key) == nullptr) continue;
    if (*id < 0 || *id >= vocabulary.size()) {
      return fail(Errc::kCorrupt, "{}: {} is {}, but the vocabulary has {} tokens", file.name(),
                  key, *id, vocabulary.size());
    }
    return static_cast<TokenId>(*id);
  }
  return -1;
}

TokenId id_from_spellings(Vocabulary& vocabulary, Spellings spellings) {
  for (const std::string_view spelling : spellings) {
    if (const std::optional<TokenId> id = vocabulary.find(spelling)) {
      vocabulary.types[static_cast<std::size_t>(*id)] = TokenType::kControl;
      return *id;
    }
  }
  return -1;
}

Status find_flags(const ModelFile& file, Vocabulary& vocabulary) {
  SpecialTokens& special = vocabulary.special;
  const bool sentencepiece = vocabulary.model == "llama";
  const bool starts = sentencepiece || vocabulary.pre == "llama-bpe" || vocabulary.pre == "tekken";
  const Expected<bool> add_bos = file.boolean("tokenizer.ggml.add_bos_token", starts);
  if (!add_bos) return Error(add_bos.error()).pass();
  const Expected<bool> add_eos = file.boolean("tokenizer.ggml.add_eos_token", false);
  if (!add_eos) return Error(add_eos.error()).pass();
  special.add_bos = *add_bos && special.bos >= 0;
  special.add_eos = *add_eos && special.eos >= 0;
  return {};
}

void find_endings(Vocabulary& vocabulary, TokenId end_of_message) {
  SpecialTokens& special = vocabulary.special;
  std::vector<TokenId> endings = {special.eos,     special.eot,       end_of_message,
                                  special.fim_pad, special.repo_name, special.file_sep};
  for (const std::string_view spelling : kEndings)
    endings.push_back(id_from_spellings(vocabulary, {spelling}));
  // Instruction-tuned DeepSeek models end with this one; their files leave it user-defined.
  if (const std::optional<TokenId> id = vocabulary.find("<|EOT|>")) endings.push_back(*id);
  std::sort(endings.begin(), endings.end());
  endings.erase(std::unique(endings.begin(), endings.end()), endings.end());
  std::erase(endings, -1);
  special.end_of_generation = std::move(endings);
}

}  // namespace

Status find_special_tokens(const ModelFile& file, Vocabulary& vocabulary) {
  SpecialTokens& special = vocabulary.special;
  for (const Role& role : kRoles) {
    const Expected<TokenId> id = id_from_keys(file, vocabulary, role.keys);
    if (!id) return Error(id.error()).pass();
    special.*role.id = *id >= 0 ? *id : id_from_spellings(vocabulary, role.spellings);
  }
  const Expected<TokenId> end_of_message = id_from_keys(file, vocabulary, {"eom_token_id"});
  if (!end_of_message) return Error(end_of_message.error()).pass();
  if (vocabulary.model == "llama") {  // SentencePiece files may leave the classic three unsaid
    const auto fill = [&](TokenId& id, std::string_view spelling) {
      if (id < 0) id = vocabulary.find(spelling).value_or(-1);
    };
    fill(special.unk, "<unk>");
    fill(special.bos, "<s>");
    fill(special.eos, "</s>");
  }
  const Expected<std::string_view> order = file.string("curlew.fim.order", "");
  if (!order) return Error(order.error()).pass();
  if (!order->empty() && *order != "psm" && *order != "spm" && *order != "spm-side") {
    return fail(Errc::kCorrupt, "{}: curlew.fim.order is \"{}\"; known are psm, spm, spm-side",
                file.name(), *order);
  }
  special.fim_order = *order;
  find_endings(vocabulary, *end_of_message);
  return find_flags(file, vocabulary);
}

bool is_marker(const Vocabulary& vocabulary, TokenId id) {
  for (const Role& role : kRoles) {
    if (vocabulary.special.*role.id == id) return true;
  }
  const auto& endings = vocabulary.special.end_of_generation;
  if (std::binary_search(endings.begin(), endings.end(), id)) return true;
  const std::string_view spelling = vocabulary.spellings[static_cast<std::size_t>(id)];
  return spelling.starts_with("<|") || spelling.starts_with("<｜") || spelling.starts_with("<[");
}

}  // namespace curlew::model
