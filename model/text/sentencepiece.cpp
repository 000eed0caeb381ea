#include "model/text/sentencepiece.h"

#include <sentencepiece_processor.h>

#include <array>
#include <utility>

#include "model/text/sentencepiece_model.h"
#include "model/text/utf8.h"
#include "model/text/vocabulary_tokenizer.h"

namespace curlew::model {
namespace {

constexpr std::string_view kSpaceMark = "▁";  // U+2581
constexpr std::size_t kCallBytes = 1024;      // text is handed to the library in runs of about this

std::string with_spaces(std::string_view spelling) {
  std::string text;
  for (std::size_t at = 0; at < spelling.size();) {
    const bool mark = spelling.substr(at).starts_with(kSpaceMark);
    text.push_back(mark ? ' ' : spelling[at]);
    at += mark ? kSpaceMark.size() : 1;
  }
  return text;
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
  using Processor = sentencepiece::SentencePieceProcessor;
  SentencePiece(Vocabulary vocabulary, std::vector<std::string> pieces, bool adds_space,
                TokenId unknown, std::unique_ptr<const Processor> processor);

 private:
  void encode_stretch(std::string_view text, bool starts_word,
                      std::vector<TokenId>& out) const override;
  void encode_well_formed(std::string_view text, std::vector<TokenId>& out) const;
  void encode_byte(char byte, std::vector<TokenId>& out) const;
  std::string_view next_run(std::string_view text) const;

  bool adds_space_;
  TokenId unknown_;  // the library's; it may lie past the vocabulary
  std::unique_ptr<const Processor> processor_;
  std::array<TokenId, 256> byte_tokens_;
  std::array<bool, 128> joins_{};  // ASCII characters that some longer piece contains
};

SentencePiece::SentencePiece(Vocabulary vocabulary, std::vector<std::string> pieces,
                             bool adds_space, TokenId unknown,
                             std::unique_ptr<const Processor> processor)
    : VocabularyTokenizer(std::move(vocabulary), std::move(pieces), adds_space),
      adds_space_(adds_space),
      unknown_(unknown),
      processor_(std::move(processor)) {
  byte_tokens_.fill(-1);
  for (TokenId id = 0; id < size(); ++id) {
    if (type(id) == TokenType::kByte) byte_tokens_[static_cast<unsigned char>(piece(id)[0])] = id;
    if (type(id) != TokenType::kNormal && type(id) != TokenType::kUnused) continue;
    if (spelling(id).size() < 2) continue;
    for (const char c : spelling(id)) {
      if (static_cast<unsigned char>(c) < joins_.size())
        joins_[static_cast<unsigned char>(c)] = true;
    }
  }
}

// The library replaces ill-formed bytes by U+FFFD, which would lose them: it gets well-formed text
// only.
void SentencePiece::encode_stretch(std::string_view text, bool starts_word,
                                   std::vector<TokenId>& out) const {
  std::string spaced;
  if (starts_word && adds_space_) {
    spaced.reserve(text.size() + 1);
    spaced.append(" ").append(text);
    text = spaced;
  }
  while (!text.empty()) {
    const std::size_t length = well_formed_prefix(text);
    if (length == 0) {
      encode_byte(text[0], out);
      text.remove_prefix(1);
      continue;
    }
    encode_well_formed(text.substr(0, length), out);
    text.remove_prefix(length);
  }
}

// A run ends behind a character, such as the newline, that is part of no longer piece: no merge
// crosses it, so the runs encode as the whole would, in bounded memory.
std::string_view SentencePiece::next_run(std::string_view text) const {
  for (std::size_t at = kCallBytes; at < text.size(); ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c != ' ' && c < joins_.size() && !joins_[c]) return text.substr(0, at + 1);
  }
  return text;
}

void SentencePiece::encode_well_formed(std::string_view text, std::vector<TokenId>& out) const {
  std::vector<int> ids;
  while (!text.empty()) {
    const std::string_view run = next_run(text);
    text.remove_prefix(run.size());
    if (!processor_->Encode(run, &ids)
             .ok()) {  // it promises not to; then every byte stands for itself
      for (const char byte : run) encode_byte(byte, out);
      continue;
    }
    for (const int id : ids) {
      if (id < size()) out.push_back(id);
    }
  }
}

void SentencePiece::encode_byte(char byte, std::vector<TokenId>& out) const {
  const TokenId token = byte_tokens_[static_cast<unsigned char>(byte)];
  const TokenId id = token >= 0 ? token : unknown_;
  if (id < size()) out.push_back(id);
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
  const SentencePieceModel model = sentencepiece_model(vocabulary);
  auto processor = std::make_unique<SentencePiece::Processor>();
  const auto status = processor->LoadFromSerializedProto(model.bytes);
  if (!status.ok()) {
    return fail(Errc::kCorrupt, "{}: sentencepiece refuses the vocabulary: {}", file.name(),
                status.ToString());
  }
  std::vector<std::string> pieces = pieces_of(vocabulary);
  return std::make_unique<const SentencePiece>(std::move(vocabulary), std::move(pieces),
                                               *adds_space, model.unknown, std::move(processor));
}

}  // namespace curlew::model
