#include <fmt/format.h>

#include <condition_variable>
#include <fstream>
#include <regex>
#include <set>

#include "tests/lsp/server/test_session.h"

namespace curlew::server {
namespace {

constexpr const char* kUri = "file:///w/a.cpp";

int code(const Json& answer) {
  return answer.value("error", Json::object()).value("code", 0);
}

// --- Life cycle ---------------------------------------------------------------------------------

TEST(Session, RefusesWhatComesAtTheWrongTime) {
  TestSession session;
  EXPECT_EQ(code(session.call("curlew/status", Json::object())), -32002);
  session.initialize();
  EXPECT_EQ(code(session.call("initialize", {{"capabilities", Json::object()}})), -32600);
  EXPECT_EQ(code(session.call("textDocument/unheardOf", Json::object())), -32601);
  EXPECT_EQ(session.call("shutdown", Json())["result"], Json());
  EXPECT_EQ(code(session.call("curlew/status", Json::object())), -32600);
  EXPECT_EQ(code(session.call("textDocument/unheardOf", Json::object())), -32600);
  session.notify("exit", Json());
  EXPECT_EQ(session.join(), 0);
}

TEST(Session, SaysWhetherItWasShutDown) {
  {
    TestSession session;
    session.initialize();
    session.notify("exit", Json());
    EXPECT_EQ(session.join(), 1);
  }
  TestSession session;
  session.initialize();
  EXPECT_EQ(session.end(), 1);
}

TEST(Session, SurvivesWhatIsNoMessage) {
  TestSession session;
  session.initialize();
  session.send_raw("{\"jsonrpc\":\"2.0\",");
  session.send_raw("[]");
  session.send_raw("\"text\"");
  session.notify("$/unheardOf", {{"a", 1}});
  session.notify("textDocument/unheardOf", Json::object());
  session.notify("textDocument/didOpen", {{"textDocument", 5}});
  session.notify("textDocument/didChange", Json::array());
  session.send_raw(R"({"jsonrpc":"2.0","id":"nobody asked","result":1})");
  EXPECT_TRUE(session.call("curlew/status", Json::object()).contains("result"));
  ASSERT_EQ(session.orphans().size(), 3u);
  EXPECT_EQ(code(session.orphans()[0]), -32700);
  EXPECT_EQ(code(session.orphans()[1]), -32600);
  EXPECT_EQ(code(session.orphans()[2]), -32600);
}

TEST(Session, NamesTheBadFieldOfARequest) {
  TestSession session;
  session.initialize();
  const Json answer =
      session.call("textDocument/inlineCompletion", {{"textDocument", {{"uri", "a"}}}});
  EXPECT_EQ(code(answer), -32602);
  EXPECT_EQ(answer["error"]["message"], "params.position: is missing");
}

TEST(Session, AnnouncesWhatItBinds) {
  TestSession session;
  const Json all = session.initialize()["capabilities"];
  EXPECT_EQ(all["positionEncoding"], "utf-16");
  EXPECT_EQ(all["textDocumentSync"]["change"], 2);
  EXPECT_TRUE(all.contains("inlineCompletionProvider"));
  EXPECT_TRUE(all.contains("completionProvider"));
  EXPECT_EQ(all["executeCommandProvider"]["commands"].size(), 6u);

  TestSession modern;
  const Json some =
      modern.initialize({{"general", {{"positionEncodings", {"utf-32", "utf-8"}}}},
                         {"textDocument", {{"inlineCompletion", Json::object()}}}})["capabilities"];
  EXPECT_EQ(some["positionEncoding"], "utf-8");
  EXPECT_FALSE(some.contains("completionProvider"));
}

// Own methods are promised on one page.
TEST(Session, BindsTheMethodsThatTheDocumentsList) {
  std::ifstream page(CURLEW_SOURCE_DIR "/docs/protocol.md");
  ASSERT_TRUE(page);
  const std::string text(std::istreambuf_iterator<char>(page), {});
  std::set<std::string> described;
  const std::regex heading("\n### `([^`]+)`");
  for (std::sregex_iterator at(text.begin(), text.end(), heading), end; at != end; ++at)
    described.insert((*at)[1]);

  std::array<int, 2> ends;
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  protocol::Transport server(ends[1], ends[1]), client(ends[0], ends[0]);
  Services services(quiet_factories());
  Session session(services, server);
  std::set<std::string> bound;
  for (const std::string& name : session.method_names())
    if (name.starts_with("curlew/")) bound.insert(name);
  EXPECT_EQ(described, bound);
}

// --- Documents ----------------------------------------------------------------------------------

// What the completer was asked, as "prefix|suffix".
struct Asked {
  std::mutex mutex;
  std::vector<std::string> places;
  ServiceFactories factories() {
    ServiceFactories out = quiet_factories();
    out.complete = [this](const assist::Sources&, const assist::CompletionRequest& request,
                          std::stop_token) -> assist::Expected<assist::Completion> {
      std::lock_guard lock(mutex);
      places.push_back(fmt::format("{}|{}", request.text.substr(0, request.cursor),
                                   request.text.substr(request.cursor)));
      return assist::Completion{};
    };
    return out;
  }
};

TEST(Session, SeesExactlyTheEditsThatCameBefore) {
  Asked asked;
  TestSession session(asked.factories());
  session.initialize();
  session.open(kUri, "x😀y\r\nz\r\n");
  session.answer(session.ask_inline(kUri, 0, 3));  // UTF-16: behind the emoji
  session.answer(session.ask_inline(kUri, 0, 2));  // inside it
  session.type(kUri, 2, 0, 1, 3, "é");
  session.answer(session.ask_inline(kUri, 0, 2));
  // Two changes in one message: the second counts in the text after the first.
  session.notify("textDocument/didChange",
                 Json::parse(R"({"textDocument":{"uri":"file:///w/a.cpp","version":3},
      "contentChanges":[
        {"range":{"start":{"line":1,"character":0},"end":{"line":1,"character":1}},"text":"a\r\nb"},
        {"range":{"start":{"line":2,"character":1},"end":{"line":2,"character":1}},"text":"c"}]})"));
  session.answer(session.ask_inline(kUri, 2, 99));
  session.notify("textDocument/didChange", {{"textDocument", {{"uri", kUri}, {"version", 4}}},
                                            {"contentChanges", {{{"text", "whole"}}}}});
  session.answer(session.ask_inline(kUri, 0, 5));
  EXPECT_EQ(asked.places,
            (std::vector<std::string>{"x😀|y\r\nz\r\n", "x|😀y\r\nz\r\n", "xé|y\r\nz\r\n",
                                      "xéy\r\na\r\nbc|\r\n", "whole|"}));
}

TEST(Session, RefusesToGuessTheTextOfADocumentThatIsOutOfSync) {
  Asked asked;
  TestSession session(asked.factories());
  session.initialize();
  session.open(kUri, "one\n");
  EXPECT_EQ(code(session.answer(session.ask_inline(kUri, 9, 0))), -32602);
  session.type(kUri, 2, 40, 0, 0, "lost");
  EXPECT_EQ(code(session.answer(session.ask_inline(kUri, 0, 0))), -32602);
  const Json told = session.wait_for("window/showMessage", [](const Json&) { return true; });
  EXPECT_NE(told["message"].get<std::string>().find("a.cpp"), std::string::npos);
  session.type(kUri, 3, 0, 0, 0, "still out of sync");
  EXPECT_EQ(code(session.answer(session.ask_inline(kUri, 0, 0))), -32602);
  session.notify("textDocument/didChange", {{"textDocument", {{"uri", kUri}, {"version", 4}}},
                                            {"contentChanges", {{{"text", "two"}}}}});
  EXPECT_EQ(code(session.answer(session.ask_inline(kUri, 0, 0))), 0);
  EXPECT_EQ(asked.places, std::vector<std::string>{"|two"});
}

TEST(Session, TakesOddDocumentsAsTheyCome) {
  Asked asked;
  TestSession session(asked.factories());
  session.initialize();
  session.type("file:///not/open", 1, 0, 0, 0, "x");
  session.notify("textDocument/didClose", {{"textDocument", {{"uri", "file:///not/open"}}}});
  EXPECT_EQ(code(session.answer(session.ask_inline("file:///not/open", 0, 0))), -32602);
  session.open("untitled:Untitled-1", "u");
  session.open("vscode-notebook-cell:/a.ipynb#x", "n", "python");
  session.open(kUri, "first");
  session.open(kUri, "second");           // opened twice
  session.type(kUri, -5, 0, 0, 0, "a ");  // a version going backwards
  session.answer(session.ask_inline("untitled:Untitled-1", 0, 1));
  session.answer(session.ask_inline("vscode-notebook-cell:/a.ipynb#x", 0, 1));
  session.answer(session.ask_inline(kUri, 0, 0));
  EXPECT_EQ(asked.places, (std::vector<std::string>{"u|", "n|", "|a second"}));
}

// --- Completion ---------------------------------------------------------------------------------

TEST(Session, OffersAnItemThatKnowsItsOrigin) {
  ServiceFactories factories = quiet_factories();
  factories.complete = [](const assist::Sources&, const assist::CompletionRequest& request,
                          std::stop_token) -> assist::Expected<assist::Completion> {
    assist::Completion completion;
    completion.text = "rgs)";
    completion.replaces_from = request.cursor;
    completion.replaces_after = 1;
    completion.source = assist::CompletionSource::kModel;
    completion.prompt_tokens = 40;
    completion.cached_tokens = 30;
    return completion;
  };
  TestSession session(factories);
  session.initialize();
  session.open(kUri, "😀call(a)\n");
  const Json item = session.answer(session.ask_inline(kUri, 0, 8))["result"]["items"][0];
  EXPECT_EQ(item["insertText"], "rgs)");
  EXPECT_EQ(item["range"], Json::parse(R"({"start":{"line":0,"character":8},
                                           "end":{"line":0,"character":9}})"));
  EXPECT_EQ(item["command"]["command"], "curlew.accepted");
  EXPECT_EQ(item["command"]["arguments"][0], item["data"]["id"]);
  EXPECT_EQ(item["data"]["cached_tokens"], 30);
  EXPECT_EQ(item["data"]["source"], "model");

  EXPECT_EQ(code(session.call("workspace/executeCommand", {{"command", "curlew.accepted"},
                                                           {"arguments", {item["data"]["id"]}}})),
            0);
  const Json status = session.call("curlew/status", Json::object())["result"];
  EXPECT_EQ(status["completion"]["accepted"], 1);
  EXPECT_EQ(status["completion"]["shown"], 1);
}

TEST(Session, AnswersFromTheLastSuggestionWhileItIsTyped) {
  std::atomic<int> asked = 0;
  ServiceFactories factories = quiet_factories();
  factories.complete = [&, say = completer_saying("return 42;")](
                           const assist::Sources& sources, const assist::CompletionRequest& request,
                           std::stop_token stop) {
    ++asked;
    return say(sources, request, stop);
  };
  TestSession session(factories);
  session.initialize();
  session.open(kUri, "int f() {\n  \n}\n");
  const Json first = session.answer(session.ask_inline(kUri, 1, 2))["result"]["items"][0];
  session.type(kUri, 2, 1, 2, 2, "ret");
  const Json second = session.answer(session.ask_inline(kUri, 1, 5))["result"]["items"][0];
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(second["insertText"], "urn 42;");
  EXPECT_EQ(second["data"]["source"], "typed-through");
  EXPECT_EQ(second["data"]["id"], first["data"]["id"]);
  session.type(kUri, 3, 1, 5, 5, "!");  // something else
  session.answer(session.ask_inline(kUri, 1, 6));
  EXPECT_EQ(asked, 2);
  session.answer(session.ask_inline(kUri, 1, 6, /*trigger=*/1));  // by hand: always anew
  EXPECT_EQ(asked, 3);
}

TEST(Session, ExtendsTheSelectionOfThePopup) {
  TestSession session([] {
    ServiceFactories factories = quiet_factories();
    factories.complete = completer_saying("(x);");
    return factories;
  }());
  session.initialize();
  session.open(kUri, "v.p\n");
  const Json answer = session.call(
      "textDocument/inlineCompletion",
      Json::parse(R"({"textDocument":{"uri":"file:///w/a.cpp"},"position":{"line":0,"character":3},
        "context":{"triggerKind":2,"selectedCompletionInfo":{"text":"push_back",
          "range":{"start":{"line":0,"character":2},"end":{"line":0,"character":3}}}}})"));
  const Json item = answer["result"]["items"][0];
  EXPECT_EQ(item["insertText"], "push_back(x);");
  EXPECT_EQ(item["range"]["start"]["character"], 2);
}

TEST(Session, GivesClientsWithoutGhostTextAMenuEntry) {
  TestSession session([] {
    ServiceFactories factories = quiet_factories();
    factories.complete = completer_saying("ult = 1;\nreturn result;");
    return factories;
  }());
  session.initialize();
  session.open(kUri, "int res\n");
  const Json list = session.call(
      "textDocument/completion",
      {{"textDocument", {{"uri", kUri}}}, {"position", {{"line", 0}, {"character", 7}}}})["result"];
  EXPECT_EQ(list["isIncomplete"], true);
  ASSERT_EQ(list["items"].size(), 1u);
  EXPECT_EQ(list["items"][0]["label"], "result = 1;");
  EXPECT_EQ(list["items"][0]["textEdit"]["newText"], "result = 1;\nreturn result;");
  EXPECT_EQ(list["items"][0]["textEdit"]["range"]["start"]["character"], 4);
}

TEST(Session, IsQuietWherePausedOrSwitchedOff) {
  TestSession session([] {
    ServiceFactories factories = quiet_factories();
    factories.complete = completer_saying("x");
    return factories;
  }());
  session.initialize(Json::object(),
                     {{"initializationOptions", {{"disabled_languages", {"markdown"}}}}});
  session.open(kUri, "a");
  session.open("file:///w/b.md", "a", "markdown");
  const auto items = [&](const char* uri) {
    return session.answer(session.ask_inline(uri, 0, 1))["result"]["items"].size();
  };
  EXPECT_EQ(items(kUri), 1u);
  EXPECT_EQ(items("file:///w/b.md"), 0u);
  const auto pause = [&] {
    return session.call("workspace/executeCommand",
                        {{"command", "curlew.pause"}})["result"]["paused"];
  };
  EXPECT_EQ(pause(), true);
  EXPECT_EQ(items(kUri), 0u);
  EXPECT_EQ(pause(), false);
  EXPECT_EQ(items(kUri), 1u);
}

// --- Cancelling ---------------------------------------------------------------------------------

// A completer that works until it is stopped, or until the test lets it go.
struct Gate {
  std::mutex mutex;
  std::condition_variable_any changed;
  bool is_open = false;
  int begun = 0;

