// Finding symbols by name and text by words.
//
// Symbols: those of the names that match best (search_names.h). Text: chunks that hold the query's
// words, best line shown. Both lists are merged by reciprocal rank; the weights stand in rank.h. Any
// string is a valid query but an empty one.
#pragma once

#include "indexer/index.h"
#include "indexer/view.h"

namespace curlew::indexer {

Expected<std::vector<SearchHit>> search(View& view, const SearchQuery& query);
SearchHit symbol_hit(View& view, const SymbolRow& row, double score);
Expected<std::vector<SearchHit>> find_definitions(View& view, std::string_view name, int limit);

}  // namespace curlew::indexer
