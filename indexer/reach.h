// The files whose definitions code at a place is likely to use, each with how it is reached.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "indexer/facts.h"

namespace curlew::indexer {

// Nearest first: a file reached in two ways counts as the first one.
enum class Reach : std::uint8_t {
  kSelf,         // the file itself
  kImport,       // named by an import of the file
  kCounterpart,  // header and source, test and tested
  kFolder,       // same folder
  kSecond,       // imported by an import
  kOpen,         // open or recently edited
  kNamed,        // defines a name that stands near the cursor
  kNearFolder,   // in the folder above or below, or the one that mirrors this one among the tests
  kNeighbours,   // imported by the files of the folder
};
constexpr int kReachCount = 9;
std::string_view reach_name(Reach reach);  // "an imported file", for reasons

struct ReachedFile {
  FileFactsPtr facts;
  Reach reach = Reach::kNamed;
  int order = 0;        // among those reached in the same way
  double likeness = 0;  // of its words with those of the file at hand
};

// Of one query. `imported` as resolve_import gives them.
class ReachedFiles {
 public:
  ReachedFiles(View& view, FactsCache& cache, std::string path, const Language* language)
      : view_(view), cache_(cache), path_(std::move(path)), language_(language) {}

  Status gather(const std::vector<std::string>& imported, const std::vector<std::string>& recent);
  // One more; nothing when it is known or of a language that does not mix with this one.
  Status add(const std::string& path, Reach reach);
  void compare(const WordSet& words);  // sets `likeness`

  const std::vector<ReachedFile>& files() const { return files_; }
  const ReachedFile* find(std::string_view path) const;

 private:
  Expected<std::vector<std::string>> files_of(std::string_view folder);
  Status add_folder();
  Status add_near_folders();
  // What the files reached in one of these ways import, what most of them import first.
  Status add_imports_of(std::initializer_list<Reach> ways, Reach reach, std::size_t limit);

  View& view_;
  FactsCache& cache_;
  const std::string path_;
  const Language* language_;
  std::vector<ReachedFile> files_;
};

// Languages that call each other's code freely.
bool mixes(const Language& a, const Language& b);

}  // namespace curlew::indexer
