// A whole file mapped read-only into memory. The bytes live as long as the object; copies of the
// pointer do not keep it alive. Immutable, so safe to read from any thread. A file that shrinks
// while mapped is the one thing no reader can survive (SIGBUS); model files are written once.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "model/error.h"

namespace curlew::model {

class MappedFile {
 public:
  static Expected<MappedFile> open(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return {data_, size_}; }

  // Lets go of the memory behind the whole pages of `part`, for bytes that will hardly be read
  // again: they come back from the file when they are. A part outside of the file is left alone.
  void drop_pages(std::span<const std::byte> part) const;

 private:
  MappedFile(const std::byte* data, std::size_t size) : data_(data), size_(size) {}
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace curlew::model
