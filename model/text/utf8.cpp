#include "model/text/utf8.h"

#include <cstdint>
#include <cstring>

namespace curlew::model {
namespace {

// The bytes that may follow a lead byte, from table 3-7 of the Unicode standard: the first of them
// is narrower after E0, ED, F0 and F4, which keeps overlong forms, surrogates and numbers above
// U+10FFFF out.
struct Sequence {
  int length;
  unsigned char second_min, second_max;
};

Sequence sequence_of(unsigned char lead) {
  if (lead < 0x80) return {1, 0, 0};
  if (lead < 0xc2) return {0, 0, 0};
  if (lead < 0xe0) return {2, 0x80, 0xbf};
  if (lead == 0xe0) return {3, 0xa0, 0xbf};
  if (lead == 0xed) return {3, 0x80, 0x9f};
  if (lead < 0xf0) return {3, 0x80, 0xbf};
  if (lead == 0xf0) return {4, 0x90, 0xbf};
  if (lead < 0xf4) return {4, 0x80, 0xbf};
  if (lead == 0xf4) return {4, 0x80, 0x8f};
  return {0, 0, 0};
}

}  // namespace

int utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const Sequence sequence = sequence_of(byte(0));
  const auto length = static_cast<std::size_t>(sequence.length);
  if (length <= 1) return sequence.length;
  if (text.size() < length || byte(1) < sequence.second_min || byte(1) > sequence.second_max)
    return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xbf) return 0;
  }
  return sequence.length;
}

char32_t utf8_decode(std::string_view text, int length) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (length == 1) return lead;
  char32_t code = lead & (0x7fu >> length);
  for (int i = 1; i < length; ++i)
    code = code << 6 | (static_cast<unsigned char>(text[static_cast<std::size_t>(i)]) & 0x3fu);
  return code;
}

std::size_t well_formed_prefix(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    std::uint64_t eight = 0;  // ASCII, as nearly all source code is, eight characters at a time
    if (text.size() - at >= sizeof eight) {
      std::memcpy(&eight, text.data() + at, sizeof eight);
      if ((eight & 0x8080808080808080u) == 0) {
        at += sizeof eight;
        continue;
      }
    }
    const int length = utf8_length(text.substr(at));
    if (length == 0) break;
    at += static_cast<std::size_t>(length);
  }
  return at;
}

}  // namespace curlew::model
