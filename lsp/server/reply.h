// One request that waits for its answer, and the handle through which a handler gives it.
//
// Exactly one answer goes out for each request, whoever comes first: the handler, or whoever
// cancels. Cancelling answers at once, so nobody waits for work to notice; what the handler says
// afterwards is dropped. A handler that answers twice is our own mistake and asserts; one that
// never answers is noticed when its last handle dies, and the client is told kInternalError.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "lsp/server/error_code.h"

namespace curlew::server {

class PendingRequest {
 public:
  using Send = std::function<void(std::string message)>;

  PendingRequest(protocol::RequestId id, std::string method, Send send);
  ~PendingRequest();
  PendingRequest(const PendingRequest&) = delete;
  PendingRequest& operator=(const PendingRequest&) = delete;

  const protocol::RequestId& id() const { return id_; }
  const std::string& method() const { return method_; }
  std::stop_token stop_token() const { return stop_.get_token(); }
  bool is_answered() const { return outcome_ != Outcome::kOpen; }

  void answer(Expected<protocol::Json> result);               // the handler's; once
  void refuse(protocol::RpcCode code, std::string_view why);  // instead of a handler's; once
  void cancel(std::string_view why);  // any thread, any number of times; also stops the work

 private:
  enum class Outcome { kOpen, kCancelled, kAnswered };
  bool settle(Outcome outcome);
  void send_error(protocol::RpcCode code, std::string_view why);

  const protocol::RequestId id_;
  const std::string method_;
  const Send send_;
  const std::chrono::steady_clock::time_point arrived_;
  std::stop_source stop_;
  std::atomic<Outcome> outcome_ = Outcome::kOpen;
};

// A handler's handle, typed with what it may answer. Copies share the one answer.
template <class Result>
class Reply {
 public:
  explicit Reply(std::shared_ptr<PendingRequest> request) : request_(std::move(request)) {}

  void operator()(Expected<Result> result) const {
    if (result)
      request_->answer(protocol::Json(std::move(*result)));
    else
      request_->answer(std::move(result.error()).pass());
  }

 private:
  std::shared_ptr<PendingRequest> request_;
};

}  // namespace curlew::server
