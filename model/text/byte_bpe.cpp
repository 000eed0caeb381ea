#include "model/text/byte_bpe.h"

#include <array>
#include <unordered_map>
#include <utility>

#include "model/text/byte_alphabet.h"
#include "model/text/merge_list.h"
#include "model/text/merge_table.h"
#include "model/text/pretokenizer.h"
#include "model/text/utf8.h"
#include "model/text/vocabulary_tokenizer.h"
#include "model/text/word_cache.h"

namespace curlew::model {
namespace {

// The token of each byte, -1 where the vocabulary has none.
using ByteTokens = std::array<TokenId, 256>;

class ByteBpe final : public VocabularyTokenizer {
 public:
  ByteBpe(Vocabulary vocabulary, std::vector<std::string> pieces, Pretokenizer pretokenizer,
          MergeTable merges, const ByteTokens& byte_tokens, bool takes_whole_words)
      : VocabularyTokenizer(std::move(vocabulary), std::move(pieces), /*strips_first_space=*/false),
        pretokenizer_(std::move(pretokenizer)),
        merges_(std::move(merges)),
        byte_tokens_(byte_tokens) {
    if (!takes_whole_words) return;
    for (TokenId id = 0; id < size(); ++id) {
      if (type(id) == TokenType::kNormal) whole_words_.emplace(piece(id), id);
    }
  }

 private:
  void encode_stretch(std::string_view text, bool starts_word,
                      std::vector<TokenId>& out) const override;
  void encode_word(std::string_view word, WordMerger& merger, std::vector<TokenId>& out) const;
  void merge_word(std::string_view word, WordMerger& merger, std::vector<TokenId>& out) const;

  Pretokenizer pretokenizer_;
  MergeTable merges_;
  ByteTokens byte_tokens_;
  std::unordered_map<std::string_view, TokenId>
      whole_words_;  // views the pieces; empty where not asked for
  const std::uint32_t owner_ = WordCache::new_owner();
};

// Expressions see well-formed text only; a byte that is none is a word of its own.
void ByteBpe::encode_stretch(std::string_view text, bool /*starts_word*/,
                             std::vector<TokenId>& out) const {
  WordMerger merger;
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t length = well_formed_prefix(text);
    if (length == 0) {
      encode_word(text.substr(0, 1), merger, out);
      text.remove_prefix(1);
      continue;
    }
    pretokenizer_.split(text.substr(0, length), words);
    for (const std::string_view word : words) encode_word(word, merger, out);
    text.remove_prefix(length);
  }
}

void ByteBpe::encode_word(std::string_view word, WordMerger& merger,
                          std::vector<TokenId>& out) const {
  WordCache::Entry* const cached = WordCache::here().entry(owner_, word);
  if (cached != nullptr && cached->holds(owner_, word)) {
    const std::span<const TokenId> ids = cached->result();
    out.insert(out.end(), ids.begin(), ids.end());
    return;
  }
  const std::size_t before = out.size();
  merge_word(word, merger, out);
  if (cached != nullptr) cached->store(owner_, word, std::span(out).subspan(before));
}

void ByteBpe::merge_word(std::string_view word, WordMerger& merger,
                         std::vector<TokenId>& out) const {
  if (const auto whole = whole_words_.find(word); whole != whole_words_.end()) {
    out.push_back(whole->second);
    return;
  }
  merger.begin();
  for (const char byte : word) {
    const TokenId token = byte_tokens_[static_cast<unsigned char>(byte)];
    merger.add(token >= 0 ? token : special().unk);
  }
  merger.finish(merges_, out);
}

std::vector<std::string> pieces_of(const Vocabulary& vocabulary) {
  std::vector<std::string> pieces(vocabulary.spellings.size());
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const TokenType type = vocabulary.types[i];
    if (type == TokenType::kUserDefined) pieces[i] = vocabulary.spellings[i];
    if (type == TokenType::kNormal || type == TokenType::kByte)
      pieces[i] = bytes_of_spelling(vocabulary.spellings[i]);
  }
  return pieces;
}

}  // namespace

Expected<std::unique_ptr<const Tokenizer>> make_byte_bpe(const ModelFile& file,
                                                         Vocabulary vocabulary) {
  // Folders in Hugging Face's layout may bring expressions of their own (model/files/hf_folder.h).
  const auto* expressions = file.strings("curlew.tokenizer.expressions");
  Expected<Pretokenizer> pretokenizer = expressions != nullptr ? Pretokenizer::make_of(*expressions)
                                                               : Pretokenizer::make(vocabulary.pre);
  if (!pretokenizer) return std::move(pretokenizer.error()).during(file.name());
  const Expected<bool> whole_words =
      file.boolean("curlew.tokenizer.whole_words", pretokenizer->takes_whole_words());
  if (!whole_words) return Error(whole_words.error()).pass();
  Expected<MergeTable> merges = read_merges(file, vocabulary);
  if (!merges) return std::move(merges.error()).pass();
  ByteTokens byte_tokens;
  for (int byte = 0; byte < 256; ++byte) {
    byte_tokens[static_cast<std::size_t>(byte)] =
        vocabulary.find(byte_spelling(static_cast<std::uint8_t>(byte))).value_or(-1);
  }
  std::vector<std::string> pieces = pieces_of(vocabulary);
  return std::make_unique<const ByteBpe>(std::move(vocabulary), std::move(pieces),
                                         std::move(*pretokenizer), std::move(*merges), byte_tokens,
                                         *whole_words);
}

}  // namespace curlew::model
