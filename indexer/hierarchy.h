// Who inherits from what: implementers of a type, overrides of a method, and the way back.
//
// From what the sources say at the head of a class, an impl, an extension (languages' @implements).
// Where several types have one name, a file means the one that it defines, imports or has in its
// folder. Go's interfaces are implemented without a word: there a type counts that has all methods
// of the interface, by name, in one folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "indexer/search.h"

namespace curlew::indexer {

// Types below a type, the nearest generation first, by path and place within one. `type` is a hit
// of a class, struct, interface, trait, protocol or module; of anything else there are none.
Expected<std::vector<SearchHit>> implementers_of(View& view, const SearchHit& type, int limit);
// Types above it that the workspace defines, the nearest first.
Expected<std::vector<SearchHit>> bases_of(View& view, const SearchHit& type, int limit);

// Methods of the same name in the types below the method's own.
Expected<std::vector<SearchHit>> overrides_of(View& view, const SearchHit& method, int limit);
// Methods of the same name in the types above: those that `method` overrides or implements.
Expected<std::vector<SearchHit>> overridden_by(View& view, const SearchHit& method, int limit);

// Of what the word at `offset` stands for: the types below a type, the overrides of a method.
Expected<std::vector<SearchHit>> implementations_at(View& view, const std::string& path,
                                                    std::string_view text, std::size_t offset,
                                                    int limit);

}  // namespace curlew::indexer
