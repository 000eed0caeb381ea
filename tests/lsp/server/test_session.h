// A session in this process, over a socket pair, with a client that a test drives by hand. What
// completes is a function of the test's own; nothing is loaded and nothing is indexed unless the
// test says so.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "lsp/protocol/rpc.h"
#include "lsp/protocol/transport.h"
#include "lsp/server/session.h"

namespace curlew::server {

using protocol::Json;

constexpr auto kTestWaitMax = std::chrono::seconds(60);

inline ServiceFactories quiet_factories() {
  ServiceFactories factories;
  factories.generator = [](const Settings&, const std::function<void(float)>&) {
    return model::Expected<std::unique_ptr<model::Generator>>(nullptr);
  };
  factories.index = [](const indexer::IndexOptions&) {
    return indexer::Expected<std::unique_ptr<indexer::Index>>(
        indexer::fail(indexer::Errc::kNotFound, "no index in this test"));
  };
  factories.complete = [](const assist::Sources&, const assist::CompletionRequest&,
                          std::stop_token) -> assist::Expected<assist::Completion> {
    return assist::Completion{};
  };
  return factories;
}

// Says `text` at every place.
inline auto completer_saying(std::string text) {
  return [text](const assist::Sources&, const assist::CompletionRequest& request,
                std::stop_token) -> assist::Expected<assist::Completion> {
    assist::Completion completion;
    completion.text = request.selected_text.value_or("") + text;
    completion.replaces_from = request.selected_text ? request.selected_start : request.cursor;
    completion.source = assist::CompletionSource::kCopy;
    completion.prompt_tokens = 7;
    return completion;
  };
}

class TestSession {
 public:
  explicit TestSession(ServiceFactories factories = quiet_factories(), SessionOptions options = {})
      : services_(std::move(factories)) {
    ::setenv("XDG_CONFIG_HOME", "/nonexistent", 1);  // the settings of whoever runs the test
    std::array<int, 2> ends;
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    client_ = std::make_unique<protocol::Transport>(ends[0], ends[0]);
    server_ = std::thread([this, fd = ends[1], options] {
      protocol::Transport transport(fd, fd);
      Session session(services_, transport, options);
      exit_code_ = session.run();
    });
  }
  ~TestSession() { end(); }

  // Hangs up and waits; the exit code.
  int end() {
    client_.reset();
    if (server_.joinable()) server_.join();
    return exit_code_;
  }
  // Waits for the session to end by itself.
  int join() {
    server_.join();
    return exit_code_;
  }

  void send_raw(const std::string& body) { client_->send(body); }
  void notify(const std::string& method, Json params) {
    client_->send(protocol::encode_notification(method, std::move(params)));
  }
  std::int64_t ask(const std::string& method, Json params) {
    client_->send(protocol::encode_request(protocol::RequestId(++last_id_), method, params));
    return last_id_;
  }

  // The response to a request; the other messages that come first are kept.
  Json answer(std::int64_t id) {
    while (!answers_.contains(id)) {
      if (!read_one()) {
        ADD_FAILURE() << "the session ended without an answer to " << id;
        return Json::object();
      }
    }
    EXPECT_EQ(answer_counts_[id], 1);
    return answers_[id];
  }
  Json call(const std::string& method, Json params) {
    return answer(ask(method, std::move(params)));
  }

  // The params of the next such notification (or request of the server's) that satisfies `is`.
  template <class Predicate>
  Json wait_for(const std::string& method, Predicate is) {
    for (std::size_t seen = 0;; ++seen) {
      while (seen >= incoming_.size())
        if (!read_one()) {
          ADD_FAILURE() << "no " << method;
          return Json::object();
        }
      if (incoming_[seen]["method"] == method && is(incoming_[seen]["params"]))
        return incoming_[seen]["params"];
    }
  }
  // The next message that is not a response to us, whole.
  std::optional<Json> read_one() {
    protocol::Incoming incoming = client_->read();
    const auto* frame = std::get_if<protocol::Frame>(&incoming);
    if (frame == nullptr) return std::nullopt;
    Json json = Json::parse(frame->body);
    if (json.contains("method")) {
      if (json.contains("id"))
        client_->send(
            Json{{"jsonrpc", "2.0"}, {"id", json["id"]}, {"result", replies[json["method"]]}}
                .dump());
      incoming_.push_back(json);
    } else if (json["id"].is_number()) {
      answers_[json["id"]] = json;
      ++answer_counts_[json["id"]];
    } else {
      orphans_.push_back(json);
    }
    return json;
  }
  const std::vector<Json>& orphans() const { return orphans_; }  // responses to no id

  Json initialize(Json capabilities = Json::object(), Json more = Json::object()) {
    Json params{{"processId", nullptr}, {"rootUri", nullptr}, {"capabilities", capabilities}};
    params.update(more);
    Json result = call("initialize", params);
    notify("initialized", Json::object());
    return result["result"];
  }
  void open(const std::string& uri, const std::string& text, const std::string& language = "cpp") {
    notify("textDocument/didOpen",
           {{"textDocument",
             {{"uri", uri}, {"languageId", language}, {"version", 1}, {"text", text}}}});
  }
  // Replaces [line:from, line:to) of one line.
  void type(const std::string& uri, int version, int line, int from, int to,
            const std::string& text) {
    notify("textDocument/didChange", {{"textDocument", {{"uri", uri}, {"version", version}}},
                                      {"contentChanges",
                                       {{{"range",
                                          {{"start", {{"line", line}, {"character", from}}},
                                           {"end", {{"line", line}, {"character", to}}}}},
                                         {"text", text}}}}});
  }
  std::int64_t ask_inline(const std::string& uri, int line, int character, int trigger = 2) {
    return ask("textDocument/inlineCompletion",
               {{"textDocument", {{"uri", uri}}},
                {"position", {{"line", line}, {"character", character}}},
                {"context", {{"triggerKind", trigger}}}});
  }

  Services& services() { return services_; }

  // What the client answers to requests of the server's, by method; null to others.
  std::map<std::string, Json> replies;

 private:
  Services services_;
  std::unique_ptr<protocol::Transport> client_;
  std::thread server_;
  int exit_code_ = -1;
  std::int64_t last_id_ = 0;
  std::map<std::int64_t, Json> answers_;
  std::map<std::int64_t, int> answer_counts_;
  std::vector<Json> incoming_, orphans_;
};

}  // namespace curlew::server
