#include "lsp/sandbox/process_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "lsp/sandbox/descriptor.h"

namespace curlew::sandbox {
namespace {

std::string read_proc(pid_t pid, const char* file) {
  const Descriptor fd(::open(fmt::format("/proc/{}/{}", pid, file).c_str(), O_RDONLY | O_CLOEXEC));
  char buffer[1024];
  const ssize_t n = fd ? ::read(fd.get(), buffer, sizeof buffer) : 0;
  return {buffer, n > 0 ? static_cast<std::size_t>(n) : 0};
}

// The fields of /proc/PID/stat behind the name, which may hold anything.
struct Stat {
  pid_t parent = 0;
  int threads = 0;
  std::int64_t resident_pages = 0;
};
std::optional<Stat> stat_of(pid_t pid) {
  const std::string text = read_proc(pid, "stat");
  const std::size_t name_end = text.rfind(')');
  if (name_end == text.npos) return std::nullopt;
  Stat stat;
  const char* at = text.c_str() + name_end + 1;
  constexpr int kParent = 4, kThreads = 20, kResident = 24;  // counted from 1
  for (int field = 3; field <= kResident && *at != '\0'; ++field) {
    while (*at == ' ') ++at;
    if (field == kParent) stat.parent = static_cast<pid_t>(std::atoi(at));
    if (field == kThreads) stat.threads = std::atoi(at);
    if (field == kResident) stat.resident_pages = std::atoll(at);
    while (*at != '\0' && *at != ' ') ++at;
  }
  return stat;
}

std::vector<pid_t> all_processes() {
  std::vector<pid_t> all;
  const std::unique_ptr<DIR, int (*)(DIR*)> proc(::opendir("/proc"), &::closedir);
  while (const dirent* entry = proc ? ::readdir(proc.get()) : nullptr)
    if (const auto pid = static_cast<pid_t>(std::atoi(entry->d_name)); pid > 0) all.push_back(pid);
  return all;
}

}  // namespace

std::vector<pid_t> descendants(pid_t root) {
  std::unordered_map<pid_t, std::vector<pid_t>> children;
  for (const pid_t pid : all_processes())
    if (const std::optional<Stat> stat = stat_of(pid)) children[stat->parent].push_back(pid);
  std::vector<pid_t> found = {root};
  std::unordered_set<pid_t> seen = {root};  // numbers are given again: no parent may come twice
  for (std::size_t i = 0; i < found.size(); ++i)
    for (const pid_t child : children[found[i]])
      if (seen.insert(child).second) found.push_back(child);
  return found;
}

int threads_of_user() {
  int threads = 0;
  for (const pid_t pid : all_processes()) {
    struct stat info;
    if (::stat(fmt::format("/proc/{}", pid).c_str(), &info) != 0 || info.st_uid != ::geteuid())
      continue;
    if (const std::optional<Stat> stat = stat_of(pid)) threads += stat->threads;
  }
  return threads;
}

int threads_of_machine() {
  struct sysinfo info;
  return ::sysinfo(&info) == 0 ? info.procs : 0;
}

TreeUse use_of(const std::vector<pid_t>& processes) {
  static const std::int64_t page_bytes = ::sysconf(_SC_PAGESIZE);
  TreeUse use;
  for (const pid_t pid : processes) {
    const std::optional<Stat> stat = stat_of(pid);
    if (!stat) continue;
    use.threads += stat->threads;
    use.resident_bytes += stat->resident_pages * page_bytes;
  }
  return use;
}

}  // namespace curlew::sandbox
