// The server of one process on standard input and output.
#include <signal.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "lsp/server/session.h"

namespace curlew::server {
namespace {

// stdout belongs to the protocol. The transport gets a descriptor of its own, and whatever else
// writes to standard output by mistake, a library's greeting say, ends up in the log.
int take_stdout() {
  const int out_fd = ::dup(STDOUT_FILENO);
  ::dup2(STDERR_FILENO, STDOUT_FILENO);
  return out_fd;
}

}  // namespace

int serve_stdio(const ServeOptions& options) {
  ::signal(SIGPIPE, SIG_IGN);  // a client that left is an error of write(), not our end
  const int out_fd = take_stdout();
  const int in_fd = ::dup(STDIN_FILENO);
  spdlog::set_default_logger(spdlog::stderr_logger_mt("curlew"));
  if (in_fd < 0 || out_fd < 0) {
    spdlog::error("standard input or output is closed");
    return 1;
  }
  Services services;
  protocol::Transport transport(in_fd, out_fd);
  Session session(services, transport,
                  {.command_line = options.command_line,
                   .command_line_keys = options.command_line_keys,
                   .parent_pid = options.parent_pid});
  return session.run();
}

}  // namespace curlew::server