  ServiceFactories factories() {
    ServiceFactories out = quiet_factories();
    out.complete = [this](const assist::Sources&, const assist::CompletionRequest&,
                          std::stop_token stop) -> assist::Expected<assist::Completion> {
      std::unique_lock lock(mutex);
      ++begun;
      changed.notify_all();
      if (!changed.wait(lock, stop, [this] { return is_open; }))
        return assist::fail(assist::Errc::kCancelled, "stopped");
      assist::Completion completion;
      completion.text = "done";
      return completion;
    };
    return out;
  }
  void wait_until_begun(int count) {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, kTestWaitMax, [&] { return begun >= count; }));
  }
  void open() {
    std::lock_guard lock(mutex);
    is_open = true;
    changed.notify_all();
  }
};

TEST(Session, AnswersEveryRequestOfAStormOnceAndOnlyTheNewestWithAResult) {
  Gate gate;
  TestSession session(gate.factories());
  session.initialize();
  session.open(kUri, "a\n");
  std::vector<std::int64_t> ids;
  for (int idx = 0; idx < 200; ++idx) ids.push_back(session.ask_inline(kUri, 0, 1));
  for (int idx = 0; idx < 199; ++idx) EXPECT_EQ(code(session.answer(ids[idx])), -32800);
  gate.open();
  EXPECT_EQ(session.answer(ids.back())["result"]["items"][0]["insertText"], "done");
}

