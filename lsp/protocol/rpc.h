// JSON-RPC 2.0 messages, as LSP uses them: requests, notifications, responses. No batches (LSP has
// none). Pure functions over text; framing is transport.h.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <variant>

#include "lsp/protocol/json.h"

namespace curlew::protocol {

// Codes of JSON-RPC and of LSP 3.17.
enum class RpcCode : int {
  kParseError = -32700,
  kInvalidRequest = -32600,
  kMethodNotFound = -32601,
  kInvalidParams = -32602,
  kInternalError = -32603,
  kServerNotInitialized = -32002,
  kRequestFailed = -32803,
  kRequestCancelled = -32800,
};

// Null appears only in error replies to messages whose id could not be read.
struct NullId {
  friend auto operator<=>(const NullId&, const NullId&) = default;
};
using RequestId = std::variant<NullId, std::int64_t, std::string>;
Json id_to_json(const RequestId& id);
std::string id_to_text(const RequestId& id);  // for logs: 7 or "a"

struct ResponseError {
  int code = 0;
  std::string message;
};

struct Request {
  RequestId id;
  std::string method;
  Json params;  // an object, an array, or null when absent
};
struct Notification {
  std::string method;
  Json params;
};
struct Response {
  RequestId id;
  Json result;
  std::optional<ResponseError> error;
};
using Message = std::variant<Request, Notification, Response>;

// What is wrong with a message, and whom to tell: the id where one could be read, else null.
struct BadMessage {
  RpcCode code = RpcCode::kInvalidRequest;
  std::string why;
  RequestId id = NullId();
};

tl::expected<Message, BadMessage> parse_message(std::string_view body);

std::string encode_request(const RequestId& id, std::string_view method, Json params);
std::string encode_notification(std::string_view method, Json params);
std::string encode_result(const RequestId& id, Json result);
std::string encode_error(const RequestId& id, RpcCode code, std::string_view message);

}  // namespace curlew::protocol
