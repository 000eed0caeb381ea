// How paths are looked up in the table of files: by numbers made of them (store_schema.h).
#pragma once

#include <cstdint>
#include <string_view>

#include "indexer/words.h"

namespace curlew::indexer {

// "a/kernels/ops.test.h" -> "ops.test"
inline std::string_view stem_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  const std::string_view name = slash == path.npos ? path : path.substr(slash + 1);
  const std::size_t dot = name.rfind('.');
  return dot == name.npos || dot == 0 ? name : name.substr(0, dot);
}

// "a/kernels/ops.test.h" -> "kernels"; "" at the top
inline std::string_view folder_name_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == path.npos) return {};
  const std::string_view above = path.substr(0, slash);
  const std::size_t before = above.rfind('/');
  return before == above.npos ? above : above.substr(before + 1);
}

inline std::int64_t path_key(std::int64_t tree, std::string_view part) {
  return tree << 32 | name_hash(part);
}

}  // namespace curlew::indexer
