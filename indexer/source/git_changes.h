// What was changed in a working tree since its last commit, through libgit2. No program is run, no hook,
// no filter of the repository's.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>

namespace curlew::indexer {

constexpr std::size_t kChangedFilesMax = 200;
constexpr std::size_t kCommittedBytesMax = 1 << 20;  // of one file

// The files below `folder` that differ from the last commit, by path relative to it, with the text that
// they had there. Files that are new have none and are left out, as are deleted and larger ones; beyond
// kChangedFilesMax the rest, too. Empty where there is no repository, no commit, or one that belongs to
// somebody else. Thread-safe.
std::map<std::string, std::string> changed_since_commit(const std::filesystem::path& folder);

}  // namespace curlew::indexer
