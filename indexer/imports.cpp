#include "indexer/imports.h"

#include <algorithm>
#include <filesystem>

#include "indexer/store_keys.h"

namespace curlew::indexer {
namespace {

constexpr int kCandidatesMax = 64;
constexpr std::size_t kNamesakesMax = 64;  // files of one name that are compared with an include
constexpr std::size_t kResolvedMax = 3;
constexpr std::size_t kPackageFilesMax = 8;  // of a Go package, all of whose files are meant

// "a/b.c::d" -> a, b, c, d. Only a last extension that is a known one has been cut before.
std::vector<std::string_view> components(std::string_view text) {
  std::vector<std::string_view> parts;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const bool separates =
        i == text.size() || text[i] == '/' || text[i] == '.' || text[i] == ':' || text[i] == '\\';
    if (!separates) continue;
    if (i > start) parts.push_back(text.substr(start, i - start));
    start = i + 1;
  }
  return parts;
}

std::string_view without_extension(std::string_view path) {
  if (!language_of(path, "")) return path;
  const std::size_t dot = path.rfind('.');
  return dot == path.npos || dot == 0 ? path : path.substr(0, dot);
}

// How many trailing components two names share: {x, kernels, ops} and {kernels, ops} -> 2.
int common_tail(const std::vector<std::string_view>& a, const std::vector<std::string_view>& b) {
  int count = 0;
  while (count < static_cast<int>(std::min(a.size(), b.size())) &&
         a[a.size() - 1 - count] == b[b.size() - 1 - count])
    ++count;
  return count;
}

int common_head(std::string_view a, std::string_view b) {
  return static_cast<int>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

bool includes_files(const Language* language) {
  return language && (language->name == "c" || language->name == "cpp" || language->name == "cuda");
}

std::string joined(std::string_view folder, std::string_view path) {
  const std::string whole = folder.empty() ? std::string(path) : fmt::format("{}/{}", folder, path);
  return std::filesystem::path(whole).lexically_normal().native();
}

// The file that a compiler would take; "" for none. A look-up for each folder would cost more than
// one for all files of the name, unless there are very many.
Expected<std::string> included_file(View& view, std::string_view import, std::string_view from) {
  std::vector<std::string> wanted{joined(folder_of(from), import)};
  if (const FolderList* folders = view.include_folders(from)) {
    for (const std::string& folder : *folders) wanted.push_back(joined(folder, import));
  }
  Expected<std::vector<std::string>> named =
      view.reader().files_with_stem(stem_of(import), kNamesakesMax);
  if (!named) return std::move(named.error()).pass();
  for (std::string& path : wanted) {
    if (std::find(named->begin(), named->end(), path) != named->end()) return std::move(path);
    if (named->size() < kNamesakesMax) continue;
    Expected<std::optional<FileRow>> row = view.reader().file(path);
    if (!row) return std::move(row.error()).pass();
    if (*row) return std::move(path);
  }
  return std::string();
}

struct Candidate {
  std::string path;
  int tail = 0;  // components in common with the import: the more the surer
  int head = 0;  // bytes of the path in common with the importing file
  bool is_main = false;
};

bool better(const Candidate& a, const Candidate& b) {
  if (a.tail != b.tail) return a.tail > b.tail;
  if (a.is_main != b.is_main) return a.is_main;
  if (a.head != b.head) return a.head > b.head;
  return a.path < b.path;
}

}  // namespace

std::string_view folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == path.npos ? std::string_view() : path.substr(0, slash);
}

namespace {

// "..models.user" of "shop/api/view.py" -> "shop.models.user"; "." -> "shop.api".
std::string absolute_module(std::string_view import, std::string_view from) {
  const std::size_t dots = std::min(import.find_first_not_of('.'), import.size());
  std::string_view folder = folder_of(from);
  for (std::size_t i = 1; i < dots; ++i) folder = folder_of(folder);
  std::string module(folder);
  std::replace(module.begin(), module.end(), '/', '.');
  if (dots < import.size() && !module.empty()) module += '.';
  return module += import.substr(dots);
}

// What a folder that is imported as a whole begins with.
bool is_main_file(std::string_view path) {
  const std::string_view stem = stem_of(path);
  return stem == "__init__" || stem == "index" || stem == "mod" || stem == "lib";
}

// Files that an import may mean: of its last component's name, or in a folder of that name; where
// there are none, of the component before it, for the last may be an item of that file.
Expected<std::vector<std::string>> named_files(View& view,
                                               const std::vector<std::string_view>& wanted,
                                               std::size_t& used) {
  used = wanted.size();
  Expected<std::vector<std::string>> paths =
      view.reader().files_with_stem(wanted.back(), kCandidatesMax);
  if (!paths) return paths;
  Expected<std::vector<std::string>> inside =
      view.reader().files_in_folder(wanted.back(), kCandidatesMax);
  if (!inside) return inside;
  for (std::string& path : *inside) {
    if (stem_of(path) != wanted.back()) paths->push_back(std::move(path));
  }
  if (!paths->empty() || wanted.size() < 2) return paths;
  used = wanted.size() - 1;
  return view.reader().files_with_stem(wanted[used - 1], kCandidatesMax);
}

Expected<std::vector<std::string>> by_name(View& view, std::string_view import,
                                           std::string_view from) {
  const Language* language = language_of(from, "");
  const std::string_view bare = without_extension(import);
  const std::vector<std::string_view> wanted = components(bare);
  if (wanted.empty()) return std::vector<std::string>();

  std::size_t used = 0;
  Expected<std::vector<std::string>> paths = named_files(view, wanted, used);
  if (!paths) return paths;

  const std::vector<std::string_view> tail(wanted.begin(), wanted.begin() + used);
  std::vector<Candidate> candidates;
  for (std::string& path : *paths) {
    if (path == from) continue;
    const Language* other = language_of(path, "");
    if (!other || !other->code || (language && !language->code)) continue;
    const int by_file = common_tail(components(without_extension(path)), tail);
    const int by_folder = common_tail(components(folder_of(path)), tail);
    const int head = common_head(path, from);
    const bool is_main = by_folder > by_file && is_main_file(path);
    candidates.push_back({std::move(path), std::max(by_file, by_folder), head, is_main});
  }
  std::sort(candidates.begin(), candidates.end(), better);
  const bool is_package = language && language->name == "go";
  const std::size_t most = is_package ? kPackageFilesMax : kResolvedMax;
  const bool is_main = !candidates.empty() && candidates.front().is_main;
  std::vector<std::string> resolved;
  for (Candidate& candidate : candidates) {
    // Only as sure as the best one; a name like "os" must not pull in every folder "os".
    const bool is_less =
        candidate.tail < candidates.front().tail || (!is_package && candidate.is_main != is_main);
    if (resolved.size() == most || is_less) break;
    resolved.push_back(std::move(candidate.path));
  }
  return resolved;
}

}  // namespace

Expected<std::vector<std::string>> resolve_import(View& view, std::string_view import,
                                                  std::string_view from) {
  const Language* language = language_of(from, "");
  if (includes_files(language)) {
    Expected<std::string> included = included_file(view, import, from);
    if (!included) return std::move(included.error()).pass();
    if (!included->empty()) return std::vector<std::string>{std::move(*included)};
  } else if (language && language->name == "python" && import.starts_with('.')) {
    if (import.find_first_not_of('.') == import.npos) return std::vector<std::string>();
    return by_name(view, absolute_module(import, from), from);
  }
  return by_name(view, import, from);
}

}  // namespace curlew::indexer
