// The client against a server of the test's own on the loopback interface, well-behaved and not.
#include "model/remote/openai_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <thread>

#include "model/constrain/grammar.h"

namespace curlew::model {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

std::string event(const std::string& text) {
  return "data: " + json{{"choices", {{{"text", text}, {"finish_reason", nullptr}}}}}.dump() +
         "\n\n";
}
std::string last_event(const std::string& reason) {
  return "data: " + json{{"choices", {{{"text", ""}, {"finish_reason", reason}}}}}.dump() + "\n\n";
}
const std::string kDone = "data: [DONE]\n\n";

class OpenAi : public ::testing::Test {
 protected:
  using Handler = httplib::Server::Handler;

  void TearDown() override {
    open_ = false;
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

  // Serves `handler`, and notes what was asked.
  void serve(Handler handler) {
    server_.Post("/v1/(chat/)?completions",
                 [this, handler](const httplib::Request& in, httplib::Response& out) {
                   path_ = in.path;
                   asked_ = json::parse(in.body);
                   authorization_ = in.get_header_value("Authorization");
                   ++requests_;
                   handler(in, out);
                 });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
  }

  // Answers with these bytes as an event stream, in pieces of 3 bytes so that nothing arrives
  // whole.
  void serve_events(const std::string& bytes) {
    serve([bytes](const httplib::Request&, httplib::Response& out) {
      out.set_chunked_content_provider(
          "text/event-stream", [bytes](std::size_t, httplib::DataSink& sink) {
            for (std::size_t at = 0; at < bytes.size(); at += 3)
              if (!sink.write(bytes.data() + at, std::min<std::size_t>(3, bytes.size() - at)))
                return false;
            sink.done();
            return true;
          });
    });
  }

  // Sends one event and then nothing, until the client hangs up or the test ends.
  void serve_then_stall(const std::string& text) {
    serve([this, text](const httplib::Request&, httplib::Response& out) {
      out.set_chunked_content_provider("text/event-stream",
                                       [this, text](std::size_t, httplib::DataSink& sink) {
                                         const std::string bytes = event(text);
                                         if (!sink.write(bytes.data(), bytes.size())) return false;
                                         while (open_ && sink.is_writable())
                                           std::this_thread::sleep_for(2ms);
                                         hung_up_ = true;
                                         return false;
                                       });
    });
  }

  std::unique_ptr<OpenAiClient> client(RemoteOptions options = {}) {
    if (options.base_url.empty()) options.base_url = "http://127.0.0.1:" + std::to_string(port_);
    Expected<std::unique_ptr<OpenAiClient>> c = OpenAiClient::create(std::move(options));
    EXPECT_TRUE(c) << c.error().message();
    return std::move(*c);
  }

  static GenerateRequest request() {
    return {.prompt = FimText{.prefix = "int x = ", .suffix = ";\n"}};
  }

  httplib::Server server_;
  std::thread thread_;
  int port_ = 0;
  std::atomic<bool> open_ = true, hung_up_ = false;
  json asked_;
  std::string path_, authorization_;
  std::atomic<int> requests_ = 0;
};

TEST_F(OpenAi, StreamsACompletionBetweenPrefixAndSuffix) {
  serve_events(": a comment\r\n\r\n" + event("4") + event("2") + last_event("stop") + kDone);
  GenerateRequest r = request();
  r.new_tokens_max = 9;
  const auto g = client({.model = "coder"})->generate(r, {});
  ASSERT_TRUE(g) << g.error().message();
  EXPECT_EQ(g->text, "42");
  EXPECT_EQ(g->finish, Finish::kStopToken);
  EXPECT_EQ(asked_["prompt"], "int x = ");
  EXPECT_EQ(asked_["suffix"], ";\n");
  EXPECT_EQ(asked_["max_tokens"], 9);
  EXPECT_EQ(asked_["model"], "coder");
  EXPECT_EQ(asked_["stream"], true);
  EXPECT_EQ(authorization_, "");
}

std::string chat_event(const std::string& text) {
  return "data: " + json{{"choices", {{{"delta", {{"content", text}}}}}}}.dump() + "\n\n";
}

TEST_F(OpenAi, StreamsAnAnswerInAConversation) {
  const std::string role = "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\n";
  serve_events(role + chat_event("a") + chat_event(" wren") + last_event("stop") + kDone);
  const ChatPrompt chat{{{ChatRole::kSystem, "Be short."}, {ChatRole::kUser, "Name a bird."}}};
  const auto g = client()->generate({.prompt = chat}, {});
  ASSERT_TRUE(g) << g.error().message();
  EXPECT_EQ(g->text, "a wren");
  EXPECT_EQ(path_, "/v1/chat/completions");
  EXPECT_EQ(asked_["messages"], json::parse(R"([{"role": "system", "content": "Be short."},
                            {"role": "user", "content": "Name a bird."}])"));
  EXPECT_FALSE(asked_.contains("prompt"));
}

TEST_F(OpenAi, TakesAnAnswerThatIsNotStreamed) {
  serve([](const httplib::Request&, httplib::Response& out) {
    out.set_content(R"({"choices": [{"message": {"content": "a wren"}, "finish_reason": "stop"}]})",
                    "application/json");
  });
  const auto g = client()->generate({.prompt = ChatPrompt{{{ChatRole::kUser, "?"}}}}, {});
  ASSERT_TRUE(g) << g.error().message();
  EXPECT_EQ(g->text, "a wren");
}

TEST_F(OpenAi, CannotBeHeldToAGrammar) {
  GenerateRequest r = request();
  r.grammar = *Grammar::from_regex("a+");
  const auto g = client({.base_url = "http://127.0.0.1:1"})->generate(r, {});
  ASSERT_FALSE(g);
  EXPECT_THAT(g.error().message(), HasSubstr("cannot be held to a grammar"));
}

TEST_F(OpenAi, SaysWhenTheLengthEndedIt) {
  serve_events(event("a") + last_event("length") + kDone);
  EXPECT_EQ(client()->generate(request(), {})->finish, Finish::kLength);
}

TEST_F(OpenAi, FillsTheConfiguredTemplate) {
  serve_events(event("1") + kDone);
  ASSERT_TRUE(client({.fim_template = "<P>{prefix}<S>{suffix}<M>"})->generate(request(), {}));
  EXPECT_EQ(asked_["prompt"], "<P>int x = <S>;\n<M>");
  EXPECT_FALSE(asked_.contains("suffix"));
}

TEST_F(OpenAi, PutsContextBeforeThePrefixWithinTheBudget) {
  serve_events(event("1") + kDone);
  FimText text = {.prefix = "a long first line\ntwo\nthree ",
                  .suffix = "four\nfive\n",
                  .context = {{"a.h", "int a;"}, {"b.h", std::string(500, 'b')}}};
  GenerateRequest r = {.prompt = text, .fim_budget = {.prompt_tokens_max = 15}};  // some 45 bytes
  const auto g = client()->generate(r, {});
  ASSERT_TRUE(g);
  EXPECT_EQ(g->context_used, 1u);
  EXPECT_EQ(asked_["prompt"], "// a.h\nint a;\ntwo\nthree ");
  EXPECT_EQ(asked_["suffix"], "four\n");
}

TEST_F(OpenAi, SendsTheKeyItWasGiven) {
  serve_events(event("1") + kDone);
  ASSERT_TRUE(client({.api_key = "secret-7"})->generate(request(), {}));
  EXPECT_EQ(authorization_, "Bearer secret-7");
}

TEST_F(OpenAi, TakesTheKeyFromTheEnvironment) {
  serve_events(event("1") + kDone);
  setenv("CURLEW_API_KEY", "from-environment", 1);
  ASSERT_TRUE(client()->generate(request(), {}));
  unsetenv("CURLEW_API_KEY");
  EXPECT_EQ(authorization_, "Bearer from-environment");
}

TEST_F(OpenAi, StopStringsAndTheFilterEndTheStream) {
  serve_events(event("ab") + event("c;") + event(";d") + event("e\nf") + kDone);
  GenerateRequest r = request();
  r.stop_strings = {";;"};
  auto g = client()->generate(r, {});
  ASSERT_TRUE(g);
  EXPECT_EQ(g->text, "abc");
  EXPECT_EQ(g->finish, Finish::kStopString);
  r.stop_strings = {};
  r.filter = [](std::string_view t) -> std::optional<std::size_t> {
    if (t.find('\n') == t.npos) return std::nullopt;
    return t.find('\n');
  };
  g = client()->generate(r, {});
  EXPECT_EQ(g->text, "abc;;de");
  EXPECT_EQ(g->finish, Finish::kFilter);
}

TEST_F(OpenAi, UnderstandsAServerThatDoesNotStream) {
  serve([](const httplib::Request&, httplib::Response& out) {
    out.set_content(R"({"choices":[{"text":"42","finish_reason":"stop"}],
                        "usage":{"prompt_tokens":77,"prompt_tokens_details":{"cached_tokens":70}}})",
                    "application/json");
  });
  const auto g = client()->generate(request(), {});
  ASSERT_TRUE(g) << g.error().message();
  EXPECT_EQ(g->text, "42");
  EXPECT_EQ(g->prompt_tokens, 77);
  EXPECT_EQ(g->cached_tokens, 70);
}

