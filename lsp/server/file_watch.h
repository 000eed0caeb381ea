// The server's own eyes on the files of a session's workspaces, for clients that cannot watch files
// themselves (Neovim on Linux, as it comes, is one): indexer/watch.h for each of them.
//
// What changed goes to the index in the background lane. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "indexer/watch.h"
#include "lsp/server/services.h"
#include "lsp/server/task_queue.h"

namespace curlew::server {

class FileWatch {
 public:
  explicit FileWatch(Services& services);
  ~FileWatch();  // waits for what a watcher is telling

  // Returns at once; the folders are walked meanwhile. Again: no change.
  void add(const std::shared_ptr<Workspace>& workspace);
  void remove(const std::filesystem::path& root);

  // "12 folders", why none are, or what is left out; nothing where nobody asked to watch.
  std::optional<std::string> state(const std::filesystem::path& root) const;

  bool wait_until_idle(std::chrono::steady_clock::time_point deadline) {
    return starts_.wait_until_idle(deadline);
  }

 private:
  struct Entry {
    std::unique_ptr<indexer::Watcher> watcher;  // null: not yet, or `problem`
    std::string problem;
  };
  void start(const std::shared_ptr<Workspace>& workspace);

  Services& services_;
  mutable std::mutex mutex_;
  std::map<std::filesystem::path, Entry> entries_;  // mutex_; by root
  TaskQueue starts_;                                // last: its thread uses everything above
};

}  // namespace curlew::server
