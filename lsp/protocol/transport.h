// One connection: frames in and out over two file descriptors.
//
// One thread reads. Any thread sends: frames go into a bounded queue that a writer thread of the
// transport's own empties, so that a client that stops reading blocks nobody; when its queue is
// full the connection is given up. After the end (end of input, a write error, a full queue,
// `close`, or a watched descriptor) `read` returns End and `send` drops what it gets.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "lsp/protocol/framing.h"

namespace curlew::protocol {

constexpr std::size_t kQueuedBytesMax = 64u << 20;               // unsent; more: the client is gone
constexpr auto kFlushWaitMax = std::chrono::milliseconds(2000);  // for the last replies, at the end

struct End {
  std::string why;
};
using Incoming = std::variant<Frame, BadFrame, End>;

class Transport {
 public:
  // Takes over both descriptors (they may be the same) and closes them at its end.
  Transport(int in_fd, int out_fd);
  ~Transport();  // waits for what is queued, at most kFlushWaitMax
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  Incoming read();              // blocks; one thread only
  void send(std::string body);  // never blocks
  void close(std::string why);  // any thread: ends the reading

  // Ends the connection when `fd` becomes readable (a pidfd of the parent). Not taken over; must
  // outlive the transport. Call from the reading thread.
  void end_when_readable(int fd, std::string why);

 private:
  struct Watch {
    int fd;
    std::string why;
  };

  std::string wait_readable();  // "" when there is input, else why it ended
  void write_loop();
  bool write_all(std::string_view bytes);
  void fail(std::string why);

  const int in_fd_, out_fd_;
  int wake_fd_ = -1;  // an eventfd: readable once the connection has ended
  FrameReader frames_;
  std::vector<Watch> watches_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> queue_;  // mutex_
  std::size_t queued_bytes_ = 0;   // mutex_: of queue_ and of the frame being written
  bool ended_ = false;             // mutex_: no more reading or sending
  bool abandoned_ = false;         // mutex_: the writer must stop now
  std::string why_;                // mutex_
  std::thread writer_;
};

}  // namespace curlew::protocol
