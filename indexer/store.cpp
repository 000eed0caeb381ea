#include "indexer/store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "indexer/store_schema.h"

namespace curlew::indexer {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kIdleReadersMax = 8;
constexpr auto kLockPoll = std::chrono::milliseconds(50);

Expected<int> lock_file(const fs::path& store) {
  const fs::path path = store.string() + ".lock";
  const int fd = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0) return fail(Errc::kIo, "{}: {}", path.string(), std::strerror(errno));
  return fd;
}

Status wait_for_lock(int fd, std::stop_token stop) {
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR)
      return fail(Errc::kIo, "locking the index: {}", std::strerror(errno));
    if (stop.stop_requested())
      return fail(Errc::kCancelled, "stopped while another process updates the index");
    std::this_thread::sleep_for(kLockPoll);
  }
  return {};
}

// What is wrong with the file, or "" when it is a sound index of our version. "" for an empty one.
Expected<std::string> complaint_about(Database& database, bool is_new) {
  if (is_new) return std::string();
  Expected<std::int64_t> id = database.integer("PRAGMA application_id");
  if (!id) return std::move(id.error()).pass();
  if (*id != kApplicationId) return std::string("it is no index of Curlew");
  Expected<std::int64_t> version = database.integer("PRAGMA user_version");
  if (!version) return std::move(version.error()).pass();
  if (*version != kFormatVersion)
    return fmt::format("format {}, this version reads {}", *version, kFormatVersion);
  Expected<std::string> check = database.text("PRAGMA quick_check(1)");
  if (!check) return std::move(check.error()).pass();
  return *check == "ok" ? std::string() : *check;
}

Status create_schema(Database& database) {
  const std::string script =
      fmt::format("BEGIN IMMEDIATE;{}PRAGMA application_id={};PRAGMA user_version={};COMMIT;",
                  kSchema, kApplicationId, kFormatVersion);
  Status created = database.script(script.c_str());
  if (!created) (void)database.script("ROLLBACK");
  return created;
}

void move_aside(const fs::path& path) {
  std::error_code ignored;
  fs::rename(path, path.string() + ".broken", ignored);
  fs::remove(path.string() + "-wal", ignored);
  fs::remove(path.string() + "-shm", ignored);
}

// Leaves a sound file of our version at `path`; the caller holds the lock. Returns what had to be
// rebuilt and why, or "".
Expected<std::string> make_sound(const fs::path& path) {
  std::string complaint;
  for (int attempt = 0; attempt < 2; ++attempt) {
    std::error_code ignored;
    const bool is_new = !fs::exists(path, ignored) || fs::file_size(path, ignored) == 0;
    Expected<Database> database = Database::open(path.string(), Database::Mode::kWrite);
    if (!database) return std::move(database.error()).pass();
    Expected<std::string> found = complaint_about(*database, is_new);
    if (!found && found.error().kind() != Errc::kCorrupt) return std::move(found.error()).pass();
    const std::string now = found ? *found : found.error().message();
    if (now.empty()) {
      if (is_new) {
        if (Status created = create_schema(*database); !created)
          return std::move(created.error()).during("creating the index");
      }
      return complaint;
    }
    complaint = now;
    move_aside(path);
  }
  return fail(Errc::kCorrupt, "{}: still damaged after it was rebuilt: {}", path.string(),
              complaint);
}

}  // namespace

Expected<std::unique_ptr<Store>> Store::open(const fs::path& path, bool in_memory) {
  if (in_memory) return open_memory("");
  std::error_code code;
  fs::create_directories(path.parent_path(), code);
  if (code && !fs::is_directory(path.parent_path()))
    return open_memory(fmt::format("{}: {}", path.parent_path().string(), code.message()));
  Expected<std::unique_ptr<Store>> store = open_file(path);
  if (!store && store.error().kind() == Errc::kIo) return open_memory(store.error().message());
  return store;
}

