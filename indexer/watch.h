// Changes of the files under a root, by the system's inotify: for clients that cannot watch files
// themselves.
//
// A Watcher has one thread. It watches the folders that the walk visits, so that an ignored
// "node_modules" costs nothing, and collects events until none has come for a moment: a switch of
// branches is one call of the callback, a saved file is another. Where the details are not known
// (the system's queue ran over, a folder is new or gone, ignore rules changed) it says so, and the
// whole index is to be updated, which costs a look at every file's time.
//
// Linux bounds the watches of a user (fs.inotify.max_user_watches, often 65,536 or more, shared by
// all programs). What does not fit is said in note() and seen at the next update of the whole index.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "indexer/error.h"
#include "indexer/source/walk.h"

namespace curlew::indexer {

struct WatchChanges {
  std::vector<std::string> paths;  // relative to the root, sorted, each once; made, changed or gone
  bool all = false;                // others changed as well: Index::update, not update_files
};

struct WatchOptions {
  std::filesystem::path root;
  WalkLimits limits;
  int folders_max = 60'000;
  std::chrono::milliseconds settle{10};        // without an event before changes are told
  std::chrono::milliseconds collect_max{500};  // they are told after that in any case
};

class Watcher {
 public:
  using Callback = std::function<void(const WatchChanges&)>;
  // Walks the root, then watches it. `on_changes` runs on the watcher's thread; events that come
  // meanwhile wait. kNotFound, kIo where there is no inotify or the user has too many of it.
  static Expected<std::unique_ptr<Watcher>> start(WatchOptions options, Callback on_changes);
  // Waits for a callback that is running, which therefore must not destroy its watcher.
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  // What is not watched and why, for the user; "" when everything is. Thread-safe.
  std::string note() const;
  int folders() const;  // how many are watched

 private:
  class Folders;
  Watcher();
  void run(std::stop_token stop);

  WatchOptions options_;
  Callback on_changes_;
  std::unique_ptr<Folders> folders_;
  std::jthread thread_;
};

}  // namespace curlew::indexer
