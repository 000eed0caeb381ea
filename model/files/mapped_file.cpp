#include "model/files/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

namespace curlew::model {
namespace {

tl::unexpected<Error> system_failure(const std::filesystem::path& path, const char* what,
                                     int code) {
  const Errc kind = code == ENOENT   ? Errc::kNotFound
                    : code == ENOMEM ? Errc::kOutOfMemory
                                     : Errc::kIo;
  return fail(kind, "{}: {}: {}", path.string(), what, std::strerror(code));
}

// Closes a descriptor at the end of the scope; the mapping outlives it.
struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

}  // namespace

Expected<MappedFile> MappedFile::open(const std::filesystem::path& path) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd < 0) return system_failure(path, "cannot open", errno);
  struct stat info {};
  if (::fstat(file.fd, &info) != 0) return system_failure(path, "cannot stat", errno);
  if (!S_ISREG(info.st_mode)) return fail(Errc::kIo, "{}: not a regular file", path.string());
  const auto size = static_cast<std::size_t>(info.st_size);
  if (size == 0) return MappedFile(nullptr, 0);  // mmap refuses an empty range
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.fd, 0);
  if (data == MAP_FAILED) return system_failure(path, "cannot map", errno);
  return MappedFile(static_cast<const std::byte*>(data), size);
}

void MappedFile::drop_pages(std::span<const std::byte> part) const {
  const auto address = [](const std::byte* p) { return reinterpret_cast<std::uintptr_t>(p); };
  const std::uintptr_t begin = address(part.data()), end = begin + part.size();
  if (part.empty() || begin < address(data_) || end > address(data_) + size_) return;
  const auto page_bytes = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const std::uintptr_t first = (begin + page_bytes - 1) / page_bytes * page_bytes;
  const std::uintptr_t last = end / page_bytes * page_bytes;
  // A wish: where it fails the pages stay, and nothing else changes.
  if (first < last) ::madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

}  // namespace curlew::model
