// What a git repository says about the tree it holds, through libgit2.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace curlew::indexer {

// The nearest folder at or above `folder` that has a ".git" (a folder, or the file of a submodule
// or a linked worktree).
std::optional<std::filesystem::path> repository_root_of(const std::filesystem::path& folder);

// What all worktrees of the repository share: "…/.git" of the one that was cloned. None where
// `folder` lies in no repository.
std::optional<std::filesystem::path> git_common_folder_of(const std::filesystem::path& folder);

struct GitExcludes {
  std::string repository;  // text of .git/info/exclude
  std::string user;  // text of core.excludesFile, or of git/ignore in the user's config folder
};

// `repository_root` empty: the user's excludes only.
GitExcludes git_excludes_of(const std::filesystem::path& repository_root);

}  // namespace curlew::indexer
