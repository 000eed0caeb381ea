// Cutting proposals to what a user would want to see. Pure: text in, text out.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "lsp/assist/place.h"

namespace curlew::assist {

// Where a text that is still being generated should end: at its line's end, where it leaves the
// scope of the cursor, where it repeats itself or what follows the cursor, before a spelling that
// only a tokenizer knows. Nothing when it may go on. Cheap enough to be asked once per token.
std::optional<std::size_t> natural_end(const CompletionPlace& place, std::string_view text);

// How much of a text that was cut off by the clock can be shown: its whole lines where there are
// any, else the line up to where the next word began, without an operator or a separator that waits
// for it. May be 0.
std::size_t whole_bytes(const CompletionPlace& place, std::string_view text);

struct Shaped {
  std::string text;  // with the document's own line breaks
  std::size_t replaces_after = 0;
  std::string refused;  // why there is no text: "blank", "repeats the next line", ...; else ""
};

// Cuts at natural_end, trims, takes away what already stands behind the cursor or replaces it,
// keeps the file's indentation style. Refuses what is not worth showing: `explicit_request` lets
// a lone closing bracket pass.
Shaped shape(const CompletionPlace& place, std::string_view text, bool explicit_request);

// The document would parse worse with this proposal, also when every bracket that it opens were
// closed right behind it. False where the language is not parsed.
bool breaks_parse(const CompletionPlace& place, const Shaped& shaped);

}  // namespace curlew::assist
