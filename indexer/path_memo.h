// What the store says of paths (where an import leads, which files a folder has, which files define
// a name), remembered from one keystroke to the next: choosing context asks for some hundred of
// these each time, and they change only when the store does.
//
// Thread-safe. Everything is forgotten when the store or the include folders are others than before.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "indexer/view.h"

namespace curlew::indexer {

using PathList = std::shared_ptr<const std::vector<std::string>>;

class PathMemo {
 public:
  static constexpr std::size_t kListsMax = 50'000;

  // As resolve_import; as the StoreReader's functions of these names; paths of the files that
  // define the name, one more than `files_max` at most.
  Expected<PathList> import(View& view, std::string_view import, std::string_view from);
  Expected<PathList> files_with_stem(View& view, std::string_view stem, int limit);
  Expected<PathList> files_in_folder(View& view, std::string_view folder, int limit);
  Expected<PathList> definers(View& view, std::string_view name, int files_max);

 private:
  template <class Ask>
  Expected<PathList> remember(View& view, std::string key, Ask ask);

  std::mutex mutex_;  // guards what follows
  std::uint64_t generation_ = 0;
  IncludeTablePtr includes_;
  std::unordered_map<std::string, PathList> lists_;
};

}  // namespace curlew::indexer
