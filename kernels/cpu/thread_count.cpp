#include <algorithm>
#include <fstream>
#include <set>
#include <string>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#endif

#include "kernels/ops.h"

namespace curlew::kernels {
namespace {

constexpr int kDefaultThreadsMax = 16;

#if defined(__linux__)
// "0,8" or "0-1": names the core that `cpu` is a hardware thread of. Empty when the kernel does not
// say.
std::string sibling_list(int cpu) {
  std::ifstream file("/sys/devices/system/cpu/cpu" + std::to_string(cpu) +
                     "/topology/thread_siblings_list");
  std::string list;
  std::getline(file, list);
  return list;
}

int physical_cores_allowed() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 0;
  std::set<std::string> cores;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    const std::string siblings = sibling_list(cpu);
    cores.insert(siblings.empty() ? "cpu" + std::to_string(cpu) : siblings);
  }
  return static_cast<int>(cores.size());
}
#else
int physical_cores_allowed() {
  return 0;
}
#endif

}  // namespace

int default_thread_count() {
  int cores = physical_cores_allowed();
  if (cores == 0) cores = static_cast<int>(std::thread::hardware_concurrency());
  return std::clamp(cores, 1, kDefaultThreadsMax);
}

}  // namespace curlew::kernels
