// From an import as written ("kernels/ops.h", "os.path", "./util", "crate::a::b") to files of the
// workspace. An include is looked for where the compiler would: in the including file's folder, then
// in the folders of its command (include_folders.h). Else by name alone: a good guess, not a proof.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "indexer/view.h"

namespace curlew::indexer {

// Best guess first, at most a few; empty for what lies outside the workspace. `from` is the path of
// the importing file: of equally good candidates the nearest one wins.
Expected<std::vector<std::string>> resolve_import(View& view, std::string_view import,
                                                  std::string_view from);

// The folder part of a path, without the slash; "" at the root.
std::string_view folder_of(std::string_view path);

}  // namespace curlew::indexer
