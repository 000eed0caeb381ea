#include "editors/cli/interruption.h"

#include <signal.h>
#include <unistd.h>

#include "editors/cli/report.h"

namespace curlew::cli {
namespace {

constexpr timespec kLook{0, 50'000'000};

const sigset_t& waited_for() {
  static const sigset_t set = [] {
    sigset_t made;
    sigemptyset(&made);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
      struct sigaction now {};
      if (::sigaction(signal, nullptr, &now) == 0 && now.sa_handler != SIG_IGN)
        sigaddset(&made, signal);
    }
    return made;
  }();
  return set;
}

}  // namespace

Interruption::Interruption() {
  ::pthread_sigmask(SIG_BLOCK, &waited_for(), nullptr);
  waiter_ = std::jthread([this](std::stop_token over) { wait(std::move(over)); });
}

Interruption::~Interruption() {
  waiter_.request_stop();
  waiter_.join();
  ::pthread_sigmask(SIG_UNBLOCK, &waited_for(), nullptr);
}

void Interruption::wait(std::stop_token over) {
  while (!over.stop_requested()) {
    const int signal = ::sigtimedwait(&waited_for(), nullptr, &kLook);
    if (signal <= 0) continue;
    if (signal_ != 0) ::_exit(128 + signal);
    signal_ = signal;
    if (stderr_is_terminal()) report_warning("stopping (once more ends it at once)");
    stop_.request_stop();
  }
}

int Interruption::report() const {
  report_error("stopped by a signal");
  return exit_code();
}

}  // namespace curlew::cli
