// Time this thread has worked. Limits on parsing are measured with it: on a busy machine a file is
// not left unparsed because others were working.
#pragma once

#include <chrono>
#include <ctime>

namespace curlew::indexer {

inline std::chrono::nanoseconds thread_time() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

// A limit on what this thread may work from now on. Asked often: it looks at the clock, which costs
// a system call, every 32nd time only.
class ThreadTimeLimit {
 public:
  explicit ThreadTimeLimit(std::chrono::nanoseconds limit) : end_(thread_time() + limit) {}

  bool operator()() {
    if (!passed_ && ++asked_ % kAskedPerLook == 0) passed_ = thread_time() >= end_;
    return passed_;
  }

 private:
  static constexpr unsigned kAskedPerLook = 32;
  std::chrono::nanoseconds end_;
  unsigned asked_ = 0;
  bool passed_ = false;
};

}  // namespace curlew::indexer
