#include "indexer/store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "indexer/private_files.h"
#include "indexer/source/files.h"
#include "indexer/store_schema.h"

namespace curlew::indexer {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kIdleReadersMax = 8;
constexpr std::size_t kStatesMax = 4;  // of one store: readers may be a commit or two behind
constexpr auto kLockPoll = std::chrono::milliseconds(50);

FileIdentity identity_of(const fs::path& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return {};
  return {facts.st_dev, facts.st_ino};
}

fs::path lock_beside(const fs::path& store) {
  return store.string() + ".lock";
}

Expected<int> lock_file(const fs::path& store) {
  const fs::path path = lock_beside(store);
  (void)make_private_folders(path.parent_path());  // opening says what is wrong
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

// The lock file, locked. Where somebody deleted it while it was waited for, the lock of the deleted
// one keeps nobody out, so it is tried again.
Expected<int> locked_file(const fs::path& store, const std::stop_token& stop) {
  for (;;) {
    Expected<int> opened = lock_file(store);
    if (!opened) return opened;
    Fd fd(*opened);
    if (Status locked = wait_for_lock(fd.get(), stop); !locked)
      return std::move(locked.error()).pass();
    struct stat facts {};
    const bool is_known = ::fstat(fd.get(), &facts) == 0;
    if (!is_known || identity_of(lock_beside(store)) == FileIdentity{facts.st_dev, facts.st_ino})
      return fd.release();
  }
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

// Whether another process has got so far that the file can be read.
bool is_made(const fs::path& path) {
  if (std::error_code ignored; !fs::exists(path, ignored)) return false;
  Expected<Database> database = Database::open(path.string(), Database::Mode::kRead);
  if (!database) return false;
  Expected<std::int64_t> version = database->integer("PRAGMA user_version");
  return version && *version == kFormatVersion;
}

// A log that outlived its database would be played into the next one.
void remove_log(const fs::path& path) {
  std::error_code ignored;
  fs::remove(path.string() + "-wal", ignored);
  fs::remove(path.string() + "-shm", ignored);
}

void move_aside(const fs::path& path) {
  std::error_code ignored;
  fs::rename(path, path.string() + ".broken", ignored);
  remove_log(path);
}

fs::path segments_beside(const fs::path& store) {
  return store.string() + ".segments";
}

// Leaves a sound file of our version at `path`; the caller holds the lock. Returns what had to be
// rebuilt and why, or "". The check reads the whole file, which is small: the rows of files.
Expected<std::string> make_sound(const fs::path& path) {
  std::string complaint;
  for (int attempt = 0; attempt < 2; ++attempt) {
    std::error_code ignored;
    const bool is_missing = !fs::exists(path, ignored);
    const bool is_new = is_missing || fs::file_size(path, ignored) == 0;
    if (is_missing) {
      remove_log(path);
      make_private_file(path);  // SQLite gives its log and its shared memory the file's rights
    }
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

Expected<std::unique_ptr<Store>> Store::open(const fs::path& path, bool in_memory,
                                             const fs::path& root) {
  if (in_memory) return open_memory("", root);
  if (!make_private_folders(path.parent_path()))
    return open_memory(fmt::format("{}: {}", path.parent_path().string(), std::strerror(errno)),
                       root);
  Expected<std::unique_ptr<Store>> store = open_file(path, root);
  if (!store && store.error().kind() == Errc::kIo)
    return open_memory(store.error().message(), root);
  return store;
}

Expected<std::unique_ptr<Store>> Store::open_file(const fs::path& path, const fs::path& root) {
  Expected<int> opened = lock_file(path);
  if (!opened) return std::move(opened.error()).pass();
  const Fd lock(*opened);  // held until this returns
  for (const char* part : {"", "-wal", "-shm", ".lock", ".broken"})
    make_private(path.string() + part);  // earlier versions left them to the umask
  std::string rebuilt;
  // Who holds the lock has checked the file, and has made it if the table is there.
  const bool free = ::flock(lock.get(), LOCK_EX | LOCK_NB) == 0;
  if (!free && !is_made(path)) {
    if (Status locked = wait_for_lock(lock.get(), {}); !locked)
      return std::move(locked.error()).pass();
  }
  if (free || !is_made(path)) {
    Expected<std::string> sound = make_sound(path);
    if (!sound) return std::move(sound.error()).pass();
    rebuilt = std::move(*sound);
  }
  std::unique_ptr<Store> store(new Store);
  store->root_ = root;
  store->path_ = path;
  store->name_ = path.string();
  store->files_ = std::make_unique<SegmentFiles>(segments_beside(path));
  if (Status usable = store->files_->make_usable(); !usable)
    return std::move(usable.error()).pass();
  if (Status settled = store->settle(); !settled) return std::move(settled.error()).pass();
  if (free) {
    if (Status cleaned = store->remove_leftovers(store->writer_->database()); !cleaned)
      return std::move(cleaned.error()).pass();
  }
  if (!rebuilt.empty())
    store->notes_.push_back(fmt::format("the index was unreadable ({}): rebuilt", rebuilt));
  return store;
}

Expected<std::unique_ptr<Store>> Store::open_memory(std::string note, const fs::path& root) {
  static std::atomic<int> serial{0};
  std::unique_ptr<Store> store(new Store);
  store->root_ = root;
  store->in_memory_ = true;
  store->name_ = fmt::format("file:/curlew-{}-{}?vfs=memdb", ::getpid(), serial++);
  store->files_ = std::make_unique<SegmentFiles>(fs::path());
  // The database lives as long as some connection to it: the schema is made by one that the
  // writer's follows.
  Expected<Database> first = Database::open(store->name_, Database::Mode::kWrite);
  if (!first) return std::move(first.error()).during("index in memory");
  if (Status created = create_schema(*first); !created)
    return std::move(created.error()).during("index in memory");
  if (Status settled = store->settle(); !settled)
    return std::move(settled.error()).during("index in memory");
  if (!note.empty()) store->notes_.push_back(fmt::format("the index is kept in memory: {}", note));
  return store;
}

Status Store::settle() {
  writer_opened_ = in_memory_ ? FileIdentity() : identity_of(path_);
  Expected<StoreWriter> writer = StoreWriter::open(*this);
  if (!writer) return std::move(writer.error()).pass();
  if (Status settled = writer->settle(); !settled) return settled;
  writer_ = std::make_unique<StoreWriter>(std::move(*writer));
  std::lock_guard lock(mutex_);
  opened_ = writer_opened_;
  return {};
}

Expected<std::int64_t> Store::tree_in(Database& database) const {
  if (root_.empty()) return database.integer("SELECT min(id) FROM trees");
  return database.integer("SELECT id FROM trees WHERE root = ?", {{root_.native(), true}});
}

bool Store::is_replaced() const {
  if (in_memory_) return false;
  const FileIdentity now = identity_of(path_);
  std::lock_guard lock(mutex_);
  return now != FileIdentity() && now != opened_;
}

bool Store::is_in_place() const {
  const FileIdentity now = identity_of(path_);
  std::lock_guard lock(mutex_);
  return now != FileIdentity() && now == opened_;
}

void Store::follow() {
  std::lock_guard lock(mutex_);
  opened_ = identity_of(path_);
  ++generation_;
  idle_.clear();
  states_.clear();
  damaged_.clear();
  unhealed_.clear();
}

Expected<Store::Lease> Store::reader() {
  if (is_replaced() && is_made(path_)) follow();
  int generation;
  std::unique_ptr<StoreReader> idle;
  {
    std::lock_guard lock(mutex_);
    generation = generation_;
    if (!idle_.empty()) {
      idle = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (idle) return Lease(*this, std::move(idle), generation);
  Expected<StoreReader> reader = StoreReader::open(*this);
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
  follow();
  if (Status settled = settle(); !settled) return settled;
  std::lock_guard lock(mutex_);
  notes_.push_back(fmt::format("the index was unreadable ({}): rebuilt", why));
  return {};
}

// A connection to a file that is no longer the index must not write: its list of segments would
// say that those of the new one are leftovers.
Status Store::settle_again() {
  if (in_memory_) return writer_->settle();
  if (identity_of(path_) == writer_opened_) return writer_->settle();
  if (Expected<std::string> sound = make_sound(path_); !sound)
    return std::move(sound.error()).pass();
  follow();
  return settle();
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
    Expected<int> locked = locked_file(path_, stop);
    if (!locked) return std::move(locked.error()).pass();
    fd = *locked;
  }
  std::unique_ptr<UpdateLock> lock(new UpdateLock(*this, std::move(held), fd));
  if (Status settled = settle_again(); !settled) return std::move(settled.error()).pass();
  return lock;
}

Store::UpdateLock::~UpdateLock() {
  store_->writer_->rollback();
  if (lock_fd_ >= 0) ::close(lock_fd_);
}

std::vector<std::string> Store::notes() const {
  std::lock_guard lock(mutex_);
  return notes_;
}

Expected<StatePtr> Store::state() {
  Expected<Lease> reader = this->reader();
  if (!reader) return std::move(reader.error()).pass();
  if (!(*reader)->begun_) return std::move((*reader)->begun_.error()).pass();
  return (*reader)->state_;
}

void Store::keep(StatePtr state) {
  std::lock_guard lock(mutex_);
  states_.push_back(std::move(state));
  if (states_.size() > kStatesMax) states_.erase(states_.begin());
}

void Store::forget(std::uint64_t generation) {
  std::lock_guard lock(mutex_);
  std::erase_if(states_, [&](const StatePtr& state) { return state->generation == generation; });
}

// The caller holds the update lock, so nobody has written a segment that is not yet listed.
Status Store::remove_leftovers(Database& database) {
  std::set<std::uint64_t> kept;
  Status read = database.query("SELECT identity FROM segments", {}, [&](const SqlRow& row) {
    kept.insert(static_cast<std::uint64_t>(row.integer(0)));
    return Database::Next::kMore;
  });
  if (!read) return read;
  files_->remove_all_but(kept);
  return {};
}

}  // namespace curlew::indexer
