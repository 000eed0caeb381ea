#include "lsp/protocol/transport.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>

namespace curlew::protocol {
namespace {

constexpr std::size_t kReadBytes = 64u << 10;
constexpr int kWritePollMs = 100;  // how soon a stalled writer notices that it must stop

// Writes without blocking for long: a socket is told not to wait; for pipes and terminals, which
// have no such flag, poll has promised room for PIPE_BUF bytes.
ssize_t write_some(int fd, std::string_view bytes) {
  const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent >= 0 || errno != ENOTSOCK) return sent;
  return ::write(fd, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
}

}  // namespace

Transport::Transport(int in_fd, int out_fd)
    : in_fd_(in_fd), out_fd_(out_fd), wake_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  writer_ = std::thread([this] { write_loop(); });
}

Transport::~Transport() {
  {
    std::unique_lock lock(mutex_);
    ended_ = true;
    changed_.notify_all();
    changed_.wait_for(lock, kFlushWaitMax, [this] { return queued_bytes_ == 0 || abandoned_; });
    abandoned_ = true;
    changed_.notify_all();
  }
  writer_.join();
  ::close(wake_fd_);
  ::close(in_fd_);
  if (out_fd_ != in_fd_) ::close(out_fd_);
}

void Transport::end_when_readable(int fd, std::string why) {
  watches_.push_back({fd, std::move(why)});
}

Incoming Transport::read() {
  std::array<char, kReadBytes> bytes;
  while (true) {
    if (std::optional<FrameEvent> event = frames_.next())
      return std::visit([](auto&& e) { return Incoming(std::move(e)); }, std::move(*event));
    if (std::string why = wait_readable(); !why.empty()) return End{std::move(why)};
    const ssize_t got = ::read(in_fd_, bytes.data(), bytes.size());
    if (got > 0)
      frames_.feed({bytes.data(), static_cast<std::size_t>(got)});
    else if (got == 0)
      return End{"end of input"};
    else if (errno != EINTR && errno != EAGAIN)
      return End{fmt::format("read: {}", std::strerror(errno))};
  }
}

std::string Transport::wait_readable() {
  std::vector<pollfd> polled{{in_fd_, POLLIN, 0}, {wake_fd_, POLLIN, 0}};
  for (const Watch& watch : watches_) polled.push_back({watch.fd, POLLIN, 0});
  while (::poll(polled.data(), polled.size(), -1) < 0)
    if (errno != EINTR) return fmt::format("poll: {}", std::strerror(errno));
  if (polled[1].revents != 0) {
    std::lock_guard lock(mutex_);
    return why_;
  }
  if (polled[0].revents != 0) return {};  // input first: what was sent before the end is served
  for (std::size_t watch_idx = 0; watch_idx < watches_.size(); ++watch_idx)
    if (polled[watch_idx + 2].revents != 0) return watches_[watch_idx].why;
  return {};
}

void Transport::send(std::string body) {
  std::string frame = make_frame(body);
  {
    std::lock_guard lock(mutex_);
    if (ended_) return;
    if (queued_bytes_ + frame.size() <= kQueuedBytesMax) {
      queued_bytes_ += frame.size();
      queue_.push_back(std::move(frame));
      changed_.notify_all();
      return;
    }
  }
  fail(fmt::format("the client left {} bytes unread", kQueuedBytesMax));
}

void Transport::close(std::string why) {
  {
    std::lock_guard lock(mutex_);
    if (why_.empty()) why_ = std::move(why);
  }
  const std::uint64_t one = 1;
  // An eventfd takes this unless its counter overflows, and then it is readable anyway.
  [[maybe_unused]] const ssize_t written = ::write(wake_fd_, &one, sizeof one);
}

void Transport::fail(std::string why) {
  {
    std::lock_guard lock(mutex_);
    ended_ = abandoned_ = true;
    queue_.clear();
    queued_bytes_ = 0;
    changed_.notify_all();
  }
  close(std::move(why));
}

void Transport::write_loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return !queue_.empty() || abandoned_; });
    if (abandoned_) return;
    const std::string frame = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    const bool written = write_all(frame);
    lock.lock();
    if (!written || abandoned_) return;
    queued_bytes_ -= frame.size();
    changed_.notify_all();
  }
}

bool Transport::write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    pollfd polled{out_fd_, POLLOUT, 0};
    const int ready = ::poll(&polled, 1, kWritePollMs);
    {
      std::lock_guard lock(mutex_);
      if (abandoned_) return false;
    }
    if (ready <= 0) continue;
    const ssize_t sent = write_some(out_fd_, bytes);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (sent < 0 && errno != EINTR && errno != EAGAIN) {
      fail(fmt::format("write: {}", std::strerror(errno)));
      return false;
    }
  }
  return true;
}

}  // namespace curlew::protocol
