#include "lsp/sandbox/tree_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <memory>
#include <vector>

namespace curlew::sandbox {
namespace {

constexpr int kDepthMax = 128;  // of folders below one another; each holds descriptors
constexpr int kFolderFlags = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

std::string reason() {
  return std::strerror(errno);
}

std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    parts.emplace_back(path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return parts;
}

struct Parent {
  Descriptor folder;
  std::string name;
};

// The folder that holds the file, each step a real folder.
Expected<Parent> open_parent(const Descriptor& root, const std::string& path, bool make) {
  if (Status checked = check_relative(path); !checked) return std::move(checked.error()).pass();
  const std::vector<std::string> parts = parts_of(path);
  Descriptor at(::openat(root.get(), ".", kFolderFlags));
  for (std::size_t i = 0; at && i + 1 < parts.size(); ++i) {
    const char* part = parts[i].c_str();
    if (make && ::mkdirat(at.get(), part, 0755) != 0 && errno != EEXIST)
      return fail(Errc::kIo, "{}: {}: {}", path, part, reason());
    Descriptor next(::openat(at.get(), part, kFolderFlags));
    at = std::move(next);
  }
  if (at) return Parent{std::move(at), parts.back()};
  if (errno == ENOENT) return fail(Errc::kNotFound, "{}: no such file", path);
  return fail(Errc::kInvalidInput, "{}: leads through what is no folder ({})", path, reason());
}

using Folder = std::unique_ptr<DIR, int (*)(DIR*)>;

Folder list(int folder) {
  const int again = ::openat(folder, ".", kFolderFlags);
  return {again < 0 ? nullptr : ::fdopendir(again), &::closedir};
}

bool is_dots(const char* name) {
  return std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0;
}

void empty_folder(int folder, int depth) {
  ::fchmod(folder, 0700);
  const Folder entries = list(folder);
  if (!entries) return;
  while (const dirent* entry = ::readdir(entries.get())) {
    if (is_dots(entry->d_name)) continue;
    if (::unlinkat(folder, entry->d_name, 0) == 0 || depth > kDepthMax) continue;
    ::fchmodat(folder, entry->d_name, 0700, 0);  // no link: unlinking has failed
    const Descriptor below(::openat(folder, entry->d_name, kFolderFlags));
    if (below) empty_folder(below.get(), depth + 1);
    ::unlinkat(folder, entry->d_name, AT_REMOVEDIR);
  }
}

class Copier {
 public:
  Copier(const CopyLimits& limits, bool is_layer) : left_(limits), is_layer_(is_layer) {}

  Status copy_folder(int from, int to, const std::string& path, int depth) {
    if (depth > kDepthMax) return fail(Errc::kInvalidInput, "{}: nested too deeply", path);
    const Folder entries = list(from);
    if (!entries) return {};  // not to be read: not to be had
    while (const dirent* entry = ::readdir(entries.get())) {
      if (is_dots(entry->d_name)) continue;
      if (Status done = copy(from, to, entry->d_name, path, depth); !done) return done;
    }
    return {};
  }

 private:
  Status copy(int from, int to, const char* name, const std::string& path, int depth) {
    struct stat info;
    if (::fstatat(from, name, &info, AT_SYMLINK_NOFOLLOW) != 0) return {};
    const std::string here = path + "/" + name;
    if (--left_.files < 0) return fail(Errc::kInvalidInput, "{}: too many files to copy", here);
    if (S_ISDIR(info.st_mode)) {
      const Descriptor source(::openat(from, name, kFolderFlags));
      if (!source) return {};
      if (::mkdirat(to, name, 0700) != 0) return fail(Errc::kIo, "{}: {}", here, reason());
      const Descriptor made(::openat(to, name, kFolderFlags));
      if (!made) return fail(Errc::kIo, "{}: {}", here, reason());
      if (Status done = copy_folder(source.get(), made.get(), here, depth + 1); !done) return done;
      if (is_layer_ && ::fgetxattr(source.get(), kOpaque, nullptr, 0) > 0 &&
          ::fsetxattr(made.get(), kOpaque, "y", 1, 0) != 0)
        return fail(Errc::kIo, "{}: {}", here, reason());
      ::fchmod(made.get(), info.st_mode & 0777);
      set_times(made.get(), info);
    } else if (S_ISREG(info.st_mode)) {
      return copy_file(from, to, name, info, here);
    } else if (S_ISLNK(info.st_mode)) {
      copy_link(from, to, name);
    } else if (is_layer_ && S_ISCHR(info.st_mode) && info.st_rdev == 0) {
      if (::mknodat(to, name, S_IFCHR, 0) != 0) return fail(Errc::kIo, "{}: {}", here, reason());
    }
    return {};  // sockets, pipes and devices stay behind
  }

  Status copy_file(int from, int to, const char* name, const struct stat& info,
                   const std::string& here) {
    left_.bytes -= info.st_size;
    if (left_.bytes < 0) return fail(Errc::kInvalidInput, "{}: too much to copy", here);
    const Descriptor source(::openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!source) return {};
    const Descriptor made(::openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!made) return fail(Errc::kIo, "{}: {}", here, reason());
    if (::ioctl(made.get(), FICLONE, source.get()) != 0) {
      for (off_t left = info.st_size; left > 0;) {
        const ssize_t n = ::copy_file_range(source.get(), nullptr, made.get(), nullptr,
                                            static_cast<std::size_t>(left), 0);
        if (n < 0) return fail(Errc::kIo, "{}: {}", here, reason());
        if (n == 0) break;
        left -= n;
      }
    }
    ::fchmod(made.get(), info.st_mode & 0777);
    set_times(made.get(), info);
    return {};
  }

