#include "lsp/protocol/rpc.h"

#include <fmt/format.h>

namespace curlew::protocol {
namespace {

// Ids are strings or whole numbers (3.0 is 3, as some clients' languages print it).
std::optional<RequestId> read_id(const Json& json) {
  if (json.is_string()) return RequestId(json.get<std::string>());
  if (json.is_number_unsigned() && json.get<std::uint64_t>() > INT64_MAX) return std::nullopt;
  if (json.is_number_integer()) return RequestId(json.get<std::int64_t>());
  if (json.is_number_float()) {
    const double value = json.get<double>();
    if (value >= -9.0e15 && value <= 9.0e15 &&
        value == static_cast<double>(static_cast<std::int64_t>(value)))
      return RequestId(static_cast<std::int64_t>(value));
  }
  return std::nullopt;
}

tl::unexpected<BadMessage> bad(RpcCode code, std::string why, RequestId id = NullId()) {
  return tl::unexpected<BadMessage>(BadMessage{code, std::move(why), std::move(id)});
}

tl::expected<Message, BadMessage> read_call(Json& json, std::optional<RequestId> id) {
  const RequestId told = id.value_or(RequestId(NullId()));
  Json& method = json["method"];
  if (!method.is_string())
    return bad(RpcCode::kInvalidRequest, "\"method\" must be a string", told);
  Json params;
  if (const auto found = json.find("params"); found != json.end()) params = std::move(*found);
  if (!params.is_object() && !params.is_array() && !params.is_null())
    return bad(RpcCode::kInvalidRequest, "\"params\" must be an object or an array", told);
  std::string name = std::move(method.get_ref<std::string&>());
  if (id) return Request{std::move(*id), std::move(name), std::move(params)};
  return Notification{std::move(name), std::move(params)};
}

tl::expected<Message, BadMessage> read_response(Json& json, std::optional<RequestId> id) {
  Response response{.id = id.value_or(RequestId(NullId()))};
  if (const auto error = json.find("error"); error != json.end() && error->is_object()) {
    response.error.emplace();
    if (const Json& code = at_path(*error, {"code"}); code.is_number_integer())
      response.error->code = code.get<int>();
    if (const Json& text = at_path(*error, {"message"}); text.is_string())
      response.error->message = text.get<std::string>();
    return response;
  }
  const auto result = json.find("result");
  if (result == json.end())
    return bad(RpcCode::kInvalidRequest,
               "neither \"method\" (a request), nor \"result\" or \"error\" (a response)",
               response.id);
  response.result = std::move(*result);
  return response;
}

Json envelope(const RequestId& id) {
  return Json{{"jsonrpc", "2.0"}, {"id", id_to_json(id)}};
}

}  // namespace

Json id_to_json(const RequestId& id) {
  if (const auto* number = std::get_if<std::int64_t>(&id)) return *number;
  if (const auto* text = std::get_if<std::string>(&id)) return *text;
  return {};
}

std::string id_to_text(const RequestId& id) {
  return to_text(id_to_json(id));
}

tl::expected<Message, BadMessage> parse_message(std::string_view body) {
  Json json = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return bad(RpcCode::kParseError, "the body is not valid JSON in UTF-8");
  if (json.is_array())
    return bad(RpcCode::kInvalidRequest, "a batch (an array): LSP has one message a frame");
  if (!json.is_object()) return bad(RpcCode::kInvalidRequest, "expected an object");

  std::optional<RequestId> id;
  if (const auto found = json.find("id"); found != json.end()) {
    id = read_id(*found);
    // A null id is legal in an error response (to a message of ours that could not be read).
    if (!id && !(found->is_null() && !json.contains("method")))
      return bad(RpcCode::kInvalidRequest, "\"id\" must be a string or a whole number");
  }
  if (at_path(json, {"jsonrpc"}) != "2.0")
    return bad(RpcCode::kInvalidRequest, "\"jsonrpc\" must be \"2.0\"",
               id.value_or(RequestId(NullId())));
  return json.contains("method") ? read_call(json, std::move(id))
                                 : read_response(json, std::move(id));
}

std::string encode_request(const RequestId& id, std::string_view method, Json params) {
  Json json = envelope(id);
  json["method"] = method;
  if (!params.is_null()) json["params"] = std::move(params);
  return to_text(json);
}

std::string encode_notification(std::string_view method, Json params) {
  Json json{{"jsonrpc", "2.0"}, {"method", method}};
  if (!params.is_null()) json["params"] = std::move(params);
  return to_text(json);
}

std::string encode_result(const RequestId& id, Json result) {
  Json json = envelope(id);
  json["result"] = std::move(result);
  return to_text(json);
}

std::string encode_error(const RequestId& id, RpcCode code, std::string_view message) {
  Json json = envelope(id);
  json["error"] = {{"code", static_cast<int>(code)}, {"message", message}};
  return to_text(json);
}

}  // namespace curlew::protocol
