#include "lsp/assist/edit/write_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <vector>

namespace curlew::assist {
namespace fs = std::filesystem;

namespace {

// A new text, written beside its file.
struct Staged {
  fs::path file, temporary;
  std::string before;
};

std::string read_file(const fs::path& path) {
  std::stringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

bool is_below(const fs::path& path, const fs::path& folder) {
  const auto [end, rest] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end();
}

// Where the file really is. kInvalidInput when it cannot or must not be written.
Expected<fs::path> writable_file(const fs::path& root, const std::string& path,
                                 const std::string& before) {
  std::error_code error;
  const fs::path real = fs::canonical(root / path, error);
  if (error || !fs::is_regular_file(real, error) || !is_below(real, root))
    return fail(Errc::kInvalidInput, "{}: no plain file in the workspace", path);
  struct stat info;
  if (::stat(real.c_str(), &info) != 0)
    return fail(Errc::kInvalidInput, "{}: {}", path, std::strerror(errno));
  if (info.st_nlink > 1)
    return fail(
        Errc::kInvalidInput,
        "{}: has {} names (hard links), and the others would keep the old text: not written", path,
        info.st_nlink);
  if (::access(real.c_str(), W_OK) != 0 || ::access(real.parent_path().c_str(), W_OK) != 0)
    return fail(Errc::kInvalidInput, "{}: may not be written: {}", path, std::strerror(errno));
  if (read_file(real) != before)
    return fail(Errc::kInvalidInput, "{}: has changed meanwhile; nothing was written", path);
  return real;
}

// Owner and group first: who changes them loses setuid and setgid. Where they cannot be kept these bits go.
bool take_after(int fd, const struct stat& info) {
  if (::fchown(fd, info.st_uid, info.st_gid) != 0) {
    // Not ours to give away: the group alone, if it is one of ours.
    if (::fchown(fd, static_cast<uid_t>(-1), info.st_gid) != 0 && errno != EPERM) return false;
  }
  struct stat now;
  if (::fstat(fd, &now) != 0) return false;
  mode_t mode = info.st_mode & 07777;
  if (now.st_uid != info.st_uid) mode &= ~static_cast<mode_t>(S_ISUID);
  if (now.st_gid != info.st_gid) mode &= ~static_cast<mode_t>(S_ISGID);
  return ::fchmod(fd, mode) == 0;
}

Status stage(Staged& staged, const std::string& text) {
  struct stat info;
  if (::stat(staged.file.c_str(), &info) != 0)
    return fail(Errc::kUnavailable, "{}: {}", staged.file.string(), std::strerror(errno));
  std::string name = staged.file.string() + ".curlew-XXXXXX";
  const int fd = ::mkstemp(name.data());
  if (fd < 0) return fail(Errc::kUnavailable, "{}: {}", name, std::strerror(errno));
  staged.temporary = name;
  bool good = true;
  for (std::size_t at = 0; good && at < text.size();) {
    const ssize_t n = ::write(fd, text.data() + at, text.size() - at);
    good = n > 0 || (n < 0 && errno == EINTR);
    if (n > 0) at += static_cast<std::size_t>(n);
  }
  good = good && take_after(fd, info) && ::fsync(fd) == 0;
  const int error = errno;
  ::close(fd);
  if (good) return {};
  return fail(Errc::kUnavailable, "{}: {}", staged.file.string(), std::strerror(error));
}

class Stage {
 public:
  ~Stage() {
    for (const Staged& file : files_)
      if (!file.temporary.empty()) ::unlink(file.temporary.c_str());
  }
  Status add(fs::path file, std::string before, const std::string& after) {
    files_.push_back({std::move(file), {}, std::move(before)});
    return stage(files_.back(), after);
  }
  // All; or, where one fails, those that went before are put back.
  Status commit() {
    for (std::size_t i = 0; i < files_.size(); ++i) {
      if (::rename(files_[i].temporary.c_str(), files_[i].file.c_str()) == 0) {
        files_[i].temporary.clear();
        continue;
      }
      const int error = errno;
      for (std::size_t j = 0; j < i; ++j) {
        Staged back{files_[j].file, {}, {}};
        if (stage(back, files_[j].before)) ::rename(back.temporary.c_str(), back.file.c_str());
      }
      return fail(Errc::kUnavailable, "{}: {}; nothing was changed", files_[i].file.string(),
                  std::strerror(error));
    }
    return {};
  }

 private:
  std::vector<Staged> files_;
};

}  // namespace

Status write_files(const fs::path& root, const std::map<std::string, std::string>& before,
                   const std::map<std::string, std::string>& after) {
  std::error_code error;
  const fs::path real_root = fs::canonical(root, error);
  if (error) return fail(Errc::kInvalidInput, "{}: {}", root.string(), error.message());
  Stage stage;
  for (const auto& [path, text] : after) {
    const auto old = before.find(path);
    if (old == before.end()) return fail(Errc::kInternal, "{}: what it was is not known", path);
    Expected<fs::path> file = writable_file(real_root, path, old->second);
    if (!file) return std::move(file.error()).pass();
    if (Status staged = stage.add(std::move(*file), old->second, text); !staged) return staged;
  }
  return stage.commit();
}

}  // namespace curlew::assist