TEST(Session, CancelsOnRequestOnEditAndOnClose) {
  Gate gate;
  TestSession session(gate.factories());
  session.initialize();
  session.open(kUri, "a\n");
  std::int64_t id = session.ask_inline(kUri, 0, 1);
  gate.wait_until_begun(1);
  session.notify("$/cancelRequest", {{"id", id}});
  EXPECT_EQ(code(session.answer(id)), -32800);
  session.notify("$/cancelRequest", {{"id", id}});  // too late, harmless
  session.notify("$/cancelRequest", {{"id", "never seen"}});

  id = session.ask_inline(kUri, 0, 1);
  gate.wait_until_begun(2);
  session.type(kUri, 2, 0, 1, 1, "b");
  EXPECT_EQ(code(session.answer(id)), -32800);

  id = session.ask_inline(kUri, 0, 1);
  gate.wait_until_begun(3);
  session.notify("textDocument/didClose", {{"textDocument", {{"uri", kUri}}}});
  EXPECT_EQ(code(session.answer(id)), -32800);
}

TEST(Session, KeepsRequestsForOtherDocumentsApart) {
  Gate gate;
  TestSession session(gate.factories());
  session.initialize();
  session.open(kUri, "a\n");
  session.open("file:///w/b.cpp", "b\n");
  const std::int64_t a = session.ask_inline(kUri, 0, 1);
  const std::int64_t b = session.ask_inline("file:///w/b.cpp", 0, 1);
  session.type("file:///w/b.cpp", 2, 0, 0, 0, "x");
  EXPECT_EQ(code(session.answer(b)), -32800);
  gate.open();
  EXPECT_EQ(code(session.answer(a)), 0);
}

