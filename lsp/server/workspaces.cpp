#include "lsp/server/workspaces.h"

#include "lsp/server/uri.h"

namespace curlew::server {
namespace fs = std::filesystem;

void Workspaces::add(std::shared_ptr<Workspace> workspace) {
  std::lock_guard lock(mutex_);
  for (const auto& known : workspaces_)
    if (known == workspace) return;
  workspaces_.push_back(std::move(workspace));
}

void Workspaces::remove(const fs::path& root) {
  std::lock_guard lock(mutex_);
  std::erase_if(workspaces_, [&](const auto& known) { return known->root() == root; });
}

DocumentPlace Workspaces::place_of(const std::string& uri) const {
  DocumentPlace place;
  const std::optional<fs::path> file = path_of_uri(uri);
  if (!file) return place;
  place.file = *file;
  place.path = file->filename().string();
  std::lock_guard lock(mutex_);
  for (const auto& workspace : workspaces_) {
    const std::optional<std::string> path = path_below(*file, workspace->root());
    const bool is_inner =
        !place.workspace || path_below(workspace->root(), place.workspace->root());
    if (!path || !is_inner) continue;
    place.workspace = workspace;
    place.path = *path;
  }
  return place;
}

std::vector<std::shared_ptr<Workspace>> Workspaces::all() const {
  std::lock_guard lock(mutex_);
  return workspaces_;
}

}  // namespace curlew::server
