#include "indexer/watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <set>

#include "indexer/source/files.h"

namespace curlew::indexer {
namespace fs = std::filesystem;
namespace {

using Clock = std::chrono::steady_clock;

// A change counts when the writer closes the file: half a text is not worth a parse. Times set
// afterwards (IN_ATTRIB: archives, "touch") change nothing that the content hash does not see.
constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM |
                                  IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR |
                                  IN_DONT_FOLLOW;
constexpr std::size_t kReadBytes = 64u << 10;  // some 2,000 events
constexpr std::size_t kPathsMax = 2000;        // more are an update of the whole index

std::string_view folder_part(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == path.npos ? std::string_view() : path.substr(0, slash);
}

// The folders that hold files of the index, and those above them; "" is the root.
Expected<std::set<std::string>> folders_to_watch(const WatchOptions& options) {
  Expected<WalkResult> walked = walk(options.root, options.limits);
  if (!walked) return std::move(walked.error()).pass();
  std::set<std::string> folders{""};
  for (const WalkedFile& file : walked->files) {
    for (std::string_view folder = folder_part(file.path); !folder.empty();
         folder = folder_part(folder)) {
      if (!folders.emplace(folder).second) break;  // and so are those above
    }
  }
  return folders;
}

// Files that say which others are indexed.
bool has_rules(std::string_view name) {
  return name == ".gitignore" || name == ".curlewignore";
}

}  // namespace

// The watched folders by the numbers that the system gives them.
class Watcher::Folders {
 public:
  Status open() {
    inotify_ = Fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (!inotify_) return fail(Errc::kIo, "watching files: {}", std::strerror(errno));
    wake_ = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake_) return fail(Errc::kIo, "watching files: {}", std::strerror(errno));
    return {};
  }

  // Watches what is not yet watched and is now walked.
  Status watch(const WatchOptions& options) {
    Expected<std::set<std::string>> wanted = folders_to_watch(options);
    if (!wanted) return std::move(wanted.error()).pass();
    std::lock_guard lock(mutex_);
    note_.clear();
    for (const std::string& folder : *wanted) {
      if (paths_.contains(folder)) continue;
      const bool is_full = static_cast<int>(numbers_.size()) >= options.folders_max;
      const int number =
          is_full ? -1
                  : ::inotify_add_watch(inotify_.get(), (options.root / folder).c_str(), kEvents);
      if (number >= 0) {
        numbers_[number] = folder;
        paths_.insert(folder);
      } else if (is_full || errno == ENOSPC || errno == ENOMEM) {
        note_ = fmt::format(
            "{} of {} folders are watched ({}): changes elsewhere are seen at the next update",
            numbers_.size(), wanted->size(), is_full ? "our limit" : "fs.inotify.max_user_watches");
        break;
      }  // else it went away in the meantime, or may not be read
    }
    return {};
  }

  // Waits for events, at most so long; false when it was woken up to end.
  bool wait(std::chrono::milliseconds most) {
    pollfd ready[] = {{inotify_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
    const int timeout = most.count() < 0 ? -1 : static_cast<int>(most.count());
    (void)::poll(ready, 2, timeout);
    return (ready[1].revents & POLLIN) == 0;
  }
  void wake() {
    const std::uint64_t one = 1;
    (void)!::write(wake_.get(), &one, sizeof one);
  }

  // Takes what has come. True when there was anything that matters.
  bool read(std::set<std::string>& paths, bool& all) {
    alignas(inotify_event) char bytes[kReadBytes];
    bool any = false;
    for (;;) {
      const ssize_t got = ::read(inotify_.get(), bytes, sizeof bytes);
      if (got <= 0) return any;
      for (ssize_t at = 0; at + static_cast<ssize_t>(sizeof(inotify_event)) <= got;) {
        const auto* event = reinterpret_cast<const inotify_event*>(bytes + at);
        any |= take(*event, paths, all);
        at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      }
    }
  }

  std::string note() const {
    std::lock_guard lock(mutex_);
    return note_;
  }
  int size() const {
    std::lock_guard lock(mutex_);
    return static_cast<int>(numbers_.size());
  }

 private:
  bool take(const inotify_event& event, std::set<std::string>& paths, bool& all) {
    std::lock_guard lock(mutex_);
    if (event.mask & IN_Q_OVERFLOW) return all = true;
    const auto folder = numbers_.find(event.wd);
    if (folder == numbers_.end()) return false;
    if (event.mask & (IN_IGNORED | IN_MOVE_SELF)) {
      // Gone, or elsewhere: its name no longer leads there.
      if (event.mask & IN_MOVE_SELF) ::inotify_rm_watch(inotify_.get(), event.wd);
      paths_.erase(folder->second);
      numbers_.erase(folder);
      return all = true;
    }
    if (event.len == 0) return false;  // of the folder itself; IN_IGNORED follows
    const std::string_view name = event.name;
    if (name == ".git") return false;
    if ((event.mask & IN_ISDIR) || has_rules(name)) return all = true;
    // IN_CREATE too, though most new files are closed soon: a hard link never is.
    paths.insert(folder->second.empty() ? std::string(name)
                                        : folder->second + "/" + std::string(name));
    return true;
  }

  Fd inotify_, wake_;
  mutable std::mutex mutex_;  // guards what follows
  std::map<int, std::string> numbers_;
  std::set<std::string> paths_;
  std::string note_;
};

Watcher::Watcher() : folders_(std::make_unique<Folders>()) {}

Expected<std::unique_ptr<Watcher>> Watcher::start(WatchOptions options, Callback on_changes) {
  std::unique_ptr<Watcher> watcher(new Watcher);
  watcher->options_ = std::move(options);
  watcher->on_changes_ = std::move(on_changes);
  if (Status opened = watcher->folders_->open(); !opened) return std::move(opened.error()).pass();
  if (Status watched = watcher->folders_->watch(watcher->options_); !watched)
    return std::move(watched.error()).during("watching files");
  watcher->thread_ =
      std::jthread([raw = watcher.get()](const std::stop_token& stop) { raw->run(stop); });
  return watcher;
}

Watcher::~Watcher() {
  thread_.request_stop();
  folders_->wake();
}

std::string Watcher::note() const {
  return folders_->note();
}

int Watcher::folders() const {
  return folders_->size();
}

void Watcher::run(std::stop_token stop) {
  constexpr std::chrono::milliseconds kForever{-1};
  while (!stop.stop_requested()) {
    std::set<std::string> paths;
    bool all = false;
    if (!folders_->wait(kForever)) return;
    const Clock::time_point first = Clock::now();
    // Until a moment passes without one.
    bool quiet = !folders_->read(paths, all) && paths.empty() && !all;
    if (quiet) continue;
    while (!quiet && Clock::now() - first < options_.collect_max) {
      const Clock::time_point before = Clock::now();
      if (!folders_->wait(options_.settle)) return;
      quiet = !folders_->read(paths, all) && Clock::now() - before >= options_.settle;
    }
    if (paths.size() > kPathsMax) all = true;
    // New folders are watched before they are looked at, so that nothing falls between.
    if (all) (void)folders_->watch(options_);
    WatchChanges changes{.all = all};
    if (!all) changes.paths.assign(paths.begin(), paths.end());
    on_changes_(changes);
  }
}

}  // namespace curlew::indexer
