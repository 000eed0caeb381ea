#include "lsp/server/ahead.h"

#include <condition_variable>
#include <utility>

namespace curlew::server {
namespace {

constexpr std::size_t kJobsQueuedMax = 2;  // one that ends, one that replaces it

// False when it was cancelled meanwhile.
bool stays_idle(std::chrono::milliseconds wait, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, wait, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace

Ahead::Ahead(std::chrono::milliseconds idle_before)
    : idle_before_(idle_before), queue_("curlew ahead", 1, kJobsQueuedMax) {}

Ahead::~Ahead() {
  cancel();
  queue_.stop();
}

void Ahead::plan(Job job) {
  std::stop_source stop, old;
  {
    std::lock_guard lock(mutex_);
    old = std::exchange(stop_, stop);
  }
  old.request_stop();
  queue_.push({.run =
                   [this, job = std::move(job), token = stop.get_token()] {
                     if (stays_idle(idle_before_, token)) job(token);
                   },
               .is_stale = [token = stop.get_token()] { return token.stop_requested(); }});
}

void Ahead::cancel() {
  std::stop_source old;
  {
    std::lock_guard lock(mutex_);
    old = stop_;
  }
  old.request_stop();  // outside the lock: it runs callbacks
}

bool Ahead::wait_until_idle(std::chrono::steady_clock::time_point deadline) {
  return queue_.wait_until_idle(deadline);
}

}  // namespace curlew::server
