#include "indexer/source/files.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

namespace curlew::indexer {
namespace {

constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
constexpr int kFileFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

}  // namespace

Fd open_folder(const std::filesystem::path& root, std::string_view path) {
  Fd folder(open(root.c_str(), kFolderFlags));
  while (folder && !path.empty()) {
    const std::string step(path.substr(0, path.find('/')));
    path.remove_prefix(std::min(path.size(), step.size() + 1));
    if (step == "..") {
      errno = EACCES;
      return {};
    }
    if (!step.empty()) folder = Fd(openat(folder.get(), step.c_str(), kFolderFlags | O_NOFOLLOW));
  }
  return folder;
}

SkipReason open_regular(int folder, const std::string& name, Fd& fd, struct stat& facts) {
  // Looked at before it is opened: opening a device or a FIFO can already have an effect.
  if (fstatat(folder, name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) {
    return SkipReason::kUnreadable;
  }
  if (!S_ISREG(facts.st_mode)) return SkipReason::kSpecial;
  fd = Fd(openat(folder, name.c_str(), kFileFlags));
  if (!fd) return errno == ELOOP ? SkipReason::kSpecial : SkipReason::kUnreadable;
  if (fstat(fd.get(), &facts) != 0) return SkipReason::kUnreadable;
  return S_ISREG(facts.st_mode) ? SkipReason::kNone : SkipReason::kSpecial;
}

bool read_up_to(const Fd& fd, std::size_t bytes_max, std::string& out) {
  constexpr std::size_t kStepBytes = 64u << 10;
  while (out.size() < bytes_max) {
    const std::size_t had = out.size();
    out.resize(std::min(bytes_max, had + kStepBytes));
    const ssize_t got = read(fd.get(), out.data() + had, out.size() - had);
    out.resize(had + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got == 0) return true;
    if (got < 0 && errno != EINTR) return false;
  }
  return true;
}

std::string read_small_file(int folder, const std::string& name, std::size_t bytes_max) {
  Fd fd;
  struct stat facts {};
  std::string text;
  if (open_regular(folder, name, fd, facts) != SkipReason::kNone) return {};
  return read_up_to(fd, bytes_max, text) ? text : std::string();
}

}  // namespace curlew::indexer