  static void copy_link(int from, int to, const char* name) {
    char target[4096];
    const ssize_t size = ::readlinkat(from, name, target, sizeof target - 1);
    if (size <= 0) return;
    target[size] = '\0';
    if (::symlinkat(target, to, name) != 0) return;  // the copy goes without it
  }

  static void set_times(int fd, const struct stat& info) {
    const timespec times[] = {info.st_atim, info.st_mtim};
    ::futimens(fd, times);
  }

  static constexpr const char* kOpaque = "user.overlay.opaque";

  CopyLimits left_;
  const bool is_layer_;
};

Status copy(const std::string& from, const std::string& to, const CopyLimits& limits,
            bool is_layer) {
  Expected<Descriptor> source = open_folder(from);
  if (!source) return std::move(source.error()).pass();
  Expected<Descriptor> made = open_folder(to);
  if (!made) return std::move(made.error()).pass();
  return Copier(limits, is_layer).copy_folder(source->get(), made->get(), from, 0);
}

Status write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return fail(Errc::kIo, "{}", reason());
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

}  // namespace

Status check_relative(std::string_view path) {
  bool good = !path.empty() && path.find('\0') == path.npos;
  for (const std::string& part : parts_of(path))
    good &= !part.empty() && part != "." && part != "..";
  if (good && path.back() != '/') return {};
  return fail(Errc::kInvalidInput, "\"{}\": expected a path inside the workspace", path);
}

Expected<Descriptor> open_folder(const std::string& path) {
  Descriptor folder(::open(path.c_str(), O_DIRECTORY | O_CLOEXEC));
  if (!folder) return fail(Errc::kIo, "{}: {}", path, reason());
  return folder;
}

Expected<std::string> read_below(const Descriptor& folder, const std::string& path) {
  Expected<Parent> parent = open_parent(folder, path, false);
  if (!parent) return std::move(parent.error()).pass();
  const Descriptor file(::openat(parent->folder.get(), parent->name.c_str(),
                                 O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file) {
    if (errno == ENOENT) return fail(Errc::kNotFound, "{}: no such file", path);
    return fail(Errc::kInvalidInput, "{}: {}", path, reason());
  }
  struct stat info;
  if (::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode))
    return fail(Errc::kInvalidInput, "{}: no plain file", path);
  std::string text;
  char buffer[1 << 16];
  for (;;) {
    const ssize_t n = ::read(file.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(Errc::kIo, "{}: {}", path, reason());
    if (n == 0) return text;
    text.append(buffer, static_cast<std::size_t>(n));
    if (text.size() > kFileBytesReadMax)
      return fail(Errc::kInvalidInput, "{}: more than {} bytes", path, kFileBytesReadMax);
  }
}

Status write_below(const Descriptor& folder, const std::string& path, std::string_view text,
                   unsigned mode) {
  Expected<Parent> parent = open_parent(folder, path, true);
  if (!parent) return std::move(parent.error()).pass();
  const int at = parent->folder.get();
  const std::string part = parent->name.substr(0, 200) + ".curlew-part";
  ::unlinkat(at, part.c_str(), 0);
  const Descriptor file(
      ::openat(at, part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return fail(Errc::kIo, "{}: {}", path, reason());
  Status written = write_all(file.get(), text);
  // File systems stamp by a clock that ticks slowly: what was built a moment ago must be older.
  timespec now[2] = {{0, UTIME_OMIT}, {}};
  ::clock_gettime(CLOCK_REALTIME, &now[1]);
  ::futimens(file.get(), now);
  if (written && (::fchmod(file.get(), mode & 0777) != 0 ||
                  ::renameat(at, part.c_str(), at, parent->name.c_str()) != 0))
    written = fail(Errc::kIo, "{}", reason());
  if (written) return {};
  ::unlinkat(at, part.c_str(), 0);
  return std::move(written.error()).during(path);
}

unsigned mode_below(const Descriptor& folder, const std::string& path, unsigned otherwise) {
  Expected<Parent> parent = open_parent(folder, path, false);
  struct stat info;
  if (!parent ||
      ::fstatat(parent->folder.get(), parent->name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0 ||
      !S_ISREG(info.st_mode))
    return otherwise;
  return info.st_mode & 0777;
}

void remove_tree(const std::string& path) {
  const Descriptor folder(::open(path.c_str(), kFolderFlags));
  if (folder) empty_folder(folder.get(), 0);
  ::rmdir(path.c_str());
}

Status copy_tree(const std::string& from, const std::string& to, const CopyLimits& limits) {
  return copy(from, to, limits, /*is_layer=*/false);
}

Status copy_layer(const std::string& from, const std::string& to, const CopyLimits& limits) {
  return copy(from, to, limits, /*is_layer=*/true);
}

}  // namespace curlew::sandbox
