#include "indexer/path_memo.h"

#include <algorithm>

#include "indexer/imports.h"

namespace curlew::indexer {

// `ask` runs without the lock: two threads may ask for the same, and get the same.
template <class Ask>
Expected<PathList> PathMemo::remember(View& view, std::string key, Ask ask) {
  {
    std::lock_guard lock(mutex_);
    const bool is_current =
        generation_ == view.reader().generation() && includes_ == view.include_table();
    if (!is_current || lists_.size() >= kListsMax) lists_.clear();
    generation_ = view.reader().generation();
    includes_ = view.include_table();
    if (const auto known = lists_.find(key); known != lists_.end()) return known->second;
  }
  Expected<std::vector<std::string>> found = ask();
  if (!found) return std::move(found.error()).pass();
  auto list = std::make_shared<const std::vector<std::string>>(std::move(*found));
  if (view.reader().met_damage()) return PathList(std::move(list));  // it may lack something
  std::lock_guard lock(mutex_);
  if (generation_ == view.reader().generation()) lists_.emplace(std::move(key), list);
  return PathList(std::move(list));
}

Expected<PathList> PathMemo::import(View& view, std::string_view import, std::string_view from) {
  return remember(view, fmt::format("import {}\n{}", from, import),
                  [&] { return resolve_import(view, import, from); });
}

Expected<PathList> PathMemo::files_with_stem(View& view, std::string_view stem, int limit) {
  return remember(view, fmt::format("stem {} {}", limit, stem),
                  [&] { return view.reader().files_with_stem(stem, limit); });
}

Expected<PathList> PathMemo::files_in_folder(View& view, std::string_view folder, int limit) {
  return remember(view, fmt::format("folder {} {}", limit, folder),
                  [&] { return view.reader().files_in_folder(folder, limit); });
}

Expected<PathList> PathMemo::definers(View& view, std::string_view name, int files_max) {
  return remember(view, fmt::format("name {} {}", files_max, name),
                  [&]() -> Expected<std::vector<std::string>> {
                    Expected<std::vector<SymbolRow>> rows =
                        view.reader().symbols_named(name, files_max + 1);
                    if (!rows) return std::move(rows.error()).pass();
                    std::vector<std::string> paths;
                    for (SymbolRow& row : *rows) paths.push_back(std::move(row.path));
                    paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
                    return paths;
                  });
}

}  // namespace curlew::indexer
