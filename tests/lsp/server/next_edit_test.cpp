#include "lsp/server/next_edit.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "tests/lsp/server/test_session.h"

namespace curlew::server {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUri = "file:///w/a.py";
constexpr const char* kText =
    "def mean(values):\n"
    "    s = 0\n"
    "    for value in values:\n"
    "        s += value\n"
    "    return s / len(values)\n";

Json place(const std::string& uri, int line, int character, std::optional<int> version = {}) {
  Json document{{"uri", uri}};
  if (version) document["version"] = *version;
  return {{"textDocument", document},
          {"position", {{"line", line}, {"character", character}}},
          {"context", {{"triggerKind", 2}}}};
}
Json range(int line, int from, int to) {
  return {{"start", {{"line", line}, {"character", from}}},
          {"end", {{"line", line}, {"character", to}}}};
}
int code(const Json& answer) {
  return answer.value("error", Json::object()).value("code", 0);
}

// `s` becomes `total` where it gets its value.
void rename_s(TestSession& session, int version = 2) {
  session.type(kUri, version, 1, 4, 5, "total");
}

TEST(NextEdit, AnswersCopilotsClientsWithOneEntryOfTheDocumentsVersion) {
  TestSession session;
  session.initialize();
  session.open(kUri, kText, "python");
  rename_s(session, 7);
  const Json answer = session.call("textDocument/copilotInlineEdit", place(kUri, 1, 9, 7));
  ASSERT_EQ(answer["result"]["edits"].size(), 1u) << answer;
  const Json& edit = answer["result"]["edits"][0];
  EXPECT_EQ(edit["text"], "total");
  EXPECT_EQ(edit["range"], range(3, 8, 9));
  EXPECT_EQ(edit["textDocument"], (Json{{"uri", kUri}, {"version", 7}}));
  EXPECT_EQ(edit["command"]["command"], "curlew.accepted");
  EXPECT_EQ(edit["command"]["arguments"].size(), 1u);
}

TEST(NextEdit, CountsWhatIsAcceptedApartFromCompletions) {
  TestSession session;
  session.initialize();
  session.open(kUri, kText, "python");
  rename_s(session);
  const Json found = session.call("curlew/nextEdit", place(kUri, 1, 9))["result"];
  session.call("workspace/executeCommand",
               {{"command", "curlew.accepted"}, {"arguments", {found["id"]}}});
  const Json status = session.call("curlew/status", Json::object())["result"];
  EXPECT_EQ(status["next_edit"],
            (Json{{"requests", 1}, {"found", 1}, {"accepted", 1}, {"refused", 0}}));
  EXPECT_EQ(status["completion"]["accepted"], 0);
}

TEST(NextEdit, SaysWhereToJumpAndWhatComesAfter) {
  TestSession session;
  session.initialize();
  session.open(kUri, kText, "python");
  rename_s(session);
  const Json result = session.call("curlew/nextEdit", place(kUri, 1, 9))["result"];
  EXPECT_EQ(result["kind"], "rename");
  EXPECT_EQ(result["why"], "`s` is now `total`");
  EXPECT_GE(result["confidence"], 0.5);
  EXPECT_EQ(result["jump"], (Json{{"uri", kUri}, {"range", range(3, 8, 9)}}));
  EXPECT_EQ(result["edit"]["textDocument"]["version"], 2);
  ASSERT_EQ(result["more"].size(), 1u);
  EXPECT_EQ(result["more"][0]["edits"][0]["range"], range(4, 11, 12));
}

TEST(NextEdit, JoinsTheEditsOfALineForClientsThatTakeOne) {
  TestSession session;
  session.initialize();
  session.open(kUri, "def f(a):\n    return a * a\n", "python");
  session.type(kUri, 2, 0, 6, 7, "side");
  const Json edit =
      session.call("textDocument/copilotInlineEdit", place(kUri, 0, 10))["result"]["edits"][0];
  EXPECT_EQ(edit["text"], "side * side");
  EXPECT_EQ(edit["range"], range(1, 11, 16));
}

TEST(NextEdit, CountsPositionsInTheNegotiatedEncoding) {
  for (const auto& [encoding, column] : {std::pair("utf-16", 13), std::pair("utf-8", 15)}) {
    TestSession session;
    session.initialize({{"general", {{"positionEncodings", {encoding}}}}});
    session.open(kUri, "def f(ab):\n    x = \"😀\"; y = ab\n    return y\n", "python");
    session.type(kUri, 2, 0, 6, 8, "name");
    const Json edit =
        session.call("textDocument/copilotInlineEdit", place(kUri, 0, 10))["result"]["edits"][0];
    EXPECT_EQ(edit["range"]["start"], (Json{{"line", 1}, {"character", column + 5}})) << encoding;
  }
}

TEST(NextEdit, IsQuietBeforeAnythingWasEditedAndForAnotherVersion) {
  TestSession session;
  session.initialize();
  session.open(kUri, kText, "python");
  EXPECT_TRUE(
      session.call("textDocument/copilotInlineEdit", place(kUri, 1, 9))["result"]["edits"].empty());
  rename_s(session);
  EXPECT_TRUE(
      session.call("textDocument/copilotInlineEdit", place(kUri, 1, 9, 1))["result"]["edits"]
          .empty());
  const Json result = session.call("curlew/nextEdit", place(kUri, 1, 9, 1))["result"];
  EXPECT_TRUE(result["edit"].is_null());
  EXPECT_EQ(result["reason"], "the document is at another version");
}

TEST(NextEdit, OffersTheNextPlaceOnceOneIsTaken) {
  TestSession session;
  session.initialize();
  session.open(kUri, kText, "python");
  rename_s(session);
  session.type(kUri, 3, 3, 8, 9, "total");
  const Json edit =
      session.call("textDocument/copilotInlineEdit", place(kUri, 3, 13))["result"]["edits"][0];
  EXPECT_EQ(edit["range"], range(4, 11, 12));
  session.type(kUri, 4, 4, 11, 12, "total");
  EXPECT_TRUE(session.call("textDocument/copilotInlineEdit", place(kUri, 4, 16))["result"]["edits"]
                  .empty());
}

TEST(NextEdit, OffersNothingTwiceThatWasRefused) {
  TestSession session;
  session.initialize();
  session.open(kUri, kText, "python");
  rename_s(session);
  const Json first = session.call("curlew/nextEdit", place(kUri, 1, 9))["result"];
  session.notify("curlew/nextEditRefused", {{"id", first["id"]}});
  session.notify("curlew/nextEditRefused", {{"id", "n999"}});
  const Json second = session.call("curlew/nextEdit", place(kUri, 1, 9))["result"];
  EXPECT_EQ(second["jump"]["range"], range(4, 11, 12));
  session.notify("curlew/nextEditRefused", {{"id", second["id"]}});
  EXPECT_TRUE(session.call("curlew/nextEdit", place(kUri, 1, 9))["result"]["edit"].is_null());
}

TEST(NextEdit, OffersNothingThatWasTakenBack) {
  TestSession session;
  session.initialize();
  session.open(kUri, kText, "python");
  rename_s(session);
  session.type(kUri, 3, 3, 8, 9, "total");
  session.type(kUri, 4, 3, 8, 13, "s");
  const Json edit =
      session.call("textDocument/copilotInlineEdit", place(kUri, 3, 9))["result"]["edits"][0];
  EXPECT_EQ(edit["range"], range(4, 11, 12));
}

TEST(NextEdit, KnowsWhatIsTypedKeyByKeyAndSentAsAWhole) {
  TestSession session;
  session.initialize();
  session.open(kUri, kText, "python");
  int version = 2;
  session.type(kUri, version++, 1, 4, 5, "t");
  for (const auto& [column, key] : {std::pair(5, "o"), {6, "t"}, {7, "a"}, {8, "l"}})
    session.type(kUri, version++, 1, column, column, key);
  EXPECT_EQ(
      session.call("textDocument/copilotInlineEdit", place(kUri, 1, 9))["result"]["edits"].size(),
      1u);

  TestSession whole;
  whole.initialize();
  whole.open(kUri, kText, "python");
  std::string text = kText;
  text.replace(text.find("s = 0"), 1, "total");
  whole.notify("textDocument/didChange", {{"textDocument", {{"uri", kUri}, {"version", 2}}},
                                          {"contentChanges", {{{"text", text}}}}});
  EXPECT_EQ(
      whole.call("textDocument/copilotInlineEdit", place(kUri, 1, 9))["result"]["edits"].size(),
      1u);
}

TEST(NextEdit, IsQuietWherePausedOrSwitchedOff) {
  for (const Json& options :
       {Json{{"next_edit", {{"enabled", false}}}}, Json{{"disabled_languages", {"python"}}}}) {
    TestSession session;
    session.initialize(Json::object(), {{"initializationOptions", options}});
    session.open(kUri, kText, "python");
    rename_s(session);
    EXPECT_TRUE(session.call("curlew/nextEdit", place(kUri, 1, 9))["result"]["edit"].is_null());
  }
  TestSession session;
  session.initialize();
  session.open(kUri, kText, "python");
  rename_s(session);
  session.call("workspace/executeCommand", {{"command", "curlew.pause"}, {"arguments", {true}}});
  EXPECT_EQ(session.call("curlew/nextEdit", place(kUri, 1, 9))["result"]["reason"], "paused");
}

TEST(NextEdit, RefusesWhatItCannotAnswer) {
  TestSession session;
  session.initialize();
  EXPECT_NE(code(session.call("textDocument/copilotInlineEdit", place(kUri, 0, 0))), 0);
  session.open(kUri, kText, "python");
  EXPECT_NE(code(session.call("textDocument/copilotInlineEdit", place(kUri, 99, 0))), 0);
  EXPECT_EQ(code(session.call("curlew/nextEdit", Json::object())), -32602);
}

// Every request of a storm of keys is answered once: with a result or as cancelled.
TEST(NextEdit, IsAnsweredOnceThoughEditsCancelIt) {
  TestSession session;
  session.initialize();
  std::string text;
  for (int i = 0; i < 2000; ++i) text += fmt::format("def f{0}(a):\n    return a + {0}\n", i);
  session.open(kUri, text, "python");
  std::vector<std::int64_t> ids;
  for (int i = 0; i < 20; ++i) {
    session.type(kUri, 2 + i, 0, 7 + i, 7 + i, "b");
    ids.push_back(session.ask("textDocument/copilotInlineEdit", place(kUri, 0, 8 + i)));
  }
  int results = 0;
  for (const std::int64_t id : ids) {
    const Json answer = session.answer(id);
    results += answer.contains("result");
    EXPECT_TRUE(answer.contains("result") || code(answer) == -32800) << answer;
  }
  EXPECT_TRUE(session.answer(ids.back()).contains("result"));
  EXPECT_GE(results, 1);
}

// --- Files of a workspace -------------------------------------------------------------------------

class NextEditWorkspace : public testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() / fmt::format("curlew-next-edit-server-{}", ::getpid());
    fs::create_directories(root_);
    write("price.py", "def gross(net):\n    return net\n");
    write("cart.py", "from price import gross\n\n\ndef total(net):\n    return gross(net)\n");
    factories_ = quiet_factories();
    factories_.index = [](indexer::IndexOptions options) {
      options.read_only_memory = true;
      return indexer::Index::open(options);
    };
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(root_ / name) << text;
  }
  std::string uri(const std::string& name) const { return "file://" + (root_ / name).string(); }

  // Opens the workspace and renames gross() in price.py.
  void rename_gross(TestSession& session) {
    session.initialize(Json::object(), {{"rootUri", "file://" + root_.string()}});
    session.services().wait_until_idle(std::chrono::steady_clock::now() + kTestWaitMax);
    session.open(uri("price.py"), "def gross(net):\n    return net\n", "python");
    session.type(uri("price.py"), 2, 0, 4, 9, "gross_price");
  }

  fs::path root_;
  ServiceFactories factories_;
};

