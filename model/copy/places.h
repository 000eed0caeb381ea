// Where the text before the cursor stood before: places in the sources, best matches first.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "model/copy/cursor_context.h"
#include "model/copy/segments.h"

namespace curlew::model {

struct SearchedText {
  std::string_view text;
  CopyOrigin origin = CopyOrigin::kThisFile;
  // Bytes between this text's end (prefix) or start (suffix) and the cursor count as distance.
  enum class Side { kBefore, kBehind, kElsewhere } side = Side::kElsewhere;
  SegmentCache::Segments segments;
};

struct Place {
  std::uint32_t text_idx = 0;  // into the searched texts
  std::uint32_t at = 0;        // byte in that text that stands where the cursor stands
  int lexemes = 0;             // matched before it
  float bits = 0;              // what that match is worth
  bool in_word = false;        // `at` is inside a word that begins as the one being typed
  std::uint32_t distance = 0;  // bytes to the cursor; only within this file
};

// The prefix up to the cursor's line, the suffix behind it, and the other sources.
std::vector<SearchedText> searched_texts(const CopyQuery& query, const CursorContext& context,
                                         SegmentCache& cache);

// Longest match first, at most kPlacesMax.
std::vector<Place> find_places(const CursorContext& context,
                               const std::vector<SearchedText>& texts);

}  // namespace curlew::model
