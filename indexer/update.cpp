#include "indexer/update.h"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <climits>
#include <condition_variable>
#include <deque>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "indexer/prepare.h"

namespace curlew::indexer {
namespace {

using Clock = std::chrono::steady_clock;

// A commit makes a segment: small ones first, so that there soon is something to find, then ever
// larger ones, so that there are few.
constexpr std::uint64_t kFirstCommitBytes = 256u << 10;  // of text
constexpr std::uint64_t kCommitGrowth = 4;
constexpr std::uint64_t kCommitBytesMax = 256u << 20;
constexpr std::size_t kCommitFiles = 50'000;          // also those whose content was known
constexpr std::uint64_t kQueuedBytesMax = 32u << 20;  // of source text, parsed but not written
constexpr std::size_t kOpenFilesMax = 32;             // that others are near to
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
  ParserThreads(const IndexOptions& options, const std::vector<Prepared>& jobs, StatePtr state,
                PreparedQueue& queue)
      : options_(options), jobs_(jobs), state_(std::move(state)), queue_(queue) {
    const int count = std::min<int>(thread_count(options.threads), static_cast<int>(jobs.size()));
    for (int i = 0; i < count; ++i) threads_.emplace_back([this] { work(); });
  }
  ~ParserThreads() {
    queue_.close();
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  void work() {
    FilePreparer preparer(options_, state_);
    for (std::size_t i = next_++; i < jobs_.size(); i = next_++) {
      Prepared job{jobs_[i].walked, jobs_[i].known, {}};
      job.file = preparer.prepare(*job.walked, job.known);
      if (!queue_.push(std::move(job))) return;
    }
  }

  const IndexOptions& options_;
  const std::vector<Prepared>& jobs_;
  const StatePtr state_;
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

// Commits when enough has come together.
class Batches {
 public:
  explicit Batches(StoreWriter& writer) : writer_(writer) {}

  Status write(PreparedFile file) {
    writer_.put(std::move(file));
    const bool enough =
        writer_.pending_text_bytes() >= commit_bytes_ || writer_.pending_files() >= kCommitFiles;
    if (!enough) return {};
    commit_bytes_ = std::min(commit_bytes_ * kCommitGrowth, kCommitBytesMax);
    return writer_.commit();
  }

 private:
  StoreWriter& writer_;
  std::uint64_t commit_bytes_ = kFirstCommitBytes;
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

bool is_unchanged(const WalkedFile& walked, const FileRow* known) {
  return known && known->size == walked.size && known->mtime_ns == walked.mtime_ns;
}

// What has to be looked at, and what is to be forgotten.
struct Plan {
  std::vector<Prepared> jobs;
  std::vector<std::string> gone;
};

// Steps from the folder of one file to that of the other, up and down.
int steps_between(std::string_view a, std::string_view b) {
  const auto folders = [](std::string_view path) {
    return std::count(path.begin(), path.end(), '/');
  };
  const std::size_t shorter = std::min(a.size(), b.size());
  const auto differs = std::mismatch(a.begin(), a.begin() + shorter, b.begin()).first;
  const auto common = std::count(a.begin(), differs, '/');
  return static_cast<int>(folders(a) + folders(b) - 2 * common);
}

// Files near what is open are read first; else, and among equally near ones, as they were walked.
void put_near_first(std::vector<Prepared>& jobs, const std::vector<std::string>& open) {
  if (open.empty()) return;
  std::vector<std::pair<int, Prepared>> keyed;
  keyed.reserve(jobs.size());
  for (Prepared& job : jobs) {
    int nearest = INT_MAX;
    for (std::size_t i = 0; i < std::min(open.size(), kOpenFilesMax); ++i)
      nearest = std::min(nearest, steps_between(job.walked->path, open[i]));
    keyed.emplace_back(nearest, std::move(job));
  }
  std::stable_sort(keyed.begin(), keyed.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (std::size_t i = 0; i < jobs.size(); ++i) jobs[i] = std::move(keyed[i].second);
}

Plan plan_for(const WalkResult& walked, const KnownFiles& known) {
  Plan plan;
  std::unordered_set<std::string_view> present;
  for (const WalkedFile& file : walked.files) {
    present.insert(file.path);
    const auto row = known.find(file.path);
    const FileRow* before = row == known.end() ? nullptr : &row->second;
    if (!is_unchanged(file, before)) plan.jobs.push_back({&file, before, {}});
  }
  for (const auto& [path, row] : known) {
    if (!present.contains(path)) plan.gone.push_back(path);
  }
  return plan;
}

}  // namespace

Expected<UpdateReport> update_all(Store& store, StoreWriter& writer, const IndexOptions& options,
                                  const std::vector<std::string>& open,
                                  const ProgressCallback& progress, std::stop_token stop) {
  Expected<WalkResult> walked = walk(options.root, options.limits, stop);
  if (!walked) return std::move(walked.error()).pass();
  if (Status done = writer.tidy(); !done) return std::move(done.error()).pass();
  Expected<KnownFiles> known = known_files(store);
  if (!known) return std::move(known.error()).pass();
  Expected<StatePtr> state = store.state();
  if (!state) return std::move(state.error()).pass();

  UpdateReport report{.notes = std::move(walked->warnings)};
  for (const auto& [reason, count] : walked->skipped)
    report.walk_skipped[std::string(skip_reason_name(reason))] += count;
  Plan plan = plan_for(*walked, *known);
  put_near_first(plan.jobs, open);
  for (const std::string& path : plan.gone) writer.remove(path);
  report.removed = static_cast<int>(plan.gone.size());

  const int total = static_cast<int>(walked->files.size());
  int done = total - static_cast<int>(plan.jobs.size());
  ProgressTeller teller(progress, total);
  teller.tell(done, "");
  Batches batches(writer);
  PreparedQueue queue;
  ParserThreads threads(options, plan.jobs, std::move(*state), queue);
  for (std::size_t i = 0; i < plan.jobs.size(); ++i) {
    if (stop.stop_requested()) {
      if (Status kept = writer.commit(); !kept) return std::move(kept.error()).pass();
      return fail(Errc::kCancelled, "stopped after {} of {} files", done, total);
    }
    Prepared item = queue.pop();
    const bool is_parsed =
        !item.file.unchanged && !item.file.known && item.file.skip == SkipReason::kNone;
    report.indexed += is_parsed;
    if (Status written = batches.write(std::move(item.file)); !written)
      return std::move(written.error()).during(item.walked->path);
    teller.tell(++done, item.walked->path);
  }
  if (Status kept = writer.commit(); !kept) return std::move(kept.error()).pass();
  if (Status filled = writer.set_filled(); !filled) return std::move(filled.error()).pass();
  if (Status merged = writer.merge(StoreWriter::Merge::kAll, stop); !merged)
    return std::move(merged.error()).pass();
  return report;
}

Status update_some(Store& store, StoreWriter& writer, const IndexOptions& options,
                   const std::vector<std::string>& paths) {
  Expected<KnownFiles> known = known_files(store, paths);
  if (!known) return std::move(known.error()).pass();
  Expected<StatePtr> state = store.state();
  if (!state) return std::move(state.error()).pass();
  FilePreparer preparer(options, std::move(*state));
  for (const std::string& path : paths) {
    auto row = known->find(path);
    const FileRow* before = row == known->end() ? nullptr : &row->second;
    struct stat info;
    const bool wanted = ::lstat((options.root / path).c_str(), &info) == 0 &&
                        S_ISREG(info.st_mode) &&
                        skip_reason(options.root, path, options.limits) == SkipReason::kNone;
    if (wanted) {
      const WalkedFile walked{path, static_cast<std::uint64_t>(info.st_size),
                              info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec};
      writer.put(preparer.prepare(walked, before));
    } else if (before) {
      writer.remove(path);
    }
  }
  if (Status kept = writer.commit(); !kept) return kept;
  return writer.merge(StoreWriter::Merge::kYoung, {});
}

}  // namespace curlew::indexer
