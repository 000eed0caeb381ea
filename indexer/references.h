// Where the thing that a word stands for is used: what "find all references" asks.
//
// Of a local, the places in its scope. Of all else, the places of its name in code, in the files that use or define
// that name, without those that resolve.h leads surely (by scope, receiver, file or import) to something else: where
// nothing tells two things of one name apart, the places of both. Languages that cannot mean each other's names
// are left out.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "indexer/search.h"

namespace curlew::indexer {

// Null where the file cannot be read or is of no language.
using ParseFile = std::function<DocumentPtr(const std::string& path)>;

// Nothing where no word stands. kInvalidInput for an offset behind the text; kCancelled.
Expected<FoundReferences> find_references(View& view, const ReferencesQuery& query,
                                          const ParseFile& parse, const std::stop_token& stop);

}  // namespace curlew::indexer
