#include "indexer/update.h"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "indexer/prepare.h"

namespace curlew::indexer {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kBatchFiles = 256;
constexpr std::uint64_t kBatchBytes = 16u << 20;
constexpr std::uint64_t kQueuedBytesMax = 32u << 20;  // of source text, parsed but not written
constexpr auto kProgressEvery = std::chrono::milliseconds(50);

using KnownFiles = std::unordered_map<std::string, FileRow>;

// A file on its way from a parser thread to the writer.
struct Prepared {
  const WalkedFile* walked = nullptr;
  const FileRow* known = nullptr;
  PreparedFile file;
};

int thread_count(int asked) {
  if (asked > 0) return asked;
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  return std::clamp(cores - 2, 1, 8);
}

// Between the parser threads and the writer. Bounded in bytes; one item always fits.
class PreparedQueue {
 public:
  // False when nobody will take it any more.
  bool push(Prepared item) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return closed_ || bytes_ < kQueuedBytesMax; });
    if (closed_) return false;
    bytes_ += item.walked->size;
    items_.push_back(std::move(item));
    lock.unlock();
    filled_.notify_one();
    return true;
  }
  Prepared pop() {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [&] { return !items_.empty(); });
    Prepared item = std::move(items_.front());
    items_.pop_front();
    bytes_ -= item.walked->size;
    lock.unlock();
    room_.notify_one();
    return item;
  }
  void close() {
    std::lock_guard lock(mutex_);
    closed_ = true;
    room_.notify_all();
  }

 private:
  std::mutex mutex_;  // guards what follows
  std::condition_variable room_, filled_;
  std::deque<Prepared> items_;
  std::uint64_t bytes_ = 0;
  bool closed_ = false;
};

// The parser threads of one update. Every job ends up in the queue exactly once, unless the queue
// is closed first; the destructor closes it and joins.
class ParserThreads {
 public:
  ParserThreads(const IndexOptions& options, const std::vector<Prepared>& jobs,
                PreparedQueue& queue)
      : options_(options), jobs_(jobs), queue_(queue) {
    const int count = std::min<int>(thread_count(options.threads), static_cast<int>(jobs.size()));
    for (int i = 0; i < count; ++i) threads_.emplace_back([this] { work(); });
  }
  ~ParserThreads() {
    queue_.close();
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  void work() {
    Parser parser;
    for (std::size_t i = next_++; i < jobs_.size(); i = next_++) {
      Prepared job{jobs_[i].walked, jobs_[i].known, {}};
      job.file = prepare_file(parser, options_, *job.walked, job.known);
      if (!queue_.push(std::move(job))) return;
    }
  }

  const IndexOptions& options_;
  const std::vector<Prepared>& jobs_;
  PreparedQueue& queue_;
  std::atomic<std::size_t> next_{0};
  std::vector<std::thread> threads_;
};

class ProgressTeller {
 public:
  ProgressTeller(const ProgressCallback& callback, int total)
      : callback_(callback), total_(total) {}

  void tell(int done, std::string_view path) {
    const bool is_edge = last_ == Clock::time_point() || done == total_;
    if (!callback_ || (!is_edge && Clock::now() - last_ < kProgressEvery)) return;
    last_ = Clock::now();
    callback_({done, total_, path});
  }

 private:
  const ProgressCallback& callback_;
  const int total_;
  Clock::time_point last_;
};

// Commits every few hundred files, so that readers see progress and a crash loses little.
class Batch {
 public:
  explicit Batch(StoreWriter& writer) : writer_(writer) {}

  Status write(const Prepared& item) {
    if (files_ == 0) {
      if (Status begun = writer_.begin(); !begun) return begun;
    }
    Status written = item.file.unchanged ? writer_.touch(item.known->id, item.file.walked)
                                         : writer_.put(item.file);
    return counted(std::move(written), item.walked->size);
  }
  Status remove(std::int64_t id) {
    if (files_ == 0) {
      if (Status begun = writer_.begin(); !begun) return begun;
    }
    return counted(writer_.remove(id), 0);
  }
  Status flush() {
    if (files_ == 0) return {};
    files_ = 0;
    bytes_ = 0;
    Status committed = writer_.commit();
    if (!committed) writer_.rollback();
    return committed;
  }

 private:
  Status counted(Status written, std::uint64_t bytes) {
    if (!written) {
      files_ = 0;
      writer_.rollback();
      return written;
    }
    ++files_;
    bytes_ += bytes;
    return files_ >= kBatchFiles || bytes_ >= kBatchBytes ? flush() : Status();
  }