TEST(Session, RefusesAnIdThatIsInFlight) {
  Gate gate;
  TestSession session(gate.factories());
  session.initialize();
  session.open(kUri, "a\n");
  session.open("file:///w/b.cpp", "b\n");
  const auto with_same_id = [&](const char* uri) {
    session.send_raw(protocol::encode_request(
        protocol::RequestId("same"), "curlew/complete",
        {{"textDocument", {{"uri", uri}}}, {"position", {{"line", 0}, {"character", 0}}}}));
  };
  with_same_id(kUri);
  gate.wait_until_begun(1);
  with_same_id("file:///w/b.cpp");
  while (session.orphans().empty()) ASSERT_TRUE(session.read_one());
  EXPECT_EQ(code(session.orphans()[0]), -32600);
}

// --- Services -----------------------------------------------------------------------------------

TEST(Session, GoesOnWithoutAModelAndSaysWhy) {
  ServiceFactories factories = quiet_factories();
  factories.generator = [](const Settings&, const std::function<void(float)>&) {
    return model::Expected<std::unique_ptr<model::Generator>>(
        model::fail(model::Errc::kCorrupt, "weights.gguf: shorter than its header"));
  };
  factories.complete = completer_saying("copied");
  TestSession session(factories);
  session.initialize();
  const Json told = session.wait_for("window/showMessage", [](const Json&) { return true; });
  EXPECT_EQ(told["message"], "Curlew: weights.gguf: shorter than its header");
  session.wait_for("didChangeStatus", [](const Json& s) { return s["kind"] == "Warning"; });
  session.open(kUri, "a");
  EXPECT_EQ(session.answer(session.ask_inline(kUri, 0, 1))["result"]["items"].size(), 1u);
  EXPECT_EQ(session.call("curlew/status", Json::object())["result"]["model"]["state"], "failed");
}

