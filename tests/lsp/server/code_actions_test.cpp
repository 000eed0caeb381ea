#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "lsp/sandbox/sandbox.h"
#include "lsp/server/trust.h"
#include "lsp/server/uri.h"
#include "tests/lsp/server/test_session.h"

namespace curlew::server {
namespace {

namespace fs = std::filesystem;

constexpr const char* kText =
    "int length(int n) { return n; }\nint twice(int n) { return lenght(n) * 2; }\n";
constexpr const char* kFixed = "length";

// What clients such as VS Code can.
Json able_client() {
  return {{"window", {{"workDoneProgress", true}}},
          {"workspace",
           {{"applyEdit", true},
            {"workspaceEdit",
             {{"documentChanges", true}, {"changeAnnotationSupport", Json::object()}}}}},
          {"textDocument",
           {{"codeAction",
             {{"codeActionLiteralSupport", Json::object()},
              {"resolveSupport", {{"properties", {"edit"}}}}}}}}};
}

Json range(int line, int from, int to) {
  return {{"start", {{"line", line}, {"character", from}}},
          {"end", {{"line", line}, {"character", to}}}};
}

Json misspelt() {
  return {{"range", range(1, 26, 32)},
          {"severity", 1},
          {"source", "clangd"},
          {"code", "undeclared_var_use"},
          {"message", "use of undeclared identifier 'lenght'"}};
}

// A workspace with one C file and a compiler, in a client that trusts it or not.
class CodeActions : public testing::Test {
 protected:
  CodeActions()
      : folder_(fs::temp_directory_path() /
                fmt::format("curlew-actions-{}-{}", ::getpid(),
                            testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::create_directories(folder_ / "w");
    folder_ = fs::canonical(folder_);
    ::setenv("XDG_STATE_HOME", (folder_ / "state").c_str(), 1);
    ::setenv("XDG_CACHE_HOME", (folder_ / "cache").c_str(), 1);
    write("a.c", kText);
  }
  ~CodeActions() override {
    session_.reset();
    fs::remove_all(folder_);
  }

  void write(const std::string& path, const std::string& text) {
    std::ofstream(folder_ / "w" / path) << text;
  }
  std::string uri(const std::string& path = "a.c") const {
    return uri_of_path(folder_ / "w" / path);
  }
  TestSession& start(bool trusted, Json client = able_client(), Json more = Json::object()) {
    session_ = std::make_unique<TestSession>(factories_);
    Json options{{"trusted", trusted},
                 {"repair_ahead", false},
                 {"check", {{"*.c", "cc -fsyntax-only {file}"}}}};
    options.update(more);
    session_->initialize(client,
                         {{"workspaceFolders", Json::array({{{"uri", uri("")}, {"name", "w"}}})},
                          {"initializationOptions", options}});
    return *session_;
  }
  bool has_sandbox() const {
    return sandbox::Sandbox::open({.workspace = folder_ / "w"}).has_value();
  }
  Json actions(const Json& diagnostics, Json only = nullptr) {
    Json context{{"diagnostics", diagnostics}};
    if (!only.is_null()) context["only"] = only;
    return session_->call("textDocument/codeAction", {{"textDocument", {{"uri", uri()}}},
                                                      {"range", range(1, 26, 32)},
                                                      {"context", context}})["result"];
  }
  // Of one document's edits, as the client would apply them.
  static std::string applied(std::string text, const Json& edit) {
    const Json& edits = edit["documentChanges"][0]["edits"];
    for (auto at = edits.rbegin(); at != edits.rend(); ++at) {
      const auto offset = [&](const Json& place) {
        std::size_t begin = 0;
        for (int line = 0; line < place["line"]; ++line) begin = text.find('\n', begin) + 1;
        return begin + place["character"].get<std::size_t>();
      };
      const std::size_t start = offset((*at)["range"]["start"]);
      text.replace(start, offset((*at)["range"]["end"]) - start,
                   (*at)["newText"].get<std::string>());
    }
    return text;
  }

  fs::path folder_;
  ServiceFactories factories_ = quiet_factories();
  std::unique_ptr<TestSession> session_;
};

#define NEEDS_SANDBOX()                                                 \
  if (!has_sandbox())                                                   \
  GTEST_SKIP() << "no sandbox on this machine: neither bubblewrap nor " \
                  "Landlock"

TEST_F(CodeActions, AreEndedByTheirProgressBar) {
  NEEDS_SANDBOX();
  TestSession& session = start(/*trusted=*/true, able_client(), {{"check", {{"*.c", "sleep 50"}}}});
  session.open(uri(), kText, "c");
  const std::int64_t id = session.ask(
      "workspace/executeCommand",
      {{"command", "curlew.repair"}, {"arguments", {uri(), Json::array({misspelt()})}}});
  const Json begun = session.wait_for("$/progress", [](const Json& params) {
    return params["value"]["kind"] == "begin" && params["value"]["title"] == "Repairing";
  });
  EXPECT_EQ(begun["value"]["cancellable"], true);
  const auto pressed = std::chrono::steady_clock::now();
  session.notify("window/workDoneProgress/cancel", {{"token", begun["token"]}});
  EXPECT_TRUE(session.answer(id).contains("error"));
  EXPECT_LT(std::chrono::steady_clock::now() - pressed, std::chrono::seconds(25));
}

TEST_F(CodeActions, RepairWhatIsComplainedOfAndSayThatItWasChecked) {
  NEEDS_SANDBOX();
  TestSession& session = start(/*trusted=*/true);
  session.open(uri(), kText, "c");
  const Json offered = actions(Json::array({misspelt()}));
  ASSERT_EQ(offered.size(), 1u) << offered;
  EXPECT_EQ(offered[0]["kind"], "quickfix");
  EXPECT_FALSE(offered[0].contains("edit"));
  EXPECT_FALSE(offered[0].contains("isPreferred"));
  EXPECT_EQ(offered[0]["diagnostics"][0], misspelt());

  const Json resolved = session.call("codeAction/resolve", offered[0])["result"];
  ASSERT_TRUE(resolved.contains("edit")) << resolved;
  EXPECT_EQ(resolved["isPreferred"], true);
  const Json& change = resolved["edit"]["documentChanges"][0];
  EXPECT_EQ(change["textDocument"], (Json{{"uri", uri()}, {"version", 1}}));
  EXPECT_EQ(change["edits"][0]["annotationId"], "curlew");
  const std::string description = resolved["edit"]["changeAnnotations"]["curlew"]["description"];
  EXPECT_NE(description.find("checked: cc -fsyntax-only"), std::string::npos) << description;
  EXPECT_NE(applied(kText, resolved["edit"]).find("return length(n) * 2"), std::string::npos);
  std::ifstream file(folder_ / "w" / "a.c");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), kText);  // the disk is as it was
}

TEST_F(CodeActions, WorkOnTheTextInTheEditor) {
  NEEDS_SANDBOX();
  write("a.c", "nothing of this is right\n");
  TestSession& session = start(/*trusted=*/true);
  session.open(uri(), kText, "c");
  const Json resolved =
      session.call("codeAction/resolve", actions(Json::array({misspelt()}))[0])["result"];
  ASSERT_TRUE(resolved.contains("edit")) << resolved;
  EXPECT_EQ(resolved["isPreferred"], true);
}

TEST_F(CodeActions, RunNothingInAWorkspaceThatIsNotTrusted) {
  write("mark.sh", "touch ran\n");
  TestSession& session =
      start(/*trusted=*/false, able_client(), {{"check", {{"*.c", "sh mark.sh"}}}});
  session.open(uri(), kText, "c");
  const Json resolved =
      session.call("codeAction/resolve", actions(Json::array({misspelt()}))[0])["result"];
  // The user was asked, and did not allow it; the likeliest change is given, unmarked.
  session.wait_for("window/showMessageRequest", [&](const Json& params) {
    return params["message"].get<std::string>().find("sh mark.sh") != std::string::npos;
  });
  ASSERT_TRUE(resolved.contains("edit")) << resolved;
  EXPECT_FALSE(resolved.contains("isPreferred"));
  EXPECT_NE(applied(kText, resolved["edit"]).find(kFixed), std::string::npos);
  EXPECT_FALSE(is_trusted(folder_ / "w"));
}

TEST_F(CodeActions, AskOnceForTrust) {
  NEEDS_SANDBOX();
  TestSession& session = start(/*trusted=*/false);
  session.replies["window/showMessageRequest"] = {{"title", "Allow"}};
  session.open(uri(), kText, "c");
  const Json offered = actions(Json::array({misspelt()}));
  EXPECT_EQ(session.call("codeAction/resolve", offered[0])["result"]["isPreferred"], true);
  EXPECT_TRUE(is_trusted(folder_ / "w"));
  EXPECT_TRUE(is_trusted(folder_ / "w" / "."));
  session.replies["window/showMessageRequest"] = Json();
  EXPECT_EQ(session.call("codeAction/resolve", offered[0])["result"]["isPreferred"], true);
}

TEST_F(CodeActions, DoNotBelieveAWorkspaceThatTrustsItself) {
  write("curlew.toml", "trusted = true\n[check]\n\"*.c\" = \"touch ran\"\n");
  TestSession& session = start(/*trusted=*/false);
  session.wait_for("window/showMessage", [](const Json& params) {
    return params["message"].get<std::string>().find("cannot say it of itself") !=
           std::string::npos;
  });
}

TEST_F(CodeActions, SayWhenNothingRepairsIt) {
  NEEDS_SANDBOX();
  write("check.sh", "echo 'a.c:2:27: error: never content'; exit 1\n");
  TestSession& session =
      start(/*trusted=*/true, able_client(), {{"check", {{"*.c", "sh check.sh"}}}});
  session.open(uri(), kText, "c");
  const Json offered = actions(Json::array({misspelt()}));
  ASSERT_EQ(offered.size(), 1u);
  const Json resolved = session.call("codeAction/resolve", offered[0])["result"];
  EXPECT_FALSE(resolved.contains("edit")) << resolved;
  session.wait_for("window/showMessage", [](const Json& params) {
    return params["message"].get<std::string>().find("not repaired") != std::string::npos;
  });
}

TEST_F(CodeActions, AreCommandsForClientsThatCannotResolve) {
  NEEDS_SANDBOX();
  Json client = able_client();
  client["textDocument"]["codeAction"].erase("resolveSupport");
  TestSession& session = start(/*trusted=*/true, client);
  session.replies["workspace/applyEdit"] = {{"applied", true}};
  session.open(uri(), kText, "c");
  const Json command = actions(Json::array({misspelt()}))[0]["command"];
  EXPECT_EQ(command["command"], "curlew.repair");
  const Json answer = session.call(
      "workspace/executeCommand",
      {{"command", command["command"]}, {"arguments", command["arguments"]}})["result"];
  EXPECT_EQ(answer["verified"], true) << answer;
  EXPECT_EQ(answer["applied"], true);
  const Json params = session.wait_for("workspace/applyEdit", [](const Json&) { return true; });
  EXPECT_NE(applied(kText, params["edit"]).find("return length(n) * 2"), std::string::npos);
}

TEST_F(CodeActions, FixAllThatTheCheckSees) {
  NEEDS_SANDBOX();
  const std::string text =
      "int length(int n) { return n; }\nint width(int n) { return n; }\n"
      "int f(int n) { return lenght(n); }\nint g(int n) { return widht(n); }\n";
  write("a.c", text);
  TestSession& session = start(
      /*trusted=*/true, able_client(),
      {{"check", {{"*.c", "cc -Werror=implicit-function-declaration -fsyntax-only {file}"}}}});
  session.open(uri(), text, "c");
  EXPECT_EQ(actions(Json::array()).size(), 0u);
  const Json offered = actions(Json::array(), Json::array({"source.fixAll"}));
  ASSERT_EQ(offered.size(), 1u);
  EXPECT_EQ(offered[0]["kind"], "source.fixAll.curlew");
  const Json resolved = session.call("codeAction/resolve", offered[0])["result"];
  ASSERT_TRUE(resolved.contains("edit")) << resolved;
  const std::string after = applied(text, resolved["edit"]);
  EXPECT_NE(after.find("return length(n); }\nint g"), std::string::npos) << after;
  EXPECT_NE(after.find("return width(n); }\n"), std::string::npos) << after;
}

TEST_F(CodeActions, AreReadyBeforeAnybodyAsks) {
  NEEDS_SANDBOX();
  TestSession& session = start(/*trusted=*/true, able_client(), {{"repair_ahead", true}});
  session.open(uri(), kText, "c");
  session.notify("curlew/didChangeDiagnostics", {{"textDocument", {{"uri", uri()}, {"version", 1}}},
                                                 {"diagnostics", Json::array({misspelt()})}});
  Json offered;
  for (int tries = 0; tries < 300; ++tries) {
    offered = actions(Json::array({misspelt()}));
    if (!offered.empty() && offered[0].contains("edit")) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  ASSERT_FALSE(offered.empty());
  EXPECT_TRUE(offered[0].contains("edit")) << offered;
  EXPECT_EQ(offered[0]["isPreferred"], true);
}

TEST_F(CodeActions, SayWhereAChangeOfAnotherFileStands) {
  NEEDS_SANDBOX();
  write("prices.py", "def total(prices, discount):\n    return sum(prices) + discount\n");
  const std::string test =
      "import unittest\nfrom prices import total\n\nclass Total(unittest.TestCase):\n"
      "    def test_total(self):\n        self.assertEqual(total([3, 4], 2), 5)\n";
  write("test_prices.py", test);
  TestSession& session = start(
      /*trusted=*/true, able_client(),
      {{"repair_ahead", true}, {"check", {{"test_*.py", "python3 -m unittest test_prices"}}}});
  session.open(uri("test_prices.py"), test, "python");
  const Json complaint{{"range", range(5, 8, 45)},
                       {"severity", 1},
                       {"source", "unittest"},
                       {"message", "AssertionError: 9 != 5"}};
  session.notify("curlew/didChangeDiagnostics",
                 {{"textDocument", {{"uri", uri("test_prices.py")}, {"version", 1}}},
                  {"diagnostics", Json::array({complaint})}});
  Json offered;
  for (int tries = 0; tries < 300; ++tries) {
    offered = session.call("textDocument/codeAction",
                           {{"textDocument", {{"uri", uri("test_prices.py")}}},
                            {"range", complaint["range"]},
                            {"context", {{"diagnostics", Json::array({complaint})}}}})["result"];
    if (!offered.empty() && offered[0].contains("edit")) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  ASSERT_FALSE(offered.empty());
  EXPECT_EQ(offered[0]["title"], "Curlew: `+` may be `-` (prices.py:2)");
  EXPECT_EQ(offered[0]["isPreferred"], true);
}

// Neovim tells a server only of its own diagnostics in `context`.
TEST_F(CodeActions, KnowWhatTheClientReportedBefore) {
  TestSession& session = start(/*trusted=*/false);
  session.open(uri(), kText, "c");
  session.notify("curlew/didChangeDiagnostics", {{"textDocument", {{"uri", uri()}, {"version", 1}}},
                                                 {"diagnostics", Json::array({misspelt()})}});
  EXPECT_EQ(actions(Json::array()).size(), 1u);
  session.type(uri(), 2, 0, 0, 0, " ");
  EXPECT_EQ(actions(Json::array()).size(), 0u);
  // Of a version that the client has not sent yet.
  session.notify("curlew/didChangeDiagnostics", {{"textDocument", {{"uri", uri()}, {"version", 3}}},
                                                 {"diagnostics", Json::array({misspelt()})}});
  EXPECT_EQ(actions(Json::array()).size(), 0u);
  session.type(uri(), 3, 0, 0, 1, "");
  EXPECT_EQ(actions(Json::array()).size(), 1u);
}

TEST_F(CodeActions, GoStaleWithTheText) {
  TestSession& session = start(/*trusted=*/true);
  session.open(uri(), kText, "c");
  const Json offered = actions(Json::array({misspelt()}));
  session.type(uri(), 2, 0, 0, 0, " ");
  const Json answer = session.call("codeAction/resolve", offered[0]);
  EXPECT_EQ(answer["error"]["code"], -32800) << answer;
}

TEST_F(CodeActions, NameTheBadFieldOfWhatComesBack) {
  TestSession& session = start(/*trusted=*/true);
  const Json answer =
      session.call("codeAction/resolve", {{"title", "x"}, {"data", {{"uri", uri()}}}});
  EXPECT_EQ(answer["error"]["message"], "params.data.version: is missing");
  const Json other = session.call("codeAction/resolve", {{"title", "x"}});
  EXPECT_EQ(other["error"]["message"], "params.data: is missing");
}

TEST_F(CodeActions, AreNoneForWhatCurlewItselfSays) {
  TestSession& session = start(/*trusted=*/true);
  session.open(uri(), kText, "c");
  Json own = misspelt();
  own["source"] = "curlew";
  EXPECT_EQ(actions(Json::array({own})).size(), 0u);
}

// --- Edits asked for in words -------------------------------------------------------------------

TEST_F(CodeActions, EditAsAskedFor) {
  TestSession& session = start(/*trusted=*/false);
  session.replies["workspace/applyEdit"] = {{"applied", true}};
  session.open(uri(), kText, "c");
  const Json answer = session.call(
      "workspace/executeCommand",
      {{"command", "curlew.edit"},
       {"arguments", Json::array({uri(), range(1, 0, 5), "rename lenght to length"})}})["result"];
  EXPECT_EQ(answer["applied"], true) << answer;
  EXPECT_EQ(answer["checked"], Json());
  const Json params = session.wait_for("workspace/applyEdit", [](const Json&) { return true; });
  EXPECT_NE(applied(kText, params["edit"]).find("return length(n) * 2"), std::string::npos);
  EXPECT_EQ(params["edit"]["documentChanges"][0]["edits"].size(), 1u);
}

TEST_F(CodeActions, SayWhetherTheCheckLikesAnEdit) {
  NEEDS_SANDBOX();
  Json client = able_client();
  client["workspace"].erase("applyEdit");
  TestSession& session =
      start(/*trusted=*/true, client, {{"check", {{"*.c", "cc -Werror -fsyntax-only {file}"}}}});
  const std::string text = "int width;\nint twice(void) { return width * 2; }\n";
  write("a.c", text);
  session.open(uri(), text, "c");
  const auto rename = [&](const std::string& to) {
    return session.call(
        "workspace/executeCommand",
        {{"command", "curlew.edit"},
         {"arguments", Json::array({uri(), range(0, 0, 3), "rename width to " + to})}});
  };
  const Json bad = rename("wide")["result"];  // the use on the second line is not renamed
  EXPECT_EQ(bad["checked"], false) << bad;
  EXPECT_EQ(bad["edit"]["changeAnnotations"]["curlew"]["needsConfirmation"], true);
  EXPECT_EQ(rename("a b")["error"]["code"], -32803);  // no name, and no model to ask
}

// The check, which did not like the half, likes the whole.
TEST_F(CodeActions, EditWithWhatFollows) {
  NEEDS_SANDBOX();
  TestSession& session = start(/*trusted=*/true, able_client(),
                               {{"check", {{"*.c", "cc -Werror -fsyntax-only {file}"}}}});
  session.replies["workspace/applyEdit"] = {{"applied", true}};
  const std::string text = "int width;\nint twice(void) { return width * 2; }\n";
  write("a.c", text);
  session.open(uri(), text, "c");
  const Json answer =
      session.call("workspace/executeCommand",
                   {{"command", "curlew.edit"},
                    {"arguments", Json::array({uri(), range(0, 0, 3), "rename width to wide",
                                               Json{{"follow", true}}})}})["result"];
  EXPECT_EQ(answer["checked"], true) << answer;
  EXPECT_EQ(answer["follows"]["places"], 1);
  EXPECT_EQ(answer["follows"]["why"], Json::array({"`width` is now `wide`"}));
  const Json params = session.wait_for("workspace/applyEdit", [](const Json&) { return true; });
  EXPECT_EQ(applied(text, params["edit"]), "int wide;\nint twice(void) { return wide * 2; }\n");
}

// An edit of a file that is not open has no version by which the client could tell.
TEST_F(CodeActions, RefuseAnEditOfAFileThatChangedOnTheDiskMeanwhile) {
  NEEDS_SANDBOX();
  write("a.c", "int width(void) { return 1; }\n");
  write("b.c", "int width(void);\nint twice(void) { return 2 * width(); }\n");
  factories_.index = [](indexer::IndexOptions options) {
    options.read_only_memory = true;
    return indexer::Index::open(options);
  };
  TestSession& session =
      start(/*trusted=*/true, able_client(), {{"check", {{"*.c", "sh -c 'sleep 1'"}}}});
  session.replies["workspace/applyEdit"] = {{"applied", true}};
  session.services().wait_until_idle(std::chrono::steady_clock::now() + kTestWaitMax);
  session.open(uri(), "int width(void) { return 1; }\n", "c");
  const auto rename = [&](const std::string& from, const std::string& to) {
    return session.call(
        "workspace/executeCommand",
        {{"command", "curlew.edit"},
         {"arguments", Json::array({uri(), range(0, 0, 3), fmt::format("rename {} to {}", from, to),
                                    Json{{"follow", true}}})}});
  };
  ASSERT_EQ(rename("width", "wide")["result"]["follows"]["places"], 2);
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(700));  // while the check runs
    write("b.c", "// Mine.\nint width(void);\nint twice(void) { return 2 * width(); }\n");
  });
  const Json answer = rename("width", "broad");
  other.join();
  ASSERT_TRUE(answer.contains("error")) << answer;
  EXPECT_EQ(answer["error"]["message"],
            "curlew.edit: b.c: changed on the disk while it was worked on");
}