  StoreWriter& writer_;
  int files_ = 0;
  std::uint64_t bytes_ = 0;
};

Expected<KnownFiles> known_files(Store& store) {
  Expected<Store::Lease> reader = store.reader();
  if (!reader) return std::move(reader.error()).pass();
  KnownFiles known;
  Status read = (*reader)->files([&](FileRow row) {
    std::string path = row.path;
    known.emplace(std::move(path), std::move(row));
  });
  if (!read) return std::move(read.error()).pass();
  return known;
}

// The same for some paths only. The reader is given back before anything is written.
Expected<KnownFiles> known_files(Store& store, const std::vector<std::string>& paths) {
  Expected<Store::Lease> reader = store.reader();
  if (!reader) return std::move(reader.error()).pass();
  KnownFiles known;
  for (const std::string& path : paths) {
    Expected<std::optional<FileRow>> row = (*reader)->file(path);
    if (!row) return std::move(row.error()).pass();
    if (*row) known.emplace(path, std::move(**row));
  }
  return known;
}

Status compact(StoreWriter& writer) {
  if (Status begun = writer.begin(); !begun) return begun;
  Expected<bool> emptied = writer.compact();
  if (!emptied) {
    writer.rollback();
    return std::move(emptied.error()).pass();
  }
  return writer.commit();
}

bool is_unchanged(const WalkedFile& walked, const FileRow* known) {
  return known && known->size == walked.size && known->mtime_ns == walked.mtime_ns;
}

}  // namespace

Expected<UpdateReport> update_all(Store& store, StoreWriter& writer, const IndexOptions& options,
                                  const ProgressCallback& progress, std::stop_token stop) {
  Expected<WalkResult> walked = walk(options.root, options.limits, stop);
  if (!walked) return std::move(walked.error()).pass();
  if (Status done = compact(writer); !done) return std::move(done.error()).pass();
  Expected<KnownFiles> known = known_files(store);
  if (!known) return std::move(known.error()).pass();

  UpdateReport report{.notes = std::move(walked->warnings)};
  for (const auto& [reason, count] : walked->skipped)
    report.walk_skipped[std::string(skip_reason_name(reason))] += count;

  std::vector<Prepared> jobs;
  std::unordered_set<std::string_view> present;
  for (const WalkedFile& file : walked->files) {
    present.insert(file.path);
    auto row = known->find(file.path);
    const FileRow* before = row == known->end() ? nullptr : &row->second;
    if (!is_unchanged(file, before)) jobs.push_back({&file, before, {}});
  }

  Batch batch(writer);
  for (const auto& [path, row] : *known) {
    if (present.contains(path)) continue;
    if (Status removed = batch.remove(row.id); !removed) return std::move(removed.error()).pass();
    ++report.removed;
  }

  const int total = static_cast<int>(walked->files.size());
  int done = total - static_cast<int>(jobs.size());
  ProgressTeller teller(progress, total);
  teller.tell(done, "");
  PreparedQueue queue;
  ParserThreads threads(options, jobs, queue);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (stop.stop_requested()) {
      if (Status kept = batch.flush(); !kept) return std::move(kept.error()).pass();
      return fail(Errc::kCancelled, "stopped after {} of {} files", done, total);
    }
    const Prepared item = queue.pop();
    if (Status written = batch.write(item); !written)
      return std::move(written.error()).during(item.walked->path);
    if (!item.file.unchanged && item.file.skip == SkipReason::kNone) ++report.indexed;
    teller.tell(++done, item.walked->path);
  }
  if (Status kept = batch.flush(); !kept) return std::move(kept.error()).pass();
  return report;
}

Status update_some(Store& store, StoreWriter& writer, const IndexOptions& options,
                   const std::vector<std::string>& paths) {
  Expected<KnownFiles> known = known_files(store, paths);
  if (!known) return std::move(known.error()).pass();
  Parser parser;
  Batch batch(writer);
  for (const std::string& path : paths) {
    auto row = known->find(path);
    const FileRow* before = row == known->end() ? nullptr : &row->second;
    struct stat info;
    const bool wanted = ::lstat((options.root / path).c_str(), &info) == 0 &&
                        S_ISREG(info.st_mode) &&
                        skip_reason(options.root, path, options.limits) == SkipReason::kNone;
    Status done;
    if (wanted) {
      const WalkedFile walked{path, static_cast<std::uint64_t>(info.st_size),
                              info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec};
      done = batch.write({&walked, before, prepare_file(parser, options, walked, before)});
    } else if (before) {
      done = batch.remove(before->id);
    }
    if (!done) return std::move(done.error()).during(path);
  }
  return batch.flush();
}

}  // namespace curlew::indexer
