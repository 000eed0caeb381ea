// Finding symbols by name and text by words.
//
// Symbols: the exact name, then prefixes, then camel humps ("gNE" finds getNextEdit), then
// subsequences. Text: chunks that hold the query's words, best line shown. Both lists are merged by
// reciprocal rank; the weights stand in rank.h. Any string is a valid query but an empty one.
#pragma once

#include "indexer/index.h"
#include "indexer/view.h"

namespace curlew::indexer {

Expected<std::vector<SearchHit>> search(View& view, const SearchQuery& query);
Expected<std::vector<SearchHit>> find_definitions(View& view, std::string_view name, int limit);

// How well `name` matches what was typed: 0 not at all, 1 the very name. Exposed for tests.
double name_match(std::string_view name, std::string_view typed);

}  // namespace curlew::indexer
