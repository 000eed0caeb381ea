// A folder for readers that take nothing else: in memory where the system has such a place, one for
// each process, removed when it ends.
#pragma once

#include <filesystem>
#include <string_view>

namespace curlew::fuzz {

class MemoryFolder {
 public:
  explicit MemoryFolder(std::string_view name);
  ~MemoryFolder();
  MemoryFolder(const MemoryFolder&) = delete;
  MemoryFolder& operator=(const MemoryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  void write(const char* file, std::string_view text) const;
  void remove(const char* file) const;

 private:
  std::filesystem::path path_;
};

}  // namespace curlew::fuzz
