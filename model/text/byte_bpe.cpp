#include "model/text/byte_bpe.h"

#include <array>
#include <utility>

#include "model/text/byte_alphabet.h"
#include "model/text/merge_table.h"
#include "model/text/pretokenizer.h"
#include "model/text/utf8.h"
#include "model/text/vocabulary_tokenizer.h"

namespace curlew::model {
namespace {

constexpr std::string_view kMergesKey = "tokenizer.ggml.merges";
constexpr std::size_t kMergesMax = 2u << 20;

// The token of each byte, -1 where the vocabulary has none.
using ByteTokens = std::array<TokenId, 256>;

class ByteBpe final : public VocabularyTokenizer {
 public:
  ByteBpe(Vocabulary vocabulary, std::vector<std::string> pieces, Pretokenizer pretokenizer,
          MergeTable merges, const ByteTokens& byte_tokens)
      : VocabularyTokenizer(std::move(vocabulary), std::move(pieces), /*strips_first_space=*/false),
        pretokenizer_(std::move(pretokenizer)),
        merges_(std::move(merges)),
        byte_tokens_(byte_tokens) {
    if (!pretokenizer_.takes_whole_words()) return;
    for (TokenId id = 0; id < size(); ++id) {
      if (type(id) == TokenType::kNormal) whole_words_.emplace(piece(id), id);
    }
  }

 private:
  void encode_stretch(std::string_view text, bool starts_word,
                      std::vector<TokenId>& out) const override;
  void encode_word(std::string_view word, WordMerger& merger, std::vector<TokenId>& out) const;

  Pretokenizer pretokenizer_;
  MergeTable merges_;
  ByteTokens byte_tokens_;
  std::unordered_map<std::string_view, TokenId>
      whole_words_;  // views the pieces; empty where not asked for
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

Expected<MergeTable> read_merges(const ModelFile& file, const Vocabulary& vocabulary) {
  const std::vector<std::string_view>* lines = file.strings(kMergesKey);
  if (lines == nullptr) {
    return fail(Errc::kCorrupt, "{}: key {} (an array of strings) is missing", file.name(),
                kMergesKey);
  }
  if (lines->size() > kMergesMax) {
    return fail(Errc::kCorrupt, "{}: {} merges; at most {} are read", file.name(), lines->size(),
                kMergesMax);
  }
  MergeTable table(lines->size());
  std::string joined;
  for (std::size_t i = 0; i < lines->size(); ++i) {
    const std::string_view line = (*lines)[i];
    const std::size_t space = line.find(' ', 1);  // a token may itself begin with a space
    if (space == std::string_view::npos || space + 1 == line.size() ||
        line.size() > 2 * kTokenBytesMax) {
      return fail(Errc::kCorrupt, "{}: merge {} is no pair of tokens with a space between",
                  file.name(), i);
    }
    const std::string_view left = line.substr(0, space), right = line.substr(space + 1);
    joined.assign(left).append(right);
    const std::optional<TokenId> ids[] = {vocabulary.find(left), vocabulary.find(right),
                                          vocabulary.find(joined)};
    for (std::size_t part = 0; part < std::size(ids); ++part) {
      if (ids[part]) continue;
      const std::string_view unknown[] = {left, right, joined};
      return fail(
          Errc::kCorrupt,
          "{}: merge {} (\"{}\") needs the token \"{}\", which the vocabulary does not have",
          file.name(), i, line, unknown[part]);
    }
    table.add(*ids[0], *ids[1], {static_cast<std::uint32_t>(i), *ids[2]});
  }
  return table;
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
  Expected<Pretokenizer> pretokenizer = Pretokenizer::make(vocabulary.pre);
  if (!pretokenizer) return std::move(pretokenizer.error()).during(file.name());
  Expected<MergeTable> merges = read_merges(file, vocabulary);
  if (!merges) return std::move(merges.error()).pass();
  ByteTokens byte_tokens;
  for (int byte = 0; byte < 256; ++byte) {
    byte_tokens[static_cast<std::size_t>(byte)] =
        vocabulary.find(byte_spelling(static_cast<std::uint8_t>(byte))).value_or(-1);
  }
  std::vector<std::string> pieces = pieces_of(vocabulary);
  return std::make_unique<const ByteBpe>(std::move(vocabulary), std::move(pieces),
                                         std::move(*pretokenizer), std::move(*merges), byte_tokens);
}

}  // namespace curlew::model
