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

}  // namespace curlew::indexer
