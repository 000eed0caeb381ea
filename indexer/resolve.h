// From a use of a name to its definition, in this file or another: what "go to definition" asks.
//
// By names and layout alone, no compiler is asked. The first rule that finds something decides, so
// an answer says how sure it is; `kName` means that nothing told the definers apart.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "indexer/search.h"

namespace curlew::indexer {

enum class ResolvedBy : std::uint8_t {
  kScope,     // a local or parameter, or what the file's scopes lead to (source/scopes.h)
  kReceiver,  // a member of the type that the text before the dot has, or of the named container
  kFile,      // defined in this file
  kImport,    // in a file that this one imports, or that is this one's header or source
  kFolder,    // in a file of the same folder
  kReach,     // in a file that an import imports
  kUnique,    // in one file only
  kName,      // somewhere
};
std::string_view resolved_by_name(ResolvedBy by);  // "scope", "receiver", "import", ...

struct Resolved {
  SearchHit definition;
  ResolvedBy by = ResolvedBy::kName;
};

// A local's definition has the kind "local" or "parameter". Where `path` is an open document its
// scopes are known.
//
// Definitions of the word at `offset` of `text`, best first, all by the same rule; declarations come
// after definitions. Empty where no word stands or nothing defines it. kInvalidInput for an offset
// behind the text.
Expected<std::vector<Resolved>> resolve(View& view, const std::string& path, std::string_view text,
                                        std::size_t offset, int limit);

}  // namespace curlew::indexer