TEST(Session, ShowsTheLoadingOfTheModel) {
  Gate gate;
  ServiceFactories factories = quiet_factories();
  factories.generator = [&gate](const Settings&, const std::function<void(float)>& on_progress) {
    on_progress(0.25f);
    std::unique_lock lock(gate.mutex);
    gate.changed.wait(lock, [&] { return gate.is_open; });
    on_progress(1.f);
    return model::Expected<std::unique_ptr<model::Generator>>(nullptr);
  };
  TestSession session(factories);
  session.initialize({{"window", {{"workDoneProgress", true}}}});
  const auto kind = [](const char* kind) {
    return [kind](const Json& params) { return params["value"]["kind"] == kind; };
  };
  EXPECT_EQ(session.wait_for("$/progress", kind("begin"))["value"]["title"], "Loading model");
  EXPECT_EQ(session.call("curlew/status", Json::object())["result"]["ready"], false);
  gate.open();
  session.wait_for("$/progress", kind("end"));
  EXPECT_EQ(session.call("curlew/status", Json::object())["result"]["ready"], true);
}

TEST(Session, TellsOfSettingsItDoesNotKnow) {
  TestSession session;
  session.initialize({{"workspace", {{"configuration", true}}}},
                     {{"initializationOptions", {{"modle", "x"}}}});
  session.wait_for("window/showMessage", [](const Json& params) {
    return params["message"] == "Curlew: initializationOptions: unknown key 'modle'";
  });
  session.wait_for("workspace/configuration",
                   [](const Json& params) { return params["items"][0]["section"] == "curlew"; });
  session.notify("workspace/didChangeConfiguration",
                 {{"settings", {{"curlew", {{"completion", {{"budgetMs", "fast"}}}}}}}});
  session.wait_for("window/showMessage", [](const Json& params) {
    return params["message"].get<std::string>().find("'completion.budgetMs'") != std::string::npos;
  });
}

// Two sessions, one set of services: a model is loaded once.
TEST(Services, AreSharedBySessions) {
  std::atomic<int> loaded = 0;
  ServiceFactories factories = quiet_factories();
  factories.generator = [&](const Settings&, const std::function<void(float)>&) {
    ++loaded;
    return model::Expected<std::unique_ptr<model::Generator>>(nullptr);
  };
  Services services(factories);
  const auto deadline = std::chrono::steady_clock::now() + kTestWaitMax;
  services.want_model({.model = "a"});
  ASSERT_TRUE(services.wait_until_idle(deadline));
  services.want_model({.model = "a"});
  ASSERT_TRUE(services.wait_until_idle(deadline));
  EXPECT_EQ(loaded, 1);
  services.want_model({.model = "b"});
  ASSERT_TRUE(services.wait_until_idle(deadline));
  EXPECT_EQ(loaded, 2);
  EXPECT_EQ(services.workspace("/w", {}), services.workspace("/w", {}));
}

}  // namespace
}  // namespace curlew::server
