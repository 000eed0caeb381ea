#include "indexer/imports.h"

#include <algorithm>
#include <filesystem>

#include "indexer/store_keys.h"

namespace curlew::indexer {
namespace {

constexpr int kCandidatesMax = 64;
constexpr std::size_t kNamesakesMax = 64;  // files of one name that are compared with an include
constexpr std::size_t kResolvedMax = 3;

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
};

bool better(const Candidate& a, const Candidate& b) {
  if (a.tail != b.tail) return a.tail > b.tail;
  if (a.head != b.head) return a.head > b.head;
  return a.path < b.path;
}

}  // namespace

std::string_view folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == path.npos ? std::string_view() : path.substr(0, slash);
}

Expected<std::vector<std::string>> resolve_import(View& view, std::string_view import,
                                                  std::string_view from) {
  const Language* language = language_of(from, "");
  if (includes_files(language)) {
    Expected<std::string> included = included_file(view, import, from);
    if (!included) return std::move(included.error()).pass();
    if (!included->empty()) return std::vector<std::string>{std::move(*included)};
  }
  const std::string_view bare = without_extension(import);
  const std::vector<std::string_view> wanted = components(bare);
  if (wanted.empty()) return std::vector<std::string>();

  // The last component names a file, else (Go packages, Rust items, "index" files) a folder or the
  // one before it names the file.
  Expected<std::vector<std::string>> paths =
      view.reader().files_with_stem(wanted.back(), kCandidatesMax);
  std::size_t used = wanted.size();
  if (paths && paths->empty()) {
    paths = view.reader().files_in_folder(wanted.back(), kCandidatesMax);
  }
  if (paths && paths->empty() && wanted.size() >= 2) {
    used = wanted.size() - 1;
    paths = view.reader().files_with_stem(wanted[used - 1], kCandidatesMax);
  }
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
    candidates.push_back({std::move(path), std::max(by_file, by_folder), head});
  }
  std::sort(candidates.begin(), candidates.end(), better);
  std::vector<std::string> resolved;
  for (Candidate& candidate : candidates) {
    // Only as sure as the best one; a name like "os" must not pull in every folder "os".
    if (resolved.size() == kResolvedMax || candidate.tail < candidates.front().tail) break;
    resolved.push_back(std::move(candidate.path));
  }
  return resolved;
}

}  // namespace curlew::indexer