TEST_F(NextEditWorkspace, EditsFilesThatAreNotOpenAsTheyAreOnTheDisk) {
  TestSession session(factories_);
  rename_gross(session);
  Json result = session.call("curlew/nextEdit", place(uri("price.py"), 0, 15))["result"];
  ASSERT_FALSE(result["edit"].is_null()) << result;
  EXPECT_EQ(result["edit"]["textDocument"], (Json{{"uri", uri("cart.py")}, {"version", nullptr}}));
  EXPECT_EQ(result["edit"]["edits"][0]["range"], range(0, 18, 23));
  // Copilot's clients know open files only.
  EXPECT_TRUE(
      session
          .call("textDocument/copilotInlineEdit", place(uri("price.py"), 0, 15))["result"]["edits"]
          .empty());

  // What the disk says now counts, not what the index has read.
  write("cart.py", "\nfrom price import gross\n\n\ndef total(net):\n    return gross(net)\n");
  result = session.call("curlew/nextEdit", place(uri("price.py"), 0, 15))["result"];
  EXPECT_EQ(result["edit"]["edits"][0]["range"], range(1, 18, 23));
}

// Neovim escapes fewer characters than we do.
TEST_F(NextEditWorkspace, EditsOpenFilesUnderTheNameThatTheirClientUses) {
  write("cart(1).py", "from price import gross\n\n\ndef total(net):\n    return gross(net)\n");
  fs::remove(root_ / "cart.py");
  TestSession session(factories_);
  rename_gross(session);
  session.open(uri("cart(1).py"), "\nfrom price import gross\n", "python");
  const Json result = session.call("curlew/nextEdit", place(uri("price.py"), 0, 15))["result"];
  EXPECT_EQ(result["edit"]["textDocument"], (Json{{"uri", uri("cart(1).py")}, {"version", 1}}));
  EXPECT_EQ(result["edit"]["edits"][0]["range"], range(1, 18, 23));
}