TEST_F(OpenAi, ReportsAnErrorStatusInTheServersWords) {
  serve([](const httplib::Request&, httplib::Response& out) {
    out.status = 503;
    out.set_content(R"({"error":{"message":"model is loading"}})", "application/json");
  });
  const auto g = client({.api_key = "secret-7"})->generate(request(), {});
  ASSERT_FALSE(g);
  EXPECT_EQ(g.error().kind(), Errc::kRemote);
  EXPECT_THAT(g.error().message(), HasSubstr("answered 503: model is loading"));
  EXPECT_THAT(g.error().message(), HasSubstr("/v1/completions"));
  EXPECT_THAT(g.error().message(), Not(HasSubstr("secret-7")));
}

TEST_F(OpenAi, ReportsAnErrorInsideTheStream) {
  serve_events(event("a") + "data: {\"error\":{\"message\":\"out of memory\"}}\n\n");
  const auto g = client()->generate(request(), {});
  ASSERT_FALSE(g);
  EXPECT_THAT(g.error().message(), HasSubstr("out of memory"));
}

TEST_F(OpenAi, ReportsAStreamThatBreaksOff) {
  serve_events(event("abc"));
  const auto g = client()->generate(request(), {});
  ASSERT_FALSE(g);
  EXPECT_THAT(g.error().message(), HasSubstr("broke off after 3 bytes"));
}

