#include "model/text/piece_boundaries.h"

#include "model/text/utf8.h"

namespace curlew::model {
namespace {

constexpr char32_t kSpaceMark = 0x2581;  // ▁

// The character at the start of text, and its length; a space for either spelling of one.
char32_t character(std::string_view text, std::size_t& length) {
  length = static_cast<std::size_t>(utf8_length(text));
  const char32_t code = utf8_decode(text, static_cast<int>(length));
  return code == kSpaceMark ? U' ' : code;
}

}  // namespace

void PieceBoundaries::add(std::string_view piece) {
  std::size_t length = 0;
  if (piece.empty()) return;
  char32_t before = character(piece, length);
  for (std::size_t at = length; at < piece.size(); at += length) {
    const char32_t here = character(piece.substr(at), length);
    if (before < 128 && here < 128) {
      ascii_[before][here] = true;
    } else {
      const std::size_t bit = slot(before, here);
      others_[bit / 64] |= std::uint64_t{1} << (bit % 64);
    }
    before = here;
  }
}

std::size_t PieceBoundaries::next(std::string_view text) const {
  std::size_t length = 0;
  char32_t before = character(text, length);
  for (std::size_t at = length; at < text.size(); at += length) {
    const char32_t here = character(text.substr(at), length);
    if (!joins(before, here)) return at;
    before = here;
  }
  return text.size();
}

}  // namespace curlew::model
