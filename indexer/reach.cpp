#include "indexer/reach.h"

#include <algorithm>

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
  }
  return "";
}

std::string_view bare_stem(std::string_view path) {
  std::string_view stem = file_name(path);
  stem = stem.substr(0, stem.find('.', 1));
  for (std::string_view mark : {"test_", "Test"}) {
    if (stem.size() > mark.size() + 1 && stem.starts_with(mark)) stem.remove_prefix(mark.size());
  }
  for (std::string_view mark :
       {"_test", "-test", "_spec", "Tests", "TestCase", "Test", "_unittest"}) {
    if (stem.size() > mark.size() + 1 && stem.ends_with(mark)) {
      stem.remove_suffix(mark.size());
      break;
    }
  }
  return stem;
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

// Siblings: those with a like name first, then by path.
Status ReachedFiles::add_folder() {
  const std::string_view folder = folder_of(path_);
  Expected<std::vector<std::string>> found =
      view_.reader().files_in_folder(file_name(folder), rank::kFolderFilesRead);
  if (!found) return std::move(found.error()).pass();
  std::erase_if(*found, [&](const std::string& path) { return folder_of(path) != folder; });
  const std::string_view own = file_name(path_);
  std::stable_sort(found->begin(), found->end(), [&](const std::string& a, const std::string& b) {
    return common_prefix(file_name(a), own) > common_prefix(file_name(b), own);
  });
  for (std::size_t i = 0; i < found->size() && i < rank::kFolderFilesMax; ++i) {
    const bool is_counterpart = bare_stem((*found)[i]) == bare_stem(path_);
    Status added = add((*found)[i], is_counterpart ? Reach::kCounterpart : Reach::kFolder);
    if (!added) return added;
  }
  return {};
}

Status ReachedFiles::add_second_imports() {
  int tried = 0, added = 0;
  const std::size_t count = files_.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (files_[i].reach != Reach::kImport && files_[i].reach != Reach::kCounterpart) continue;
    const FileFactsPtr facts = files_[i].facts;
    for (const std::string& import : facts->imports) {
      if (++tried > rank::kSecondImportsTried || added >= rank::kSecondImportsMax) return {};
      Expected<std::vector<std::string>> resolved = resolve_import(view_, import, facts->path);
      if (!resolved) return std::move(resolved.error()).pass();
      for (const std::string& path : *resolved) {
        const std::size_t before = files_.size();
        if (Status done = add(path, Reach::kSecond); !done) return done;
        added += files_.size() > before;
      }
    }
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
  Expected<std::vector<std::string>> same_stem =
      view_.reader().files_with_stem(bare_stem(path_), rank::kCounterpartsMax);
  if (!same_stem) return std::move(same_stem.error()).pass();
  for (const std::string& path : *same_stem) {
    if (Status done = add(path, Reach::kCounterpart); !done) return done;
  }
  if (Status done = add_folder(); !done) return done;
  return add_second_imports();
}

void ReachedFiles::compare(const WordSet& words) {
  for (ReachedFile& file : files_) file.likeness = indexer::likeness(words, file.facts->words);
}

}  // namespace curlew::indexer
