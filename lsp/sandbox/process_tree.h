// What a process and everything it started use.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace curlew::sandbox {

struct TreeUse {
  int threads = 0;
  std::int64_t resident_bytes = 0;  // memory that processes share counts for each
};

// The process and its descendants, from one pass over /proc; those that end meanwhile are left out.
std::vector<pid_t> descendants(pid_t root);
int threads_of_user();     // ours
int threads_of_machine();  // of everybody; a single call of the kernel
TreeUse use_of(const std::vector<pid_t>& processes);

}  // namespace curlew::sandbox
