// Which names answer what was typed, best first: the exact name, then prefixes, then camel humps
// ("gNE" finds getNextEdit), then pieces and letters spread over the name. Within a kind the shorter
// name is better, for more of it was typed; the weights stand in rank.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "indexer/error.h"
#include "indexer/view.h"

namespace curlew::indexer {

struct NamedScore {
  double score = 0;
  std::string name;
};

// How well `name` matches what was typed: 0 not at all, 1 the very name.
double name_match(std::string_view name, std::string_view typed);

// The `wanted` best of the names that the store and the open documents define, each once, best
// first; equals in the order of the dictionary. Fewer only where there are no more: no more of a
// better kind, but weaker ones are not looked for where some name is what was typed, nor further
// than search_names.cpp says.
Expected<std::vector<NamedScore>> matching_names(View& view, std::string_view typed,
                                                 std::size_t wanted);

}  // namespace curlew::indexer