// Neovim 0.12 is such a client, and refuses annotated edits in `changes`.
TEST_F(CodeActions, AreNotAnnotatedForClientsWithoutDocumentChanges) {
  Json client = able_client();
  client["workspace"]["workspaceEdit"].erase("documentChanges");
  client["workspace"].erase("applyEdit");
  TestSession& session = start(/*trusted=*/false, client);
  session.open(uri(), kText, "c");
  const Json edit = session.call(
      "workspace/executeCommand",
      {{"command", "curlew.edit"},
       {"arguments",
        Json::array({uri(), range(1, 0, 5), "rename lenght to length"})}})["result"]["edit"];
  EXPECT_FALSE(edit.contains("changeAnnotations")) << edit;
  EXPECT_FALSE(edit["changes"][uri()][0].contains("annotationId"));
}

TEST_F(CodeActions, OfferAnEditToClientsThatAskTheirUser) {
  Json client = able_client();
  client["experimental"] = {{"curlewAskAndEdit", true}};
  TestSession& session = start(/*trusted=*/false, client);
  session.open(uri(), kText, "c");
  const Json offered = actions(Json::array(), Json::array({"refactor"}));
  ASSERT_EQ(offered.size(), 1u);
  EXPECT_EQ(offered[0]["kind"], "refactor.rewrite");
  EXPECT_EQ(offered[0]["command"]["command"], "curlew.askAndEdit");
  EXPECT_EQ(offered[0]["command"]["arguments"][1], range(1, 26, 32));
}

// --- Trust --------------------------------------------------------------------------------------

TEST_F(CodeActions, TrustIsOfAFolderAndAllBelowIt) {
  fs::create_directories(folder_ / "w" / "inner");
  fs::create_directories(folder_ / "w2");
  ASSERT_TRUE(trust(folder_ / "w"));
  ASSERT_TRUE(trust(folder_ / "w"));
  EXPECT_EQ(trusted_folders().size(), 1u);
  EXPECT_TRUE(is_trusted(folder_ / "w" / "inner"));
  EXPECT_FALSE(is_trusted(folder_ / "w2"));
  EXPECT_FALSE(is_trusted(folder_));
  fs::create_directory_symlink(folder_ / "w", folder_ / "link");
  EXPECT_TRUE(is_trusted(folder_ / "link"));
  ASSERT_TRUE(trust(folder_ / "w2"));
  ASSERT_TRUE(distrust(folder_ / "w"));
  EXPECT_FALSE(is_trusted(folder_ / "w"));
  EXPECT_TRUE(is_trusted(folder_ / "w2"));
  EXPECT_FALSE(trust(folder_ / "not there"));
}

}  // namespace
}  // namespace curlew::server
