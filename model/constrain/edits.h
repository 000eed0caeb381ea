// How a model writes edits of a text, and how they are read back.
//
// Blocks, one or more, in the order of the text:
//
//   <<<<<<< SEARCH
//   whole lines of the original, one or more, exactly as they stand there
//   =======
//   the lines that take their place; none: the lines are deleted
//   >>>>>>> REPLACE
//
// The searched lines occur once in the original, and below those of the block before. Or the whole
// text anew: any text whose first line does not begin a block.
//
// Lines are what line feeds separate; a carriage return before one belongs to the line's end, not
// to the line, and is not written in an edit: what is put in takes the ends of the lines it
// replaces (a text that was nevertheless written with CRLF throughout is read as well). A last line
// without an end is written like any other, and what replaces it has no end either. A line that is
// exactly one of the three markers can be neither searched for nor written; a line that merely
// begins like one (a Markdown heading underlined with more than seven "=") is an ordinary line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"

namespace curlew::model {

constexpr std::string_view kSearchMarker = "<<<<<<< SEARCH";
constexpr std::string_view kDividerMarker = "=======";
constexpr std::string_view kReplaceMarker = ">>>>>>> REPLACE";

bool is_marker(std::string_view line);

struct TextEdit {
  std::size_t begin = 0, end = 0;  // bytes of the original
  std::string replacement;
};

// Rising, apart from each other. Errors name the block or the line: not in the original, more than
// once in it, out of order, not closed.
Expected<std::vector<TextEdit>> read_edits(std::string_view original, std::string_view text);

// The original with the edits made; `edits` as read_edits() gives them.
std::string apply_edits(std::string_view original, const std::vector<TextEdit>& edits);

struct TextLine {
  std::size_t begin = 0;  // of the line
  std::size_t end = 0;    // of its content
  std::size_t next = 0;   // past its end of line
  std::string_view of(std::string_view text) const { return text.substr(begin, end - begin); }
};

// A text without a line feed at its end has a last line all the same; an empty text has none.
std::vector<TextLine> split_lines(std::string_view text);

}  // namespace curlew::model
