// The client's side of a language server in a child process: what `curlew demo` drives itself with.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lsp/assist/error.h"
#include "lsp/protocol/json.h"
#include "lsp/protocol/transport.h"

namespace curlew::cli {

// Not thread-safe: one thread asks and waits. The child is ended by shutdown(), at the latest by
// the destructor.
class LspClient {
 public:
  using Json = protocol::Json;
  using OnNotification = std::function<void(const std::string& method, const Json& params)>;

  static assist::Expected<std::unique_ptr<LspClient>> start(
      const std::vector<std::string>& command);
  ~LspClient();

  // Sends a request and handles what comes until its answer is there. The server's own requests are
  // answered with null. Errors: the server's error reply, or its end.
  assist::Expected<Json> request(const std::string& method, Json params);
  void notify(const std::string& method, Json params);
  void on_notification(OnNotification handler) { on_notification_ = std::move(handler); }
  void shutdown();

 private:
  LspClient(pid_t child, int in_fd, int out_fd) : child_(child), transport_(in_fd, out_fd) {}

  pid_t child_;
  protocol::Transport transport_;
  OnNotification on_notification_;
  std::int64_t next_id_ = 1;
};

}  // namespace curlew::cli