Expected<std::unique_ptr<Store>> Store::open_file(const fs::path& path) {
  Expected<int> fd = lock_file(path);
  if (!fd) return std::move(fd.error()).pass();
  Expected<std::string> rebuilt;
  Expected<StoreWriter> writer = fail(Errc::kInternal, "not opened");
  if (Status locked = wait_for_lock(*fd, {}); !locked) {
    rebuilt = std::move(locked.error()).pass();
  } else {
    rebuilt = make_sound(path);
    if (rebuilt) writer = StoreWriter::open(path.string());
  }
  ::close(*fd);  // and with it the lock
  if (!rebuilt) return std::move(rebuilt.error()).pass();
  if (!writer) return std::move(writer.error()).pass();

  std::unique_ptr<Store> store(new Store);
  store->path_ = path;
  store->name_ = path.string();
  store->writer_ = std::make_unique<StoreWriter>(std::move(*writer));
  if (!rebuilt->empty())
    store->notes_.push_back(fmt::format("the index was unreadable ({}): rebuilt", *rebuilt));
  return store;
}

Expected<std::unique_ptr<Store>> Store::open_memory(std::string note) {
  static std::atomic<int> serial{0};
  std::unique_ptr<Store> store(new Store);
  store->in_memory_ = true;
  store->name_ = fmt::format("file:/curlew-{}-{}?vfs=memdb", ::getpid(), serial++);
  Expected<StoreWriter> writer = StoreWriter::open(store->name_);
  if (!writer) return std::move(writer.error()).during("index in memory");
  if (Status created = create_schema(writer->database()); !created)
    return std::move(created.error()).during("index in memory");
  store->writer_ = std::make_unique<StoreWriter>(std::move(*writer));
  if (!note.empty()) store->notes_.push_back(fmt::format("the index is kept in memory: {}", note));
  return store;
}

Expected<Store::Lease> Store::reader() {
  int generation;
  {
    std::lock_guard lock(mutex_);
    generation = generation_;
    if (!idle_.empty()) {
      std::unique_ptr<StoreReader> reader = std::move(idle_.back());
      idle_.pop_back();
      return Lease(*this, std::move(reader), generation);
    }
  }
  Expected<StoreReader> reader = StoreReader::open(name_);
  if (!reader) return std::move(reader.error()).during("reading the index");
  return Lease(*this, std::make_unique<StoreReader>(std::move(*reader)), generation);
}

Store::Lease::~Lease() {
  if (!reader_) return;  // moved from
  reader_->end_snapshot();
  std::lock_guard lock(store_->mutex_);
  if (generation_ != store_->generation_ || store_->idle_.size() >= kIdleReadersMax) return;
  store_->idle_.push_back(std::move(reader_));
}

Status Store::rebuild(const std::string& why) {
  if (in_memory_) return fail(Errc::kInternal, "the index in memory is damaged: {}", why);
  move_aside(path_);
  Expected<std::string> sound = make_sound(path_);
  if (!sound) return std::move(sound.error()).pass();
  Expected<StoreWriter> writer = StoreWriter::open(name_);
  if (!writer) return std::move(writer.error()).pass();
  *writer_ = std::move(*writer);
  std::lock_guard lock(mutex_);
  ++generation_;
  idle_.clear();
  notes_.push_back(fmt::format("the index was unreadable ({}): rebuilt", why));
  return {};
}

Expected<std::unique_ptr<Store::UpdateLock>> Store::lock_updates(std::stop_token stop) {
  std::unique_lock<std::mutex> held(update_mutex_, std::defer_lock);
  while (!held.try_lock()) {
    if (stop.stop_requested())
      return fail(Errc::kCancelled, "stopped while another thread updates the index");
    std::this_thread::sleep_for(kLockPoll / 10);
  }
  int fd = -1;
  if (!in_memory_) {
    Expected<int> opened = lock_file(path_);
    if (!opened) return std::move(opened.error()).pass();
    fd = *opened;
    if (Status locked = wait_for_lock(fd, stop); !locked) {
      ::close(fd);
      return std::move(locked.error()).pass();
    }
  }
  writer_->forget();  // another process may have written since
  return std::unique_ptr<UpdateLock>(new UpdateLock(*this, std::move(held), fd));
}

Store::UpdateLock::~UpdateLock() {
  store_->writer_->rollback();
  if (lock_fd_ >= 0) ::close(lock_fd_);
}

std::vector<std::string> Store::notes() const {
  std::lock_guard lock(mutex_);
  return notes_;
}

}  // namespace curlew::indexer
