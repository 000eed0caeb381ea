#include "indexer/reach.h"

#include <algorithm>
#include <unordered_map>

#include "indexer/imports.h"
#include "indexer/rank.h"

namespace curlew::indexer {
namespace {

int family(std::string_view name) {
  if (name == "c" || name == "cpp" || name == "cuda") return 1;
  if (name == "javascript" || name == "typescript" || name == "tsx") return 2;
  return 0;
}

std::string_view file_name(std::string_view path) {
  const std::string_view folder = folder_of(path);
  return path.substr(folder.empty() ? 0 : folder.size() + 1);
}

int common_prefix(std::string_view a, std::string_view b) {
  return static_cast<int>(
      std::mismatch(a.begin(), a.begin() + std::min(a.size(), b.size()), b.begin()).first -
      a.begin());
}

// Folders of one name on two sides of a project: among the tests and not, or with another component
// of their path in common.
bool mirrors(std::string_view a, std::string_view b) {
  const auto is_tests = [](std::string_view path) {
    return path.find("test") != path.npos || path.find("Test") != path.npos ||
           path.find("spec") != path.npos;
  };
  const std::string_view name = file_name(a);
  if (name.empty() || name != file_name(b)) return false;
  const std::string_view above = file_name(folder_of(a));
  return is_tests(a) != is_tests(b) || (!above.empty() && above == file_name(folder_of(b)));
}

}  // namespace

bool mixes(const Language& a, const Language& b) {
  return a.name == b.name || (family(a.name) != 0 && family(a.name) == family(b.name));
}

std::string_view reach_name(Reach reach) {
  switch (reach) {
    case Reach::kSelf:
      return "this file";
    case Reach::kImport:
      return "an imported file";
    case Reach::kCounterpart:
      return "the counterpart of this file";
    case Reach::kFolder:
      return "a file of this folder";
    case Reach::kSecond:
      return "a file that an import imports";
    case Reach::kOpen:
      return "a file edited recently";
    case Reach::kNamed:
      return "a file that defines names used near";
    case Reach::kNearFolder:
      return "a file of a folder nearby";
    case Reach::kNeighbours:
      return "a file that the files of this folder import";
  }
  return "";
}

const ReachedFile* ReachedFiles::find(std::string_view path) const {
  for (const ReachedFile& file : files_) {
    if (file.facts->path == path) return &file;
  }
  return nullptr;
}

Status ReachedFiles::add(const std::string& path, Reach reach) {
  if (files_.size() >= rank::kReachedMax || path == path_ || find(path)) return {};
  const Language* other = language_of(path, "");
  if (other && language_ && !mixes(*language_, *other)) return {};
  Expected<FileFactsPtr> facts = cache_.get(view_, path);
  if (!facts) return std::move(facts.error()).pass();
  if (!*facts) return {};
  const auto order = std::count_if(files_.begin(), files_.end(),
                                   [&](const ReachedFile& file) { return file.reach == reach; });
  files_.push_back({std::move(*facts), reach, static_cast<int>(order), 0});
  return {};
}

// The folder's files but this one, those with a like name first, then by path.
Expected<std::vector<std::string>> ReachedFiles::files_of(std::string_view folder) {
  std::vector<std::string> files;
  Expected<PathList> found =
      cache_.paths().files_in_folder(view_, file_name(folder), rank::kFolderFilesRead);
  if (!found) return std::move(found.error()).pass();
  for (const std::string& path : **found) {
    if (folder_of(path) == folder && path != path_) files.push_back(path);
  }
  const std::string_view own = file_name(path_);
  std::stable_sort(files.begin(), files.end(), [&](const std::string& a, const std::string& b) {
    return common_prefix(file_name(a), own) > common_prefix(file_name(b), own);
  });
  return files;
}

Status ReachedFiles::add_folder() {
  Expected<std::vector<std::string>> files = files_of(folder_of(path_));
  if (!files) return std::move(files.error()).pass();
  if (files->size() > rank::kFolderFilesMax) files->resize(rank::kFolderFilesMax);
  for (const std::string& path : *files) {
    const bool is_counterpart = bare_stem(path) == bare_stem(path_);
    Status added = add(path, is_counterpart ? Reach::kCounterpart : Reach::kFolder);
    if (!added) return added;
  }
  return {};
}

// "src/main/java/shop/api" for "src/test/java/shop/api", "lib/rack" for "lib/rack/handler" and for
// the file "lib/rack.rb".
Status ReachedFiles::add_near_folders() {
  const std::string_view folder = folder_of(path_);
  std::vector<std::string> folders;
  Expected<PathList> namesakes =
      cache_.paths().files_in_folder(view_, file_name(folder), rank::kFolderFilesRead);
  if (!namesakes) return std::move(namesakes.error()).pass();
  for (const std::string& path : **namesakes) {
    const std::string_view other = folder_of(path);
    if (other != folder && mirrors(folder, other) && (folders.empty() || folders.back() != other))
      folders.emplace_back(other);
  }
  folders.push_back(fmt::format("{}{}{}", folder, folder.empty() ? "" : "/", bare_stem(path_)));
  if (!folder.empty()) folders.emplace_back(folder_of(folder));
  std::size_t added = 0;
  for (const std::string& near : folders) {
    Expected<std::vector<std::string>> files = files_of(near);
    if (!files) return std::move(files.error()).pass();
    for (const std::string& path : *files) {
      if (added >= rank::kNearFolderFilesMax) return {};
      const std::size_t before = files_.size();
      if (Status done = add(path, Reach::kNearFolder); !done) return done;
      added += files_.size() - before;
    }
  }
  return {};
}

Status ReachedFiles::add_imports_of(std::initializer_list<Reach> ways, Reach reach,
                                    std::size_t limit) {
  struct Imported {
    int importers = 0, order = 0;
  };
  std::unordered_map<std::string_view, Imported> counts;
  std::vector<PathList> lists;  // hold the keys
  for (const ReachedFile& file : files_) {
    if (std::find(ways.begin(), ways.end(), file.reach) == ways.end()) continue;
    const std::size_t tried = std::min(file.facts->imports.size(), rank::kImportsOfFileMax);
    for (std::size_t i = 0; i < tried && lists.size() < rank::kSecondImportsTried; ++i) {
      Expected<PathList> resolved =
          cache_.paths().import(view_, file.facts->imports[i], file.facts->path);
      if (!resolved) return std::move(resolved.error()).pass();
      for (const std::string& path : **resolved) {
        Imported& imported =
            counts.try_emplace(path, Imported{0, int(counts.size())}).first->second;
        ++imported.importers;
      }
      lists.push_back(std::move(*resolved));
    }
  }
  std::vector<std::pair<std::string_view, Imported>> ranked(counts.begin(), counts.end());
  std::sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) {
    if (a.second.importers != b.second.importers) return a.second.importers > b.second.importers;
    return a.second.order < b.second.order;
  });
  std::size_t added = 0;
  for (const auto& [path, imported] : ranked) {
    if (added >= limit) break;
    const std::size_t before = files_.size();
    if (Status done = add(std::string(path), reach); !done) return done;
    added += files_.size() - before;
  }
  return {};
}

