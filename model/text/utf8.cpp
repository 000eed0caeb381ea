#include "model/text/utf8.h"

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

std::size_t well_formed_prefix(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const int length = utf8_length(text.substr(at));
    if (length == 0) break;
    at += static_cast<std::size_t>(length);
  }
  return at;
}

}  // namespace curlew::model
