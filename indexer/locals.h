// Which names of an open document are local to a function, so that nobody looks for them elsewhere.
#pragma once

#include <optional>
#include <string_view>

#include "indexer/buffers.h"
#include "indexer/cursor.h"

namespace curlew::indexer {

// What the word that starts at `offset` of `text` is bound to in `document`, which may have been
// parsed some edits ago: places before and behind what was edited since are found again, those
// inside are not known. Null where the file does not say.
const Binding* binding_at(const Document& document, std::string_view text, std::size_t offset);

// Marks the names that are locals. `text` is what the view was made of.
void mark_locals(CursorView& view, const Document& document, std::string_view text);

}  // namespace curlew::indexer
