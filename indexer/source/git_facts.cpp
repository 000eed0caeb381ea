#include "indexer/source/git_facts.h"

#include <fcntl.h>
#include <git2.h>

#include <cstdlib>
#include <memory>

#include "indexer/source/files.h"
#include "indexer/source/ignore.h"

namespace curlew::indexer {
namespace {

namespace fs = std::filesystem;

struct FreeRepository {
  void operator()(git_repository* r) const { git_repository_free(r); }
};
struct FreeConfig {
  void operator()(git_config* c) const { git_config_free(c); }
};
using RepositoryHandle = std::unique_ptr<git_repository, FreeRepository>;
using ConfigHandle = std::unique_ptr<git_config, FreeConfig>;

// libgit2 counts its users; this process is one of them until it ends.
void use_libgit2() {
  static const int users = git_libgit2_init();
  (void)users;
}

// Links are followed: people keep their excludes in a folder of dot files.
std::string read_user_file(const fs::path& path) {
  const Fd fd(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  struct stat facts {};
  std::string text;
  if (!fd || fstat(fd.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) return {};
  return read_up_to(fd, kIgnoreBytesMax, text) ? text : std::string();
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string user_excludes(git_config* config) {
  if (config != nullptr) {
    git_buf path = {};
    if (git_config_get_path(&path, config, "core.excludesfile") == 0) {
      const std::string file(path.ptr, path.size);
      git_buf_dispose(&path);
      return read_user_file(file);
    }
  }
  if (const std::string xdg = environment("XDG_CONFIG_HOME"); !xdg.empty()) {
    return read_user_file(fs::path(xdg) / "git/ignore");
  }
  const std::string home = environment("HOME");
  return home.empty() ? "" : read_user_file(fs::path(home) / ".config/git/ignore");
}

}  // namespace

std::optional<fs::path> repository_root_of(const fs::path& folder) {
  std::error_code error;
  fs::path at = fs::weakly_canonical(folder, error);
  if (error) return std::nullopt;
  for (;; at = at.parent_path()) {
    if (fs::symlink_status(at / ".git", error).type() != fs::file_type::not_found && !error)
      return at;
    if (at == at.parent_path()) return std::nullopt;
  }
}

std::optional<fs::path> git_common_folder_of(const fs::path& folder) {
  const std::optional<fs::path> root = repository_root_of(folder);
  if (!root) return std::nullopt;
  use_libgit2();
  git_repository* opened = nullptr;
  if (git_repository_open(&opened, root->c_str()) != 0) return *root / ".git";
  const RepositoryHandle repository(opened);
  std::error_code error;
  const fs::path common = fs::canonical(git_repository_commondir(opened), error);
  return error ? *root / ".git" : common;
}

GitExcludes git_excludes_of(const fs::path& repository_root) {
  use_libgit2();
  GitExcludes out;
  RepositoryHandle repository;
  ConfigHandle config;
  if (!repository_root.empty()) {
    git_repository* opened = nullptr;
    // Fails, for one, where the repository belongs to somebody else; its excludes count all the
    // same.
    if (git_repository_open(&opened, repository_root.c_str()) == 0) repository.reset(opened);
    const fs::path common = repository ? fs::path(git_repository_commondir(repository.get()))
                                       : repository_root / ".git";
    out.repository = read_user_file(common / "info/exclude");
  }
  git_config* opened = nullptr;
  const int failed = repository ? git_repository_config(&opened, repository.get())
                                : git_config_open_default(&opened);
  if (failed == 0) config.reset(opened);
  if (config) {
    git_config* snapshot = nullptr;
    if (git_config_snapshot(&snapshot, config.get()) == 0) config.reset(snapshot);
  }
  out.user = user_excludes(config.get());
  return out;
}

}  // namespace curlew::indexer
