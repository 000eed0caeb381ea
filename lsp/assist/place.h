// The place of a completion: the document around the cursor, ready for those who propose text.
//
// Line breaks are "\n" here whatever the document has, and what the popup menu has selected stands
// before the cursor as if it were typed.
#pragma once

#include <string>
#include <string_view>

#include "indexer/source/language.h"
#include "lsp/assist/complete.h"

namespace curlew::assist {

struct CompletionPlace {
  std::string prefix, suffix;                   // around the cursor, whole
  bool crlf = false;                            // the document's line breaks
  bool many_lines = false;                      // may the completion have several?
  bool opens_block = false;                     // the cursor ends a line that opens a block
  const indexer::Language* language = nullptr;  // null: not one that is parsed

  // Views into prefix and suffix.
  std::string_view line_prefix() const;  // the cursor's line before the cursor
  std::string_view rest() const;         // and behind it, blanks at the end trimmed
  std::string_view next_line() const;    // nearest non-blank line below, trimmed
  std::string_view previous_line() const;
};

// kInvalidInput names the place.
Expected<CompletionPlace> completion_place(const CompletionRequest& request);

std::string_view trim(std::string_view text);
std::string_view indent_of(std::string_view line);
std::string_view first_line(std::string_view text);

// Brackets that `text` leaves open, outermost first, and those it closes without opening them, in
// order. Strings and comments are not told apart: this is for a line or a few, and only a hint.
struct Brackets {
  std::string open, unopened;
};
Brackets brackets_of(std::string_view text);

}  // namespace curlew::assist