Status ReachedFiles::gather(const std::vector<std::string>& imported,
                            const std::vector<std::string>& recent) {
  if (!path_.empty()) {
    Expected<FileFactsPtr> own = cache_.get(view_, path_);
    if (!own) return std::move(own.error()).pass();
    if (*own) files_.push_back({std::move(*own), Reach::kSelf, 0, 0});
  }
  for (const std::string& path : imported) {
    const bool is_counterpart =
        bare_stem(path) == bare_stem(path_) && folder_of(path) == folder_of(path_);
    if (Status done = add(path, is_counterpart ? Reach::kCounterpart : Reach::kImport); !done)
      return done;
  }
  for (const std::string& path : recent) {
    if (Status done = add(path, Reach::kOpen); !done) return done;
  }
  Expected<PathList> same_stem =
      cache_.paths().files_with_stem(view_, bare_stem(path_), rank::kCounterpartsMax);
  if (!same_stem) return std::move(same_stem.error()).pass();
  for (const std::string& path : **same_stem) {
    if (Status done = add(path, Reach::kCounterpart); !done) return done;
  }
  if (Status done = add_folder(); !done) return done;
  if (Status done = add_imports_of({Reach::kImport, Reach::kCounterpart}, Reach::kSecond,
                                   rank::kSecondImportsMax);
      !done)
    return done;
  if (Status done = add_near_folders(); !done) return done;
  return add_imports_of({Reach::kFolder, Reach::kNearFolder}, Reach::kNeighbours,
                        rank::kNeighboursMax);
}

void ReachedFiles::compare(const WordSet& words) {
  for (ReachedFile& file : files_) file.likeness = indexer::likeness(words, file.facts->words);
}

}  // namespace curlew::indexer
