#include "lsp/sandbox/supervise.h"

#include <poll.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <thread>

#include "lsp/sandbox/process_tree.h"

namespace curlew::sandbox {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLook{20};   // at the command's processes and their memory
constexpr std::chrono::milliseconds kGlance{2};  // at how many there are on the whole machine
constexpr int kSurgeFactor = 4;
constexpr std::chrono::seconds kEndMax{20};  // for the keeper to end what was started
constexpr std::size_t kTailShare = 2;        // of the output that is kept: a half is its end

// The first and the last of what comes.
class Output {
 public:
  explicit Output(std::size_t bytes_max)
      : head_max_(bytes_max / kTailShare), tail_max_(bytes_max - head_max_) {}

  void add(std::string_view text) {
    const std::size_t to_head = std::min(text.size(), head_max_ - head_.size());
    head_ += text.substr(0, to_head);
    tail_ += text.substr(to_head);
    if (tail_.size() > 2 * tail_max_) drop_middle();
  }
  void put_into(CommandResult& result) {
    if (tail_.size() > tail_max_) drop_middle();
    result.output_cut = left_out_ > 0;
    result.output = std::move(head_);
    if (left_out_ > 0) result.output += fmt::format("\n[... {} bytes left out ...]\n", left_out_);
    result.output += tail_;
  }

 private:
  void drop_middle() {
    left_out_ += tail_.size() - tail_max_;
    tail_.erase(0, tail_.size() - tail_max_);
  }
  const std::size_t head_max_, tail_max_;
  std::string head_, tail_;
  std::size_t left_out_ = 0;
};

class Watch {
 public:
  Watch(Child child, const Limits& limits)
      : child_(std::move(child)),
        limits_(limits),
        began_(Clock::now()),
        output_(limits.output_bytes) {}
  ~Watch() { end_all(); }

  Expected<CommandResult> run(const std::stop_token& stop) {
    CommandResult result;
    while (!has_ended()) {
      if (stop.stop_requested()) return fail(Errc::kCancelled, "the command was stopped");
      read_output(kGlance);
      result.end = reached_limit();
      if (result.end != CommandEnd::kExited) break;
    }
    end_all();
    // A signal to a whole group of processes may have ended the command before it was to be stopped.
    if (stop.stop_requested()) return fail(Errc::kCancelled, "the command was stopped");
    read_output({});
    output_.put_into(result);
    result.exit_code = WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
    result.seconds = std::chrono::duration<double>(Clock::now() - began_).count();
    return result;
  }

 private:
  bool has_ended() {
    if (!ended_) ended_ = ::waitpid(child_.pid, &status_, WNOHANG) == child_.pid;
    return ended_;
  }

  // What is there, having waited for some at most that long.
  void read_output(std::chrono::milliseconds wait) {
    pollfd waiting{child_.output.get(), POLLIN, 0};
    if (closed_) {
      std::this_thread::sleep_for(std::min(wait, std::chrono::milliseconds(2)));
      return;
    }
    if (::poll(&waiting, 1, static_cast<int>(wait.count())) <= 0) return;
    char buffer[1 << 16];
    // Not for ever: a command that never stops writing has its limits looked at, too.
    for (int reads = 0; reads < 64; ++reads) {
      const ssize_t n = ::read(child_.output.get(), buffer, sizeof buffer);
      if (n < 0 && errno == EINTR) continue;
      if (n == 0) closed_ = true;
      if (n <= 0) return;
      output_.add({buffer, static_cast<std::size_t>(n)});
    }
  }

  CommandEnd reached_limit() {
    const auto now = Clock::now();
    if (now - began_ > limits_.wall) return CommandEnd::kTimeLimit;
    // A fork bomb makes thousands between two looks, and each makes the next look slower: so many
    // new ones on the machine are taken for the command's without looking.
    const int surge = threads_of_machine() - threads_before_;
    if (surge > kSurgeFactor * limits_.processes) return CommandEnd::kProcessLimit;
    if (now < next_look_ && surge <= limits_.processes) return CommandEnd::kExited;
    const TreeUse use = use_of(descendants(child_.pid));
    next_look_ = Clock::now() + kLook;
    if (use.threads > limits_.processes) return CommandEnd::kProcessLimit;
    if (use.resident_bytes > limits_.memory_bytes) return CommandEnd::kMemoryLimit;
    return CommandEnd::kExited;
  }

  void end_all() {
    if (!has_ended()) ::kill(child_.pid, SIGTERM);
    for (const auto deadline = Clock::now() + kEndMax; !has_ended() && Clock::now() < deadline;)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (ended_) return;
    ::kill(child_.pid, SIGKILL);
    while (::waitpid(child_.pid, &status_, 0) < 0 && errno == EINTR) {
    }
    ended_ = true;
  }

  Child child_;
  const Limits& limits_;
  const Clock::time_point began_;
  Clock::time_point next_look_;
  const int threads_before_ = threads_of_machine();
  Output output_;
  int status_ = 0;
  bool ended_ = false, closed_ = false;
};

}  // namespace

Expected<CommandResult> supervise(Child child, const Limits& limits, std::stop_token stop) {
  return Watch(std::move(child), limits).run(stop);
}

}  // namespace curlew::sandbox
