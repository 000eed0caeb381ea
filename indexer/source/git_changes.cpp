#include "indexer/source/git_changes.h"

#include <git2.h>

#include <memory>

#include "indexer/source/git_facts.h"

namespace curlew::indexer {
namespace {

namespace fs = std::filesystem;

struct Free {
  void operator()(git_repository* r) const { git_repository_free(r); }
  void operator()(git_object* o) const { git_object_free(o); }
  void operator()(git_diff* d) const { git_diff_free(d); }
  void operator()(git_blob* b) const { git_blob_free(b); }
};
template <class T>
using Handle = std::unique_ptr<T, Free>;

// "src/" of a workspace that is a folder of its repository; "" of one that is all of it. False when
// neither.
bool prefix_of(const fs::path& folder, git_repository* repository, std::string& prefix) {
  const char* top = git_repository_workdir(repository);
  std::error_code error;
  if (top == nullptr) return false;
  const fs::path below = fs::canonical(folder, error).lexically_relative(fs::canonical(top, error));
  if (error || below.empty() || *below.begin() == "..") return false;
  prefix = below == "." ? "" : below.string() + "/";
  return true;
}

Handle<git_diff> diff_of(git_repository* repository, std::string& prefix) {
  git_object* tree = nullptr;
  if (git_revparse_single(&tree, repository, "HEAD^{tree}") != 0) return nullptr;
  const Handle<git_object> commit(tree);
  git_diff_options options;
  git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
  options.flags = GIT_DIFF_DISABLE_PATHSPEC_MATCH | GIT_DIFF_SKIP_BINARY_CHECK;
  options.ignore_submodules = GIT_SUBMODULE_IGNORE_ALL;
  char* below = prefix.data();
  if (!prefix.empty()) options.pathspec = {&below, 1};
  git_diff* diff = nullptr;
  const int failed = git_diff_tree_to_workdir_with_index(
      &diff, repository, reinterpret_cast<git_tree*>(tree), &options);
  return Handle<git_diff>(failed == 0 ? diff : nullptr);
}

}  // namespace

std::map<std::string, std::string> changed_since_commit(const fs::path& folder) {
  std::map<std::string, std::string> changed;
  const std::optional<fs::path> root = repository_root_of(folder);
  if (!root || !git_common_folder_of(folder)) return changed;  // libgit2 is in use from here on
  git_repository* opened = nullptr;
  if (git_repository_open(&opened, root->c_str()) != 0) return changed;
  const Handle<git_repository> repository(opened);
  std::string prefix;
  if (!prefix_of(folder, opened, prefix)) return changed;
  const Handle<git_diff> diff = diff_of(opened, prefix);
  const std::size_t count = diff ? git_diff_num_deltas(diff.get()) : 0;
  for (std::size_t i = 0; i < count && changed.size() < kChangedFilesMax; ++i) {
    const git_diff_delta* delta = git_diff_get_delta(diff.get(), i);
    const std::string path = delta->new_file.path;
    git_blob* found = nullptr;
    if (delta->status != GIT_DELTA_MODIFIED || !path.starts_with(prefix) ||
        git_blob_lookup(&found, opened, &delta->old_file.id) != 0)
      continue;
    const Handle<git_blob> blob(found);
    const auto size = static_cast<std::size_t>(git_blob_rawsize(found));
    if (size <= kCommittedBytesMax)
      changed.emplace(path.substr(prefix.size()),
                      std::string(static_cast<const char*>(git_blob_rawcontent(found)), size));
  }
  return changed;
}

}  // namespace curlew::indexer
