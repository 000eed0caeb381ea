#include "indexer/segment/mapped_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>

#include "indexer/source/files.h"

namespace curlew::indexer {
namespace {

// Of one process: some twenty segments a workspace, and old ones that readers still hold.
constexpr std::size_t kMappingsMax = 4096;
constexpr std::uintptr_t kTaken = 1;  // no page begins there

}  // namespace

// The handler runs in the midst of anything, so there are no locks.
struct MappedFile::Mapping {
  std::atomic<std::uintptr_t> begin{0};  // 0: free; kTaken: being filled in
  std::atomic<std::size_t> bytes{0};
  std::atomic<bool> lost{false};
};

struct MappedFile::Handler {
  static_assert(std::atomic<std::uintptr_t>::is_always_lock_free);
  static inline std::array<Mapping, kMappingsMax> mappings;
  static inline std::atomic<std::size_t> used{0};  // mappings beyond were never taken
  static inline struct sigaction previous {};
  static inline std::uintptr_t page_bytes = 0;

  static void install() {
    page_bytes = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    struct sigaction ours {};
    ours.sa_sigaction = run;
    ours.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
    sigemptyset(&ours.sa_mask);
    ::sigaction(SIGBUS, &ours, &previous);
  }

  // Null when there are too many.
  static Mapping* enter(std::string_view bytes) {
    for (std::size_t i = 0; i < kMappingsMax; ++i) {
      Mapping& mapping = mappings[i];
      std::uintptr_t free = 0;
      if (!mapping.begin.compare_exchange_strong(free, kTaken)) continue;
      for (std::size_t now = used; now <= i && !used.compare_exchange_weak(now, i + 1);) {
      }
      mapping.lost = false;
      mapping.bytes = bytes.size();
      mapping.begin = reinterpret_cast<std::uintptr_t>(bytes.data());
      return &mapping;
    }
    return nullptr;
  }

  static Mapping* mapping_at(std::uintptr_t address) {
    for (std::size_t i = 0, end = used; i < end; ++i) {
      const std::uintptr_t begin = mappings[i].begin;
      if (begin > kTaken && address - begin < mappings[i].bytes) return &mappings[i];
    }
    return nullptr;
  }

  static bool put_zeros_at(std::uintptr_t address) {
    void* page = reinterpret_cast<void*>(address & ~(page_bytes - 1));
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    return ::mmap(page, page_bytes, PROT_READ, flags, -1, 0) == page;
  }

  // Async-signal-safe: atomics and system calls only.
  static void run(int signal, siginfo_t* info, void* context) {
    const int saved = errno;
    const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
    Mapping* mapping = info->si_code > 0 ? mapping_at(address) : nullptr;  // else somebody's kill
    const bool goes_on = mapping && put_zeros_at(address);
    if (goes_on) mapping->lost = true;
    errno = saved;
    if (goes_on) return;
    if (previous.sa_flags & SA_SIGINFO) return previous.sa_sigaction(signal, info, context);
    if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN)
      return previous.sa_handler(signal);
    ::signal(signal, SIG_DFL);
    ::raise(signal);  // comes when this returns, and ends the process
  }
};

Expected<std::unique_ptr<MappedFile>> MappedFile::map(const std::filesystem::path& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat facts {};
  if (!fd || ::fstat(fd.get(), &facts) != 0)
    return fail(errno == ENOENT ? Errc::kNotFound : Errc::kIo, "{}: {}", path.string(),
                std::strerror(errno));
  const auto bytes = static_cast<std::size_t>(facts.st_size);
  if (bytes == 0) return fail(Errc::kCorrupt, "{}: empty", path.string());
  static std::once_flag installed;
  std::call_once(installed, Handler::install);
  void* mapped = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, fd.get(), 0);
  if (mapped == MAP_FAILED) return fail(Errc::kIo, "{}: {}", path.string(), std::strerror(errno));
  std::unique_ptr<MappedFile> file(new MappedFile({static_cast<const char*>(mapped), bytes}));
  file->mapping_ = Handler::enter(file->bytes_);
  if (!file->mapping_)
    return fail(Errc::kIo, "{}: more than {} files are mapped", path.string(), kMappingsMax);
  return file;
}

MappedFile::~MappedFile() {
  if (mapping_) mapping_->begin = 0;
  ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
}

bool MappedFile::lost() const {
  return mapping_->lost;
}

void MappedFile::give_back(std::string_view part) const {
  const std::uintptr_t inside = Handler::page_bytes - 1;  // of a page
  const std::uintptr_t begin = (reinterpret_cast<std::uintptr_t>(part.data()) + inside) & ~inside;
  const std::uintptr_t end = reinterpret_cast<std::uintptr_t>(part.data() + part.size()) & ~inside;
  // Read by others meanwhile, they come back from the file.
  if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

}  // namespace curlew::indexer
