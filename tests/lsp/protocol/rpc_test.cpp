#include "lsp/protocol/rpc.h"

#include <gtest/gtest.h>

#include "lsp/protocol/types.h"

namespace curlew::protocol {
namespace {

Message parsed(std::string_view body) {
  auto message = parse_message(body);
  EXPECT_TRUE(message) << message.error().why;
  return message ? *message : Message();
}

BadMessage refused(std::string_view body) {
  auto message = parse_message(body);
  EXPECT_FALSE(message) << body;
  return message ? BadMessage{} : message.error();
}

TEST(Rpc, KeepsIdsOfBothKinds) {
  EXPECT_EQ(std::get<Request>(parsed(R"({"jsonrpc":"2.0","id":7,"method":"a"})")).id,
            RequestId(7L));
  EXPECT_EQ(std::get<Request>(parsed(R"({"jsonrpc":"2.0","id":-1.0,"method":"a"})")).id,
            RequestId(-1L));
  EXPECT_EQ(std::get<Request>(parsed(R"({"jsonrpc":"2.0","id":"7","method":"a"})")).id,
            RequestId("7"));
}

TEST(Rpc, TellsRequestsNotificationsAndResponsesApart) {
  EXPECT_EQ(std::get<Notification>(parsed(R"({"jsonrpc":"2.0","method":"a","params":[1]})")).params,
            Json({1}));
  EXPECT_EQ(std::get<Response>(parsed(R"({"jsonrpc":"2.0","id":1,"result":null})")).result, Json());
  const auto response = std::get<Response>(
      parsed(R"({"jsonrpc":"2.0","id":"x","error":{"code":-32601,"message":"no"}})"));
  EXPECT_EQ(response.error->code, -32601);
  EXPECT_EQ(response.error->message, "no");
}

TEST(Rpc, RefusesWhatIsNotAMessage) {
  EXPECT_EQ(refused("{").code, RpcCode::kParseError);
  EXPECT_EQ(refused("").code, RpcCode::kParseError);
  EXPECT_EQ(refused("{\"jsonrpc\":\"2.0\",\"method\":\"\xff\"}").code, RpcCode::kParseError);
  EXPECT_EQ(refused("17").code, RpcCode::kInvalidRequest);
  EXPECT_EQ(refused(R"([{"jsonrpc":"2.0","id":1,"method":"a"}])").code, RpcCode::kInvalidRequest);
  EXPECT_EQ(refused(R"({"jsonrpc":"2.0"})").code, RpcCode::kInvalidRequest);
  EXPECT_EQ(refused(R"({"jsonrpc":"2.0","id":null,"method":"a"})").code, RpcCode::kInvalidRequest);
  EXPECT_EQ(refused(R"({"jsonrpc":"2.0","id":1.5,"method":"a"})").code, RpcCode::kInvalidRequest);
  EXPECT_EQ(refused(R"({"jsonrpc":"2.0","id":{},"method":"a"})").code, RpcCode::kInvalidRequest);
  EXPECT_EQ(refused(R"({"jsonrpc":"2.0","id":18446744073709551615,"method":"a"})").code,
            RpcCode::kInvalidRequest);
}

TEST(Rpc, NamesTheRequestWhoseRestIsBroken) {
  EXPECT_EQ(refused(R"({"jsonrpc":"2.0","id":5,"method":1})").id, RequestId(5L));
  EXPECT_EQ(refused(R"({"jsonrpc":"2.0","id":5,"method":"a","params":"b"})").id, RequestId(5L));
  EXPECT_EQ(refused(R"({"jsonrpc":"1.0","id":5,"method":"a"})").id, RequestId(5L));
}

TEST(Rpc, SurvivesDeepNesting) {
  const std::string deep(200000, '[');
  EXPECT_EQ(refused(deep).code, RpcCode::kParseError);
  EXPECT_EQ(refused(deep + std::string(200000, ']')).code, RpcCode::kInvalidRequest);
}

TEST(Rpc, WritesMessagesThatItCanRead) {
  const auto request =
      std::get<Request>(parsed(encode_request(RequestId("curlew:1"), "m", Json{{"a", 1}})));
  EXPECT_EQ(request.id, RequestId("curlew:1"));
  EXPECT_EQ(request.params, (Json{{"a", 1}}));
  const auto error =
      std::get<Response>(parsed(encode_error(RequestId(3L), RpcCode::kRequestCancelled, "edited")));
  EXPECT_EQ(error.error->code, -32800);
  // Text of a broken file must not break the stream.
  const auto result = std::get<Response>(parsed(encode_result(RequestId(3L), Json("a\xff\nb"))));
  EXPECT_EQ(result.result, Json("a\xEF\xBF\xBD\nb"));
}

std::string complaint(const char* params) {
  DidChangeTextDocumentParams out;
  std::string error;
  EXPECT_FALSE(from_json(Json::parse(params), out, Path("params", error)));
  return error;
}

TEST(Types, NameTheBadField) {
  EXPECT_EQ(complaint("[]"), "params: expected an object");
  EXPECT_EQ(complaint(R"({"contentChanges":[]})"), "params.textDocument: is missing");
  EXPECT_EQ(complaint(R"({"textDocument":{"uri":5},"contentChanges":[]})"),
            "params.textDocument.uri: expected a string");
  EXPECT_EQ(
      complaint(
          R"({"textDocument":{"uri":"a"},"contentChanges":[{"text":""},{"text":"","range":{"start":{"line":0,"character":0},"end":{"line":-1,"character":0}}}]})"),
      "params.contentChanges[1].range.end.line: expected a whole number from 0 to 2147483647");
  EXPECT_EQ(complaint(R"({"textDocument":{"uri":"a"},"contentChanges":{}})"),
            "params.contentChanges: expected an array");
}

TEST(Types, TakeAnInlineCompletionWithoutContextAsAutomatic) {
  InlineCompletionParams out;
  std::string error;
  ASSERT_TRUE(from_json(
      Json::parse(R"({"textDocument":{"uri":"u"},"position":{"line":1,"character":2.0}})"), out,
      Path("params", error)));
  EXPECT_EQ(out.position, (Position{1, 2}));
  EXPECT_EQ(out.context.triggerKind, InlineCompletionTriggerKind::kAutomatic);
}

}  // namespace
}  // namespace curlew::protocol
