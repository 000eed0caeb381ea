#include "lsp/protocol/positions.h"

#include <algorithm>

namespace curlew::protocol {
namespace {

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

// Code units of one well-formed character of `bytes` bytes (1 for a stray byte, in all encodings).
std::uint32_t units_of_character(std::size_t bytes, PositionEncoding encoding) {
  switch (encoding) {
    case PositionEncoding::kUtf8:
      return static_cast<std::uint32_t>(bytes);
    case PositionEncoding::kUtf16:
      return bytes == 4 ? 2 : 1;
    case PositionEncoding::kUtf32:
      return 1;
  }
  return 1;
}

}  // namespace

const char* encoding_name(PositionEncoding encoding) {
  switch (encoding) {
    case PositionEncoding::kUtf8:
      return "utf-8";
    case PositionEncoding::kUtf16:
      return "utf-16";
    case PositionEncoding::kUtf32:
      return "utf-32";
  }
  return "utf-16";
}

std::optional<PositionEncoding> encoding_by_name(std::string_view name) {
  for (auto encoding :
       {PositionEncoding::kUtf8, PositionEncoding::kUtf16, PositionEncoding::kUtf32})
    if (name == encoding_name(encoding)) return encoding;
  return std::nullopt;
}

// Unicode 15, table 3-7: what may follow each lead byte, so that overlong forms, surrogates and
// values past U+10FFFF count as stray bytes.
std::size_t character_bytes(std::string_view text, std::size_t offset) {
  const auto byte = [&](std::size_t idx) { return static_cast<unsigned char>(text[idx]); };
  const unsigned char lead = byte(offset);
  const std::size_t left = text.size() - offset;
  if (lead < 0xC2 || lead > 0xF4) return 1;
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (left < length) return 1;
  const unsigned char second = byte(offset + 1);
  const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (second < low || second > high) return 1;
  for (std::size_t idx = 2; idx < length; ++idx)
    if (!is_continuation(text[offset + idx])) return 1;
  return length;
}

std::uint32_t units_of(std::string_view text, PositionEncoding encoding) {
  if (encoding == PositionEncoding::kUtf8) return static_cast<std::uint32_t>(text.size());
  std::uint32_t units = 0;
  for (std::size_t offset = 0; offset < text.size();) {
    const std::size_t bytes = character_bytes(text, offset);
    units += units_of_character(bytes, encoding);
    offset += bytes;
  }
  return units;
}

LineIndex::LineIndex(std::string_view text) : starts_{0} {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] > '\r') continue;  // nearly every byte; bytes of UTF-8 sequences are negative
    if (text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n') ++at;
    if (text[at] == '\n' || text[at] == '\r') starts_.push_back(at + 1);
  }
}

std::string_view LineIndex::line(std::string_view text, std::uint32_t line) const {
  const std::size_t start = starts_[line];
  const std::size_t next = line + 1 < starts_.size() ? starts_[line + 1] : text.size();
  std::string_view out = text.substr(start, next - start);
  if (line + 1 < starts_.size()) out.remove_suffix(out.ends_with("\r\n") ? 2 : 1);
  return out;
}

std::optional<std::size_t> LineIndex::offset_at(std::string_view text, Position position,
                                                PositionEncoding encoding) const {
  if (position.line == line_count() && position.character == 0) return text.size();
  if (position.line >= line_count()) return std::nullopt;
  const std::string_view here = line(text, position.line);
  std::uint32_t units = 0;
  std::size_t offset = 0;
  while (offset < here.size()) {
    const std::size_t bytes = character_bytes(here, offset);
    units += units_of_character(bytes, encoding);
    if (units > position.character) break;
    offset += bytes;
  }
  return starts_[position.line] + offset;
}

Position LineIndex::position_at(std::string_view text, std::size_t offset,
                                PositionEncoding encoding) const {
  offset = std::min(offset, text.size());
  const auto next = std::upper_bound(starts_.begin(), starts_.end(), offset);
  const auto line_idx = static_cast<std::uint32_t>(next - starts_.begin() - 1);
  const std::string_view here = line(text, line_idx);
  const std::size_t into_line = std::min(offset - starts_[line_idx], here.size());
  // A cut inside a character counts its whole characters only.
  std::uint32_t units = 0;
  for (std::size_t at = 0; at < into_line;) {
    const std::size_t bytes = character_bytes(here, at);
    if (at + bytes > into_line) break;
    units += units_of_character(bytes, encoding);
    at += bytes;
  }
  return {line_idx, units};
}

}  // namespace curlew::protocol
