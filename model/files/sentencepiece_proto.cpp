#include "model/files/sentencepiece_proto.h"

#include <cstring>

namespace curlew::model {
namespace {

constexpr std::size_t kPiecesMax = 1u << 20;

// Field numbers of sentencepiece_model.proto.
enum ModelField : std::uint32_t { kPieces = 1, kTrainer = 2, kNormalizer = 3 };
enum PieceField : std::uint32_t { kText = 1, kScore = 2, kType = 3 };
enum TrainerField : std::uint32_t { kModelType = 3, kUnk = 40, kBos = 41, kEos = 42, kPad = 43 };
enum NormalizerField : std::uint32_t {
  kName = 1,
  kCharsmap = 2,
  kDummyPrefix = 3,
  kExtraSpaces = 4,
  kEscape = 5
};

enum class Wire : std::uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

struct Field {
  std::uint32_t number = 0;
  Wire wire = Wire::kVarint;
  std::uint64_t value = 0;  // of a varint or fixed number
  std::string_view bytes;   // of a string or message

  std::int64_t integer() const { return static_cast<std::int64_t>(value); }
  float real() const {
    const auto bits = static_cast<std::uint32_t>(value);
    float number;
    std::memcpy(&number, &bits, sizeof number);
    return number;
  }
};

// The fields of one message, one after the other.
class Message {
 public:
  explicit Message(std::string_view bytes) : left_(bytes) {}

  // False at the end, and where the bytes are none: then broken() says so.
  bool next(Field& field) {
    if (left_.empty() || broken_) return false;
    std::uint64_t tag = 0;
    if (!varint(tag) || tag >> 3 == 0 || tag >> 32 != 0) return fault();
    field = {static_cast<std::uint32_t>(tag >> 3), static_cast<Wire>(tag & 7), 0, {}};
    switch (field.wire) {
      case Wire::kVarint:
        return varint(field.value) || fault();
      case Wire::kFixed64:
        return fixed(8, field.value) || fault();
      case Wire::kFixed32:
        return fixed(4, field.value) || fault();
      case Wire::kBytes:
        return text(field.bytes) || fault();
    }
    return fault();  // groups, which the format gave up, and numbers that are no wire type
  }
  bool broken() const { return broken_; }
  std::size_t left() const { return left_.size(); }

 private:
  bool fault() {
    broken_ = true;
    return false;
  }
  bool varint(std::uint64_t& value) {
    for (unsigned shift = 0; shift < 64 && !left_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(left_.front());
      left_.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }
  bool fixed(std::size_t size, std::uint64_t& value) {
    if (left_.size() < size) return false;
    std::memcpy(&value, left_.data(), size);  // little-endian, as we are
    left_.remove_prefix(size);
    return true;
  }
  bool text(std::string_view& bytes) {
    std::uint64_t length = 0;
    if (!varint(length) || length > left_.size()) return false;
    bytes = left_.substr(0, length);
    left_.remove_prefix(length);
    return true;
  }

  std::string_view left_;
  bool broken_ = false;
};

bool read_piece(std::string_view bytes, SentencePieceProto::Piece& piece) {
  Message message(bytes);
  for (Field field; message.next(field);) {
    if (field.number == kText && field.wire == Wire::kBytes) piece.text = field.bytes;
    if (field.number == kScore && field.wire == Wire::kFixed32) piece.score = field.real();
    if (field.number == kType && field.wire == Wire::kVarint) piece.type = field.integer();
  }
  return !message.broken();
}

// The ids are 32-bit in the file: -1 may be written with ten bytes or with five.
std::int64_t id_of(const Field& field) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(field.value));
}

bool read_trainer(std::string_view bytes, SentencePieceProto& out) {
  Message message(bytes);
  for (Field field; message.next(field);) {
    if (field.wire != Wire::kVarint) continue;
    if (field.number == kModelType) out.model_type = field.integer();
    if (field.number == kUnk) out.unk = id_of(field);
    if (field.number == kBos) out.bos = id_of(field);
    if (field.number == kEos) out.eos = id_of(field);
    if (field.number == kPad) out.pad = id_of(field);
  }
  return !message.broken();
}

bool read_normalizer(std::string_view bytes, SentencePieceProto& out) {
  Message message(bytes);
  for (Field field; message.next(field);) {
    if (field.wire == Wire::kBytes && field.number == kName) out.normalizer_name = field.bytes;
    if (field.wire == Wire::kBytes && field.number == kCharsmap)
      out.has_charsmap = !field.bytes.empty();
    if (field.wire != Wire::kVarint) continue;
    if (field.number == kDummyPrefix) out.adds_dummy_prefix = field.value != 0;
    if (field.number == kExtraSpaces) out.removes_extra_spaces = field.value != 0;
    if (field.number == kEscape) out.escapes_spaces = field.value != 0;
  }
  return !message.broken();
}

}  // namespace

Expected<SentencePieceProto> parse_sentencepiece_proto(std::span<const std::byte> bytes,
                                                       const std::string& file) {
  SentencePieceProto out;
  Message model({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  bool good = true;
  for (Field field; good && model.next(field);) {
    if (field.wire != Wire::kBytes) continue;
    if (field.number == kPieces) {
      if (out.pieces.size() == kPiecesMax)
        return fail(Errc::kCorrupt, "{}: more than {} pieces", file, kPiecesMax);
      good = read_piece(field.bytes, out.pieces.emplace_back());
    }
    if (field.number == kTrainer) good = read_trainer(field.bytes, out);
    if (field.number == kNormalizer) good = read_normalizer(field.bytes, out);
  }
  if (!good || model.broken())
    return fail(Errc::kCorrupt, "{}: byte {}: no SentencePiece model, or cut short", file,
                bytes.size() - model.left());
  if (out.pieces.empty())
    return fail(Errc::kCorrupt, "{}: no SentencePiece model: it has no pieces", file);
  return out;
}

}  // namespace curlew::model
