// What the features of one session share. Owned by the Session, outlives them.
#pragma once

#include <memory>
#include <mutex>

#include "lsp/assist/next_edit/edit_history.h"
#include "lsp/server/client.h"
#include "lsp/server/documents.h"
#include "lsp/server/progress.h"
#include "lsp/server/scheduler.h"
#include "lsp/server/services.h"
#include "lsp/server/workspaces.h"

namespace curlew::server {

// The settings in force. Thread-safe: taken as a copy, replaced as a whole.
class CurrentSettings {
 public:
  Settings get() const {
    std::lock_guard lock(mutex_);
    return settings_;
  }
  void set(Settings settings) {
    std::lock_guard lock(mutex_);
    settings_ = std::move(settings);
  }

 private:
  mutable std::mutex mutex_;
  Settings settings_;  // mutex_
};

struct SessionState {
  SessionState(Services& shared, Client::Send send, LaneThreads threads)
      : services(shared),
        client(std::move(send)),
        scheduler(threads),
        progress(std::make_shared<ProgressReporter>(client, shared)) {}

  Services& services;
  Client client;
  Documents documents;
  assist::EditHistory edits;  // paths in it are URIs
  Workspaces workspaces;
  CurrentSettings settings;
  Scheduler scheduler;
  CancellableWork cancellable;
  std::shared_ptr<ProgressReporter> progress;
};

}  // namespace curlew::server
