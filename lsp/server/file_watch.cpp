#include "lsp/server/file_watch.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace curlew::server {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kStartsQueuedMax = 256;

}  // namespace

FileWatch::FileWatch(Services& services)
    : services_(services), starts_("curlew watch", 1, kStartsQueuedMax) {}

FileWatch::~FileWatch() {
  starts_.stop();
}

void FileWatch::add(const std::shared_ptr<Workspace>& workspace) {
  if (workspace->index() == nullptr) return;
  {
    std::lock_guard lock(mutex_);
    if (!entries_.try_emplace(workspace->root()).second) return;
  }
  starts_.push({.run = [this, workspace] { start(workspace); }});
}

void FileWatch::start(const std::shared_ptr<Workspace>& workspace) {
  auto watcher = indexer::Watcher::start(
      {.root = workspace->root()}, [this, workspace](const indexer::WatchChanges& changes) {
        changes.all ? services_.update(workspace)
                    : services_.update_files(workspace, changes.paths);
      });
  {
    std::lock_guard lock(mutex_);
    const auto entry = entries_.find(workspace->root());
    if (entry == entries_.end()) return;  // removed meanwhile
    if (watcher)
      entry->second.watcher = std::move(*watcher);
    else
      entry->second.problem = watcher.error().message();
  }
  if (!watcher) spdlog::warn("{}", watcher.error().message());
  // What changed before the first folder was watched.
  services_.update(workspace);
}

void FileWatch::remove(const fs::path& root) {
  Entry gone;  // dies without the lock: a watcher waits for its callback
  std::lock_guard lock(mutex_);
  if (const auto entry = entries_.find(root); entry != entries_.end()) {
    gone = std::move(entry->second);
    entries_.erase(entry);
  }
}

std::optional<std::string> FileWatch::state(const fs::path& root) const {
  std::lock_guard lock(mutex_);
  const auto entry = entries_.find(root);
  if (entry == entries_.end()) return std::nullopt;
  if (!entry->second.watcher) return entry->second.problem;
  const std::string note = entry->second.watcher->note();
  return note.empty() ? fmt::format("{} folders", entry->second.watcher->folders()) : note;
}

}  // namespace curlew::server
