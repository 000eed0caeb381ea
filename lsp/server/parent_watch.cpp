#include "lsp/server/parent_watch.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <thread>

namespace curlew::server {
namespace {

constexpr auto kPollInterval = std::chrono::seconds(1);

bool is_gone(int process_id) {
  return ::kill(process_id, 0) != 0 && errno == ESRCH;
}

}  // namespace

// Looks once a second.
struct ParentWatch::Poller {
  Poller(int process_id, int event_fd)
      : thread([=](std::stop_token stop) {
          std::mutex mutex;
          std::condition_variable_any never;
          std::unique_lock lock(mutex);
          while (!is_gone(process_id)) {
            never.wait_for(lock, stop, kPollInterval, [] { return false; });
            if (stop.stop_requested()) return;
          }
          const std::uint64_t one = 1;
          // Cannot fail: nobody else writes, and the counter is far from full.
          [[maybe_unused]] const ssize_t written = ::write(event_fd, &one, sizeof one);
        }) {}
  std::jthread thread;
};

std::unique_ptr<ParentWatch> ParentWatch::start(int process_id) {
  if (process_id <= 0 || is_gone(process_id)) return nullptr;
  const auto pid_fd = static_cast<int>(::syscall(SYS_pidfd_open, process_id, 0));
  if (pid_fd >= 0) return std::unique_ptr<ParentWatch>(new ParentWatch(pid_fd, nullptr));
  const int event_fd = ::eventfd(0, EFD_CLOEXEC);
  if (event_fd < 0) return nullptr;
  return std::unique_ptr<ParentWatch>(
      new ParentWatch(event_fd, std::make_unique<Poller>(process_id, event_fd)));
}

ParentWatch::ParentWatch(int fd, std::unique_ptr<Poller> poller)
    : fd_(fd), poller_(std::move(poller)) {}

ParentWatch::~ParentWatch() {
  poller_.reset();  // before its descriptor goes
  ::close(fd_);
}

int ParentWatch::fd() const {
  return fd_;
}

}  // namespace curlew::server
