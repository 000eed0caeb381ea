// Reading files of the workspace without being led astray: no link is followed, no FIFO is waited
// for, no device is read.
#pragma once

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>

#include "indexer/source/walk.h"

namespace curlew::indexer {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() {
    if (fd_ >= 0) close(fd_);
  }

  explicit operator bool() const { return fd_ >= 0; }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};
using FolderHandle = std::unique_ptr<DIR, CloseFolder>;

// A folder, step by step: none of the steps may be a link. "" is `root` itself, which may be one.
// Without a handle errno says why.
Fd open_folder(const std::filesystem::path& root, std::string_view path);

// A regular file in the folder `folder`; kSpecial or kUnreadable when it is none or cannot be
// opened.
SkipReason open_regular(int folder, const std::string& name, Fd& fd, struct stat& facts);

// At most bytes_max bytes from where `fd` stands. False on an error of the disk.
bool read_up_to(const Fd& fd, std::size_t bytes_max, std::string& out);

// The text of a small file, "" where there is none that may be read.
std::string read_small_file(int folder, const std::string& name, std::size_t bytes_max);

}  // namespace curlew::indexer
