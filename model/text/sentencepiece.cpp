#include "model/text/sentencepiece.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "model/text/merge_list.h"
#include "model/text/piece_boundaries.h"
#include "model/text/score_merger.h"
#include "model/text/utf8.h"
#include "model/text/vocabulary_tokenizer.h"
#include "model/text/word_cache.h"

namespace curlew::model {
namespace {

constexpr std::string_view kSpaceMark = "▁";  // U+2581

// The byte that "<0x0A>" spells; -1 for any other spelling.
int byte_of_spelling(std::string_view spelling) {
  if (spelling.size() != 6 || !spelling.starts_with("<0x") || spelling[5] != '>') return -1;
  int byte = 0;
  for (const char c : spelling.substr(3, 2)) {
    if (c >= '0' && c <= '9') {
      byte = byte * 16 + (c - '0');
    } else if (c >= 'A' && c <= 'F') {
      byte = byte * 16 + (c - 'A' + 10);
    } else {
      return -1;
    }
  }
  return byte;
}

std::string with_spaces(std::string_view spelling) {
  std::string text;
  for (std::size_t at = 0; at < spelling.size();) {
    const bool mark = spelling.substr(at).starts_with(kSpaceMark);
    text.push_back(mark ? ' ' : spelling[at]);
    at += mark ? kSpaceMark.size() : 1;
  }
  return text;
}

std::string with_marks(std::string_view text) {
  std::string marked;
  for (const char c : text) {
    if (c == ' ') {
      marked += kSpaceMark;
    } else {
      marked += c;
    }
  }
  return marked;
}

std::vector<std::string> pieces_of(const Vocabulary& vocabulary) {
  std::vector<std::string> pieces(vocabulary.spellings.size());
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const TokenType type = vocabulary.types[i];
    if (type == TokenType::kNormal || type == TokenType::kUserDefined) {
      pieces[i] = with_spaces(vocabulary.spellings[i]);
    } else if (type == TokenType::kByte) {
      pieces[i] = std::string(1, static_cast<char>(byte_of_spelling(vocabulary.spellings[i])));
    }
  }
  return pieces;
}

class SentencePiece final : public VocabularyTokenizer {
 public:
  SentencePiece(Vocabulary vocabulary, std::vector<std::string> pieces, bool adds_space,
                std::optional<MergeTable> merges);

 private:
  // What one call needs; the tokenizer itself never changes.
  struct Work {
    ScoreMerger scores;
    WordMerger ranks;
    std::vector<TokenId> ids;
  };

  void encode_stretch(std::string_view text, bool starts_word,
                      std::vector<TokenId>& out) const override;
  void encode_well_formed(std::string_view text, Work& work, std::vector<TokenId>& out) const;
  void merge_part(std::string_view part, Work& work) const;
  void merge_by_rank(std::string_view marked, Work& work) const;
  void spell_bytes(std::string_view text, std::vector<TokenId>& out) const;
  void encode_byte(char byte, std::vector<TokenId>& out) const;
  // The token of a piece of text; nothing where it has none, so that bytes stand for it.
  std::optional<TokenId> token_of(std::string_view piece) const;

