#include "indexer/store_state.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "indexer/private_files.h"
#include "indexer/source/files.h"

namespace curlew::indexer {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kExtension = ".segment";

tl::unexpected<Error> io_failure(const fs::path& path) {
  const bool full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
  return fail(Errc::kIo, "{}{}: {}", full ? "no space left for the index: " : "", path.string(),
              std::strerror(errno));
}

Status write_all(int fd, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return io_failure(path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace

DocumentPaths::DocumentPaths(const DocumentPaths& other)
    : slots_(other.slots_), live_documents_(other.live_documents_) {
  for (Slot& slot : slots_) slot.is_own = false;
}

const std::vector<std::string>& DocumentPaths::of(std::uint32_t document) const {
  static const std::vector<std::string> kNone;
  const std::uint32_t page = document / kPageDocuments;
  if (page >= slots_.size() || !slots_[page].page) return kNone;
  return (*slots_[page].page)[document % kPageDocuments];
}

std::vector<std::string>& DocumentPaths::own(std::uint32_t document) {
  const std::uint32_t page = document / kPageDocuments;
  if (page >= slots_.size()) slots_.resize(page + 1);
  Slot& slot = slots_[page];
  if (!slot.page)
    slot.page = std::make_shared<Page>(kPageDocuments);
  else if (!slot.is_own)
    slot.page = std::make_shared<Page>(*slot.page);
  slot.is_own = true;
  return (*slot.page)[document % kPageDocuments];
}

void DocumentPaths::add(std::uint32_t document, std::string path) {
  std::vector<std::string>& paths = own(document);
  if (paths.empty()) ++live_documents_;
  paths.insert(std::lower_bound(paths.begin(), paths.end(), path), std::move(path));
}

void DocumentPaths::remove(std::uint32_t document, std::string_view path) {
  std::vector<std::string>& paths = own(document);
  const bool was_live = !paths.empty();
  std::erase(paths, path);
  if (was_live && paths.empty()) --live_documents_;
}

const SegmentState* StoreState::segment(std::int64_t id) const {
  const auto found = std::lower_bound(
      segments.begin(), segments.end(), id,
      [](const SegmentState& state, std::int64_t wanted) { return state.id < wanted; });
  return found != segments.end() && found->id == id ? &*found : nullptr;
}

SegmentState* StoreState::segment(std::int64_t id) {
  return const_cast<SegmentState*>(std::as_const(*this).segment(id));
}

std::optional<StoreState::Found> StoreState::find(std::uint64_t hash,
                                                  std::string_view language) const {
  for (const SegmentState& state : segments) {
    if (!state.is_sound()) continue;
    for (const std::uint32_t number : state.segment->documents_with(hash)) {
      const std::optional<DocumentRecord> record = state.segment->document(number);
      if (record && state.segment->language(*record) == language) return Found{state.id, number};
    }
  }
  return std::nullopt;
}

fs::path SegmentFiles::path_of(std::uint64_t identity) const {
  return folder_ / fmt::format("{:016x}{}", identity, kExtension);
}

Segment::Ptr SegmentFiles::find(std::uint64_t identity) {
  std::lock_guard lock(mutex_);
  const auto found = known_.find(identity);
  const Segment::Ptr known = found == known_.end() ? nullptr : found->second.lock();
  return known && !known->damaged() ? known : nullptr;  // what is written anew has the same name
}

void SegmentFiles::keep(const Segment::Ptr& segment) {
  std::lock_guard lock(mutex_);
  std::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
  known_[segment->identity()] = segment;
  if (folder_.empty()) held_[segment->identity()] = segment;
}

Expected<Segment::Ptr> SegmentFiles::open(std::uint64_t identity) {
  if (Segment::Ptr known = find(identity)) return known;
  if (folder_.empty()) return fail(Errc::kNotFound, "segment {:016x} is gone", identity);
  Expected<Segment::Ptr> segment = Segment::map(path_of(identity));
  if (!segment) return segment;
  if ((*segment)->identity() != identity)
    return fail(Errc::kCorrupt, "{}: another segment's content", path_of(identity).string());
  keep(*segment);
  return segment;
}

Expected<Segment::Ptr> SegmentFiles::adopt(std::string bytes) {
  Expected<Segment::Ptr> segment = Segment::from_bytes(std::move(bytes));
  if (segment) keep(*segment);
  return segment;
}

Expected<Segment::Ptr> SegmentFiles::write(const Finish& finish) {
  if (!folder_.empty()) return write_file(finish);
  std::string bytes;
  const Expected<std::uint64_t> identity = finish([&](std::string_view part) -> Status {
    bytes += part;
    return {};
  });
  if (!identity) return tl::unexpected<Error>(identity.error());
  return adopt(std::move(bytes));
}

Status SegmentFiles::make_usable() const {
  std::error_code code;
  if (folder_.empty() || fs::symlink_status(folder_, code).type() == fs::file_type::not_found)
    return {};  // made when something is written
  if (!fs::is_directory(folder_, code) && ::unlink(folder_.c_str()) == 0) return {};
  make_private(folder_);
  if (::access(folder_.c_str(), R_OK | W_OK | X_OK) != 0) return io_failure(folder_);
  if (!fs::is_directory(folder_, code))
    return fail(Errc::kIo, "{}: no folder, and cannot be removed", folder_.string());
  return {};
}

Expected<Segment::Ptr> SegmentFiles::write_file(const Finish& finish) {
  static std::atomic<int> serial{0};
  if (Status usable = make_usable(); !usable) return std::move(usable.error()).pass();
  if (!make_private_folders(folder_)) return io_failure(folder_);
  const fs::path unfinished = folder_ / fmt::format("{}-{}.unfinished", ::getpid(), serial++);
  Fd fd(::open(unfinished.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600));
  if (!fd) return io_failure(unfinished);
  Expected<std::uint64_t> identity =
      finish([&](std::string_view part) { return write_all(fd.get(), part, unfinished); });
  if (identity && ::fsync(fd.get()) != 0) identity = io_failure(unfinished);
  if (identity && ::rename(unfinished.c_str(), path_of(*identity).c_str()) != 0)
    identity = io_failure(unfinished);
  if (!identity) {
    ::unlink(unfinished.c_str());
    return std::move(identity.error()).pass();
  }
  // The name must be on the disk before the database speaks of it.
  const Fd folder(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) != 0) return io_failure(folder_);
  return open(*identity);
}

void SegmentFiles::remove_all_but(const std::set<std::uint64_t>& identities) {
  if (folder_.empty()) {
    std::lock_guard lock(mutex_);
    std::erase_if(held_, [&](const auto& entry) { return !identities.contains(entry.first); });
    return;
  }
  std::set<std::string> kept;
  for (const std::uint64_t identity : identities) kept.insert(path_of(identity).filename());
  std::error_code code;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_, code)) {
    const std::string name = entry.path().filename();
    const bool ours = name.ends_with(kExtension) || name.ends_with(".unfinished");
    std::error_code ignored;
    if (ours && !kept.contains(name)) fs::remove(entry.path(), ignored);
  }
}

}  // namespace curlew::indexer
