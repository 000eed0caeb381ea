#include "indexer/private_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "indexer/source/files.h"

namespace curlew::indexer {
namespace fs = std::filesystem;
namespace {

constexpr mode_t kOthers = S_IRWXG | S_IRWXO;

}  // namespace

bool make_private_folders(const fs::path& folder) {
  if (::mkdir(folder.c_str(), S_IRWXU) == 0) return true;
  if (errno == ENOENT && folder.has_relative_path() && folder.parent_path() != folder) {
    if (!make_private_folders(folder.parent_path())) return false;
    if (::mkdir(folder.c_str(), S_IRWXU) == 0) return true;
  }
  const int why = errno;
  struct stat facts {};
  const bool is_there = ::stat(folder.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode);
  errno = why == EEXIST ? ENOTDIR : why;
  return is_there;
}

void make_private_file(const fs::path& path) {
  const Fd fd(::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, S_IRUSR | S_IWUSR));
}

void make_private(const fs::path& path) {
  struct stat facts {};
  if (::lstat(path.c_str(), &facts) != 0 || facts.st_uid != ::geteuid()) return;
  if ((facts.st_mode & kOthers) == 0 || !(S_ISREG(facts.st_mode) || S_ISDIR(facts.st_mode))) return;
  (void)::chmod(path.c_str(), facts.st_mode & 07777 & ~kOthers);
}

}  // namespace curlew::indexer