TEST_F(NextEditWorkspace, EditsOpenFilesAtTheirVersion) {
  TestSession session(factories_);
  rename_gross(session);
  session.open(uri("cart.py"), "from price import gross\n", "python");
  const Json edit = session.call("textDocument/copilotInlineEdit",
                                 place(uri("price.py"), 0, 15))["result"]["edits"][0];
  EXPECT_EQ(edit["textDocument"], (Json{{"uri", uri("cart.py")}, {"version", 1}}));
  EXPECT_EQ(edit["range"], range(0, 18, 23));
}

TEST_F(NextEditWorkspace, IsNotCurrentWhenTheFileChanged) {
  Documents documents;
  const auto text = std::make_shared<const std::string>("def gross(net):\n    return net\n");
  const assist::FileEdit edit{"price.py", text, {{4, 9, "x"}}};
  EXPECT_TRUE(is_current(documents, root_, edit));
  write("price.py", "def other(net):\n    return net\n");
  EXPECT_FALSE(is_current(documents, root_, edit));
  fs::remove(root_ / "price.py");
  EXPECT_FALSE(is_current(documents, root_, edit));
  fs::create_symlink(root_ / "cart.py", root_ / "price.py");
  EXPECT_FALSE(is_current(documents, root_, edit));
}

}  // namespace
}  // namespace curlew::server
