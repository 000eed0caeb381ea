#include "lsp/server/reply.h"

#include <spdlog/spdlog.h>

#include <cassert>

namespace curlew::server {

using protocol::Json;
using protocol::RpcCode;

PendingRequest::PendingRequest(protocol::RequestId id, std::string method, Send send)
    : id_(std::move(id)),
      method_(std::move(method)),
      send_(std::move(send)),
      arrived_(std::chrono::steady_clock::now()) {}

PendingRequest::~PendingRequest() {
  if (!settle(Outcome::kAnswered)) return;
  send_error(RpcCode::kInternalError, method_ + ": no answer was given");
}

bool PendingRequest::settle(Outcome outcome) {
  Outcome open = Outcome::kOpen;
  return outcome_.compare_exchange_strong(open, outcome);
}

void PendingRequest::answer(Expected<Json> result) {
  if (!settle(Outcome::kAnswered)) {
    assert(outcome_ == Outcome::kCancelled && "a handler answered twice");
    return;
  }
  if (!result) {
    send_error(rpc_code(result.error().kind()), result.error().message());
    return;
  }
  const std::chrono::duration<double, std::milli> took =
      std::chrono::steady_clock::now() - arrived_;
  spdlog::debug("{} {}: answered after {:.1f} ms", method_, protocol::id_to_text(id_),
                took.count());
  send_(protocol::encode_result(id_, std::move(*result)));
}

void PendingRequest::refuse(RpcCode code, std::string_view why) {
  if (settle(Outcome::kAnswered)) send_error(code, why);
}

void PendingRequest::cancel(std::string_view why) {
  if (settle(Outcome::kCancelled)) send_error(RpcCode::kRequestCancelled, why);
  stop_.request_stop();  // after the answer: it runs callbacks
}

void PendingRequest::send_error(RpcCode code, std::string_view why) {
  spdlog::debug("{} {}: {} ({})", method_, protocol::id_to_text(id_), why, static_cast<int>(code));
  send_(protocol::encode_error(id_, code, why));
}

}  // namespace curlew::server
