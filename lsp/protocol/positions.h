// Byte offsets <-> LSP positions. This is the door: below lsp/server a place is a UTF-8 byte
// offset.
//
// Lines end at LF, CRLF and a lone CR. A `character` counts code units of the negotiated encoding
// from the start of its line; one past the end of the line means the line's end (LSP 3.17,
// "Position"). A position inside a character (between surrogates, inside a UTF-8 sequence) is the
// character's start. A byte that is not UTF-8 counts as one unit in every encoding, as the U+FFFD
// that an editor shows for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "lsp/protocol/types.h"

namespace curlew::protocol {

enum class PositionEncoding { kUtf8, kUtf16, kUtf32 };
const char* encoding_name(PositionEncoding encoding);  // "utf-8", as in the protocol
std::optional<PositionEncoding> encoding_by_name(std::string_view name);

// Length of the character at `offset` (which is before the end): 1..4 for well-formed UTF-8, 1 for
// a byte that is not.
std::size_t character_bytes(std::string_view text, std::size_t offset);

// Units that a text without line ends takes.
std::uint32_t units_of(std::string_view text, PositionEncoding encoding);

// Where the lines of one text start. Holds no text: every call is given the same one it was made
// from. Immutable, so freely shared. Making it reads the text once (about 1 GB/s).
class LineIndex {
 public:
  explicit LineIndex(std::string_view text);

  std::uint32_t line_count() const { return static_cast<std::uint32_t>(starts_.size()); }
  // A line without its line end. `line` < line_count().
  std::string_view line(std::string_view text, std::uint32_t line) const;
  std::size_t line_start(std::uint32_t line) const { return starts_[line]; }

  // Nothing when the line does not exist. One line past the last, character 0, is the text's end:
  // editors that count line ends (Vim) say so.
  std::optional<std::size_t> offset_at(std::string_view text, Position position,
                                       PositionEncoding encoding) const;
  // `offset` past the end is the end; inside a CRLF it is before it.
  Position position_at(std::string_view text, std::size_t offset, PositionEncoding encoding) const;

 private:
  std::vector<std::size_t> starts_;  // ascending; starts_[0] == 0
};

}  // namespace curlew::protocol