  bool adds_space_;
  std::optional<MergeTable> merges_;
  std::array<TokenId, 256> byte_tokens_;
  bool has_all_bytes_ = true;
  PieceBoundaries boundaries_;
  const std::uint32_t owner_ = WordCache::new_owner();
};

SentencePiece::SentencePiece(Vocabulary vocabulary, std::vector<std::string> pieces,
                             bool adds_space, std::optional<MergeTable> merges)
    : VocabularyTokenizer(std::move(vocabulary), std::move(pieces), adds_space),
      adds_space_(adds_space),
      merges_(std::move(merges)) {
  byte_tokens_.fill(-1);
  for (TokenId id = 0; id < size(); ++id) {
    if (type(id) == TokenType::kByte) byte_tokens_[static_cast<unsigned char>(piece(id)[0])] = id;
    const bool merged = merges_ || type(id) == TokenType::kNormal || type(id) == TokenType::kUnused;
    if (merged && well_formed_prefix(spelling(id)) == spelling(id).size())
      boundaries_.add(spelling(id));
  }
  for (const TokenId id : byte_tokens_) has_all_bytes_ &= id >= 0;
}

// Merging sees characters, so well-formed text only; other bytes stand for themselves.
void SentencePiece::encode_stretch(std::string_view text, bool starts_word,
                                   std::vector<TokenId>& out) const {
  std::string spaced;
  if (starts_word && adds_space_) {
    spaced.reserve(text.size() + 1);
    spaced.append(" ").append(text);
    text = spaced;
  }
  Work work{ScoreMerger(vocabulary()), {}, {}};
  while (!text.empty()) {
    const std::size_t length = well_formed_prefix(text);
    if (length == 0) {
      encode_byte(text[0], out);
      text.remove_prefix(1);
      continue;
    }
    encode_well_formed(text.substr(0, length), work, out);
    text.remove_prefix(length);
  }
}

void SentencePiece::encode_well_formed(std::string_view text, Work& work,
                                       std::vector<TokenId>& out) const {
  WordCache& cache = WordCache::here();
  bool after_unknown = false;  // a run of what cannot be expressed is one unknown token
  while (!text.empty()) {
    const std::string_view part = text.substr(0, boundaries_.next(text));
    text.remove_prefix(part.size());
    WordCache::Entry* const cached = cache.entry(owner_, part);
    if (cached != nullptr && cached->holds(owner_, part)) {
      work.ids.assign(cached->result().begin(), cached->result().end());
    } else {
      merge_part(part, work);
      if (cached != nullptr) cached->store(owner_, part, work.ids);
    }
    for (const TokenId id : work.ids) {
      const bool unknown = id == special().unk && !has_all_bytes_;
      if (!(unknown && after_unknown)) out.push_back(id);
      after_unknown = unknown;
    }
  }
}

void SentencePiece::merge_part(std::string_view part, Work& work) const {
  const std::string marked = with_marks(part);
  work.ids.clear();
  if (merges_) return merge_by_rank(marked, work);
  for (const std::string_view piece : work.scores.merge(marked)) {
    if (const std::optional<TokenId> id = token_of(piece)) {
      work.ids.push_back(*id);
    } else {
      spell_bytes(piece, work.ids);
    }
  }
}

void SentencePiece::merge_by_rank(std::string_view marked, Work& work) const {
  work.ranks.begin();
  for (std::size_t at = 0; at < marked.size();) {
    const auto length = static_cast<std::size_t>(utf8_length(marked.substr(at)));
    const std::string_view character = marked.substr(at, length);
    at += length;
    if (const std::optional<TokenId> id = token_of(character)) {
      work.ranks.add(*id);
      continue;
    }
    work.ranks.finish(*merges_, work.ids);
    spell_bytes(character, work.ids);  // these merge with nothing
    work.ranks.begin();
  }
  work.ranks.finish(*merges_, work.ids);
}

std::optional<TokenId> SentencePiece::token_of(std::string_view piece) const {
  const std::optional<TokenId> id = find(piece);
  return id && *id != special().unk ? id : std::nullopt;
}

// All of them or none: where a byte has no token, the text as a whole is unknown.
void SentencePiece::spell_bytes(std::string_view text, std::vector<TokenId>& out) const {
  if (has_all_bytes_) {
    for (const char byte : text) encode_byte(byte, out);
  } else if (special().unk >= 0) {
    out.push_back(special().unk);
  }
}

void SentencePiece::encode_byte(char byte, std::vector<TokenId>& out) const {
  const TokenId token = byte_tokens_[static_cast<unsigned char>(byte)];
  const TokenId id = token >= 0 ? token : special().unk;
  if (id >= 0) out.push_back(id);
}

Status check(const ModelFile& file, const Vocabulary& vocabulary) {
  if (vocabulary.scores.empty()) {
    return fail(Errc::kCorrupt, "{}: key tokenizer.ggml.scores (an array of floats) is missing",
                file.name());
  }
  for (std::size_t i = 0; i < vocabulary.spellings.size(); ++i) {
    if (vocabulary.types[i] == TokenType::kByte && byte_of_spelling(vocabulary.spellings[i]) < 0) {
      return fail(Errc::kCorrupt,
                  "{}: token {} is a byte token, but spelled \"{}\"; expected <0x00> to <0xFF>",
                  file.name(), i, vocabulary.spellings[i]);
    }
  }
  return {};
}

}  // namespace

Expected<std::unique_ptr<const Tokenizer>> make_sentencepiece(const ModelFile& file,
                                                              Vocabulary vocabulary) {
  if (Status good = check(file, vocabulary); !good) return std::move(good.error()).pass();
  const Expected<bool> adds_space = file.boolean("tokenizer.ggml.add_space_prefix", true);
  if (!adds_space) return Error(adds_space.error()).pass();
  std::optional<MergeTable> merges;
  if (file.find(kMergesKey) != nullptr) {
    Expected<MergeTable> table = read_merges(file, vocabulary);
    if (!table) return std::move(table.error()).pass();
    merges = std::move(*table);
  }
  std::vector<std::string> pieces = pieces_of(vocabulary);
  return std::make_unique<const SentencePiece>(std::move(vocabulary), std::move(pieces),
                                               *adds_space, std::move(merges));
}

}  // namespace curlew::model