TEST_F(OpenAi, ReportsWhatIsNoJson) {
  serve_events("data: {\"choices\": [oops\n\n");
  EXPECT_THAT(client()->generate(request(), {}).error().message(),
              HasSubstr("not a JSON object: {\"choices\": [oops"));
}

TEST_F(OpenAi, SurvivesJsonOfUnexpectedShapes) {
  serve_events(
      "data: {\"choices\": 3}\n\ndata: {\"choices\": []}\n\ndata: {\"choices\": [7]}\n\n"
      "data: {\"choices\": [{\"text\": 5, \"finish_reason\": {}}], \"usage\": []}\n\n" +
      event("ok") + kDone);
  const auto g = client()->generate(request(), {});
  ASSERT_TRUE(g) << g.error().message();
  EXPECT_EQ(g->text, "ok");
}

TEST_F(OpenAi, RefusesALineWithoutEnd) {
  serve_events("data: " + std::string((std::size_t{1} << 20) + 10, 'x'));
  EXPECT_THAT(client()->generate(request(), {}).error().message(),
              HasSubstr("longer than 1048576 bytes"));
}

TEST_F(OpenAi, HangsUpWhenStopped) {
  serve_then_stall("abc");
  std::stop_source stop;
  GenerateRequest r = request();
  r.filter = [&](std::string_view) {
    stop.request_stop();
    return std::optional<std::size_t>();
  };
  const auto g = client()->generate(r, stop.get_token());
  ASSERT_TRUE(g) << g.error().message();
  EXPECT_EQ(g->finish, Finish::kCancelled);
  EXPECT_EQ(g->text, "abc");
}

