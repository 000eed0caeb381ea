// The words of the text before the cursor: where each was used last, and what the text says about
// the types of its variables. Read without a parse, in one pass.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "indexer/cursor.h"
#include "indexer/flat_map.h"

namespace curlew::indexer {

struct SeenWord {
  std::uint32_t count = 0;
  std::uint32_t last_offset = 0;
  bool only_imported = true;  // seen in import statements and nowhere else
};

struct VisibleText {
  FlatMap<SeenWord> words;  // by name_hash
  // How near a variable of the type is, or the type itself: 0..1, by the type's name_hash.
  FlatMap<double> types;
  FlatMap<std::uint32_t> type_of;  // of variables, both by name_hash, as far as the text tells
  FlatMap<bool> declared;          // types that any of them has
  // How near the pieces of names are, by their name_hash: 0..1.
  FlatMap<double> pieces;
  FlatMap<double> first_pieces;
  FlatMap<double> near;      // names around the cursor, as in CursorView
  std::uint32_t cursor = 0;  // its offset
};

VisibleText read_visible(std::string_view text, std::size_t cursor, const CursorView& around);

}  // namespace curlew::indexer
