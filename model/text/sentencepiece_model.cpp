#include "model/text/sentencepiece_model.h"

#include <array>
#include <cstdint>
#include <cstring>

#include "model/text/utf8.h"

namespace curlew::model {
namespace {

// Field numbers of sentencepiece_model.proto.
constexpr std::uint32_t kModelPieces = 1, kModelTrainer = 2, kModelNormalizer = 3;
constexpr std::uint32_t kPieceText = 1, kPieceScore = 2, kPieceType = 3;
constexpr std::uint32_t kTrainerModelType = 3, kTrainerByteFallback = 35;
constexpr std::uint32_t kNormalizerName = 1, kNormalizerDummyPrefix = 3, kNormalizerExtraSpaces = 4,
                        kNormalizerEscape = 5;
constexpr std::uint64_t kModelTypeBpe = 2;

// The wire format: a tag of field number and kind, then the value.
class Message {
 public:
  void number(std::uint32_t field, std::uint64_t value) {
    varint(field << 3);
    varint(value);
  }
  void real(std::uint32_t field, float value) {
    varint(field << 3 | 5u);
    char raw[sizeof value];
    std::memcpy(raw, &value, sizeof value);
    bytes_.append(raw, sizeof raw);
  }
  void text(std::uint32_t field, std::string_view value) {
    varint(field << 3 | 2u);
    varint(value.size());
    bytes_ += value;
  }
  void message(std::uint32_t field, const Message& value) { text(field, value.bytes_); }
  std::string take() && { return std::move(bytes_); }

 private:
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_.push_back(static_cast<char>(value | 0x80));
    bytes_.push_back(static_cast<char>(value));
  }
  std::string bytes_;
};

bool has_all_bytes(const Vocabulary& vocabulary) {
  std::array<bool, 256> seen{};
  int count = 0;
  for (std::size_t i = 0; i < vocabulary.spellings.size(); ++i) {
    if (vocabulary.types[i] != TokenType::kByte) continue;
    bool& mark = seen[static_cast<std::size_t>(byte_of_spelling(vocabulary.spellings[i])) & 0xff];
    count += !mark;
    mark = true;
  }
  return count == 256;
}

// The type under which the library shall know a token. See the header for why.
TokenType declared_type(const Vocabulary& vocabulary, TokenId id, bool byte_fallback) {
  const TokenType type = vocabulary.types[static_cast<std::size_t>(id)];
  if (id == vocabulary.special.unk) return TokenType::kUnknown;
  if (type == TokenType::kNormal || type == TokenType::kUnused) return type;
  return type == TokenType::kByte && byte_fallback ? type : TokenType::kControl;
}

Message piece(std::string_view text, float score, TokenType type) {
  Message out;
  out.text(kPieceText, text);
  out.real(kPieceScore, score);
  out.number(kPieceType, static_cast<std::uint64_t>(type));
  return out;
}

}  // namespace

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

SentencePieceModel sentencepiece_model(const Vocabulary& vocabulary) {
  SentencePieceModel out;
  out.has_byte_fallback = has_all_bytes(vocabulary);
  out.unknown = vocabulary.special.unk;
  Message model;
  for (TokenId id = 0; id < vocabulary.size(); ++id) {
    const auto idx = static_cast<std::size_t>(id);
    const std::string& spelling = vocabulary.spellings[idx];
    const float score = vocabulary.scores.empty() ? 0.f : vocabulary.scores[idx];
    TokenType type = declared_type(vocabulary, id, out.has_byte_fallback);
    const bool usable =
        vocabulary.find(spelling) == id && well_formed_prefix(spelling) == spelling.size();
    if (!usable && type != TokenType::kUnknown) type = TokenType::kControl;
    model.message(kModelPieces, piece(usable ? spelling : fmt::format("\xff{}", id), score, type));
  }
  if (out.unknown < 0) {
    out.unknown = vocabulary.size();
    model.message(kModelPieces, piece("\xff", 0.f, TokenType::kUnknown));
  }
  Message trainer;
  trainer.number(kTrainerModelType, kModelTypeBpe);
  trainer.number(kTrainerByteFallback, out.has_byte_fallback);
  model.message(kModelTrainer, trainer);
  Message normalizer;
  normalizer.text(kNormalizerName, "identity");
  normalizer.number(kNormalizerDummyPrefix, 0);
  normalizer.number(kNormalizerExtraSpaces, 0);
  normalizer.number(kNormalizerEscape, 1);
  model.message(kModelNormalizer, normalizer);
  out.bytes = std::move(model).take();
  return out;
}

}  // namespace curlew::model
