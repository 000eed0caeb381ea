// Work for moments in which nobody asks for anything: one job, which the next one replaces and any
// request ends.
//
// plan() lets the moment prove idle first; cancel() returns at once, and the job sees its stop
// token. One thread. Thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <stop_token>

#include "lsp/server/task_queue.h"

namespace curlew::server {

// Longer than between two keys of a fast typist.
constexpr std::chrono::milliseconds kIdleBeforeAhead{120};

class Ahead {
 public:
  using Job = std::function<void(std::stop_token)>;

  explicit Ahead(std::chrono::milliseconds idle_before = kIdleBeforeAhead);
  ~Ahead();  // cancel(), and waits for the job

  void plan(Job job);
  void cancel();

  // True when no job waits or runs; false when that did not happen in time.
  bool wait_until_idle(std::chrono::steady_clock::time_point deadline);

 private:
  const std::chrono::milliseconds idle_before_;
  std::mutex mutex_;
  std::stop_source stop_;  // mutex_; of the job that waits or runs
  TaskQueue queue_;        // last: its thread uses everything above
};

}  // namespace curlew::server