TEST_F(OpenAi, HangsUpWhenStoppedWhileTheServerIsSilent) {
  serve_then_stall("abc");
  std::stop_source stop;
  std::jthread stopper([&] {
    while (requests_ == 0) std::this_thread::yield();
    std::this_thread::sleep_for(20ms);
    stop.request_stop();
  });
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(client()->generate(request(), stop.get_token())->finish, Finish::kCancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
  while (!hung_up_) std::this_thread::sleep_for(1ms);  // the server learns of it
}

TEST_F(OpenAi, ReturnsTheTextSoFarAtTheDeadline) {
  serve_then_stall("abc");
  GenerateRequest r = request();
  r.deadline = std::chrono::steady_clock::now() + 300ms;
  const auto g = client()->generate(r, {});
  ASSERT_TRUE(g) << g.error().message();
  EXPECT_EQ(g->finish, Finish::kDeadline);
  EXPECT_EQ(g->text, "abc");
}

TEST_F(OpenAi, GivesUpOnASilentServer) {
  serve_then_stall("abc");
  const auto g = client({.silence_timeout = 50ms})->generate(request(), {});
  ASSERT_FALSE(g);
  EXPECT_EQ(g.error().kind(), Errc::kRemote);
}

TEST_F(OpenAi, ReportsThatNobodyAnswers) {
  const auto g = client({.base_url = "http://127.0.0.1:1"})->generate(request(), {});
  ASSERT_FALSE(g);
  EXPECT_EQ(g.error().kind(), Errc::kRemote);
  EXPECT_THAT(g.error().message(), HasSubstr("no answer"));
}

TEST_F(OpenAi, DoesNotFollowRedirects) {
  std::atomic<int> elsewhere = 0;
  server_.Post("/elsewhere", [&](const httplib::Request&, httplib::Response&) { ++elsewhere; });
  serve(
      [](const httplib::Request&, httplib::Response& out) { out.set_redirect("/elsewhere", 307); });
  EXPECT_THAT(client()->generate(request(), {}).error().message(), HasSubstr("answered 307"));
  EXPECT_EQ(elsewhere, 0);
}

TEST_F(OpenAi, SendsTextThatIsNotUtf8AsFarAsJsonCan) {
  serve_events(event("1") + kDone);
  GenerateRequest r = {.prompt = TextPrompt{.text = "caf\xE9 \xF0\x9F\x98\x80"}};
  ASSERT_TRUE(client()->generate(r, {}));
  EXPECT_EQ(asked_["prompt"], "caf\xEF\xBF\xBD \xF0\x9F\x98\x80");
}

TEST_F(OpenAi, RefusesTokenIds) {
  EXPECT_EQ(client({.base_url = "http://127.0.0.1:1"})
                ->generate({.prompt = std::vector<TokenId>{1, 2}}, {})
                .error()
                .kind(),
            Errc::kInvalidInput);
}

TEST(Endpoint, FindsThePathOfTheApi) {
  const auto text = [](const char* url) { return parse_endpoint(url)->text(); };
  EXPECT_EQ(text("http://localhost:8012"), "http://localhost:8012/v1/completions");
  EXPECT_EQ(text("http://localhost:8012/"), "http://localhost:8012/v1/completions");
  EXPECT_EQ(text("https://api.example.com/v1"), "https://api.example.com/v1/completions");
  EXPECT_EQ(text("https://example.com/llm/v1/"), "https://example.com/llm/v1/completions");
  EXPECT_EQ(text("http://[::1]:8080/x"), "http://[::1]:8080/x/v1/completions");
}

TEST(Endpoint, RefusesWhatIsNoAddress) {
  for (const char* url :
       {"", "localhost:8012", "ftp://host", "http://", "http:///v1", "http://a b/",
        "http://user@host/", "http://host/v1?key=1", "http://host\r\nX: y"})
    EXPECT_EQ(parse_endpoint(url).error().kind(), Errc::kInvalidInput) << url;
}

TEST(RemoteOptionsCheck, RefusesWhatCannotBeSent) {
  const auto refused = [](RemoteOptions o) {
    o.base_url = "http://127.0.0.1:1";
    return !OpenAiClient::create(std::move(o)).has_value();
  };
  EXPECT_FALSE(refused({}));
  EXPECT_TRUE(refused({.api_key = "a\r\nX-Evil: 1"}));
  EXPECT_TRUE(refused({.fim_template = "{prefix} only"}));
  EXPECT_TRUE(refused({.context_tokens = 0}));
}

}  // namespace
}  // namespace curlew::model
