// The text of indexer/languages/<name>/tags.scm, what it inherits put behind. Generated when
// built.
#pragma once

#include <span>
#include <string_view>

namespace curlew::indexer {

struct TagQuery {
  std::string_view language;
  std::string_view text;
};
std::span<const TagQuery> tag_queries();

}  // namespace curlew::indexer
