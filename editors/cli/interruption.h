// Ctrl-C and the like, for commands that take long: the first signal asks the work to stop, a second one ends the
// process at once.
#pragma once

#include <atomic>
#include <stop_token>
#include <thread>

namespace curlew::cli {

// SIGINT, SIGTERM and SIGHUP, as long as it lives; those that are ignored (nohup) stay so. To be made before any
// thread is: they are blocked in all of them, and one of its own waits.
class Interruption {
 public:
  Interruption();
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  std::stop_token token() const { return stop_.get_token(); }
  // 0, or 128 and the signal, as shells have it: 130, 143, 129.
  int exit_code() const { return signal_ == 0 ? 0 : 128 + signal_; }
  // Says on stderr that it was stopped; returns exit_code().
  int report() const;

 private:
  void wait(std::stop_token over);

  std::stop_source stop_;
  std::atomic<int> signal_ = 0;
  std::jthread waiter_;  // last: uses everything above
};

}  // namespace curlew::cli
