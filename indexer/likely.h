// Which symbols the code at a place is likely to use next: every symbol of the files in reach, with
// what speaks for it, and a chance by a conditional logit whose weights stand in rank.h.
//
// The features are sums of nearness and shares in about 0..1, so a word more or less in the text
// moves a chance little. `fit_rank.py` fits the weights; docs/retrieval.md says what each is worth.
#pragma once

#include <vector>

#include "indexer/symbol_features.h"

namespace curlew::indexer {

struct LikelySymbol {
  const SymbolFacts* symbol = nullptr;
  const ReachedFile* file = nullptr;
  std::uint32_t index = 0;  // among the symbols looked at
  // That the line at the cursor uses it: 0..1, and all of a place together less than 1.
  double chance = 0;
  double file_chance = 0;  // that it uses this or anything else of the file
  bool is_seen = false;    // its name stands before the cursor
};

// Best first, ties by path and place; at most rank::kLikelyMax. What the prompt shows anyway is left
// out. Points into `files`. With `features`, all of them, and their features by `index`.
std::vector<LikelySymbol> likely_symbols(const Place& place, const VisibleText& visible,
                                         const ReachedFiles& files, const UsedAlike& alike,
                                         std::vector<rank::Features>* features = nullptr);

}  // namespace curlew::indexer
