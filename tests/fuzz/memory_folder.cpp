#include "tests/fuzz/memory_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "tests/fuzz/fuzz_target.h"

namespace curlew::fuzz {

namespace fs = std::filesystem;

MemoryFolder::MemoryFolder(std::string_view name) {
  const fs::path memory = "/dev/shm";
  const fs::path root = fs::is_directory(memory) ? memory : fs::temp_directory_path();
  path_ = root / ("curlew_" + std::string(name) + "_" + std::to_string(::getpid()));
  fs::create_directories(path_);
}

MemoryFolder::~MemoryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void MemoryFolder::write(const char* file, std::string_view text) const {
  const int fd = ::open((path_ / file).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const ssize_t written = fd < 0 ? -1 : ::write(fd, text.data(), text.size());
  promise(written == static_cast<ssize_t>(text.size()), "a small file can be written");
  ::close(fd);
}

void MemoryFolder::remove(const char* file) const {
  ::unlink((path_ / file).c_str());
}

}  // namespace curlew::fuzz
