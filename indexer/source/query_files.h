// The texts of indexer/languages/<name>/*.scm, what they inherit put behind. Generated when built.
#pragma once

#include <span>
#include <string_view>

namespace curlew::indexer {

struct QueryFile {
  std::string_view language;
  std::string_view text;
};
std::span<const QueryFile> tag_queries();    // tags.scm
std::span<const QueryFile> scope_queries();  // scopes.scm

}  // namespace curlew::indexer
