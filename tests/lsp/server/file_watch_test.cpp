// Files that change behind the editor's back, where the client cannot watch them.
#include <fmt/format.h>
#include <unistd.h>

#include <fstream>

#include "tests/lsp/server/test_session.h"

namespace curlew::server {
namespace {

namespace fs = std::filesystem;

const Json kWatchingClient{
    {"workspace", {{"didChangeWatchedFiles", {{"dynamicRegistration", true}}}}}};

class FileWatchTest : public testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() / fmt::format("curlew-file-watch-{}", ::getpid());
    fs::create_directories(root_ / "src");
    write("src/price.py", "def gross(net):\n    return net\n");
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
  void start(TestSession& session, const Json& capabilities = Json::object()) {
    session.initialize(capabilities, {{"rootUri", "file://" + root_.string()}});
  }

  Json status(TestSession& session) {
    return session.call("curlew/status", Json::object())["result"]["index"][0];
  }
  // Whether a symbol comes to be there, or not to be, in time.
  bool becomes(TestSession& session, const std::string& name, bool is_there) {
    const auto deadline = std::chrono::steady_clock::now() + kTestWaitMax;
    while (std::chrono::steady_clock::now() < deadline) {
      const Json found = session.call("workspace/symbol", {{"query", name}})["result"];
      if (found.empty() != is_there) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
  // Until the folders are watched.
  bool is_watched(TestSession& session, const std::string& how) {
    const auto deadline = std::chrono::steady_clock::now() + kTestWaitMax;
    while (std::chrono::steady_clock::now() < deadline) {
      if (status(session)["watched"] == how) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

  fs::path root_;
  ServiceFactories factories_;
};

TEST_F(FileWatchTest, WhatIsMadeChangedAndRemovedIsFoundOrGone) {
  TestSession session(factories_);
  start(session);
  ASSERT_TRUE(becomes(session, "gross", true));
  ASSERT_TRUE(is_watched(session, "2 folders")) << status(session);
  write("src/cart.py", "def total_of_cart(items):\n    return sum(items)\n");
  EXPECT_TRUE(becomes(session, "total_of_cart", true));
  write("src/cart.py", "def sum_of_cart(items):\n    return sum(items)\n");
  EXPECT_TRUE(becomes(session, "sum_of_cart", true));
  EXPECT_TRUE(becomes(session, "total_of_cart", false));
  fs::remove(root_ / "src/price.py");
  EXPECT_TRUE(becomes(session, "gross", false));
}

TEST_F(FileWatchTest, FoldersThatComeLaterAreWatchedToo) {
  TestSession session(factories_);
  start(session);
  ASSERT_TRUE(is_watched(session, "2 folders")) << status(session);
  fs::create_directories(root_ / "more/deep");
  write("more/deep/late.py", "def found_late():\n    pass\n");
  EXPECT_TRUE(becomes(session, "found_late", true));
  ASSERT_TRUE(is_watched(session, "4 folders")) << status(session);
  write("more/deep/later.py", "def found_later():\n    pass\n");
  EXPECT_TRUE(becomes(session, "found_later", true));
}

TEST_F(FileWatchTest, IsLeftToClientsThatCan) {
  TestSession session(factories_);
  start(session, kWatchingClient);
  EXPECT_EQ(status(session)["watched"], "by the client");
}

TEST_F(FileWatchTest, EndsWithItsWorkspaceFolder) {
  TestSession session(factories_);
  start(session);
  ASSERT_TRUE(is_watched(session, "2 folders"));
  const Json folder{{"uri", "file://" + root_.string()}, {"name", "w"}};
  session.notify("workspace/didChangeWorkspaceFolders",
                 {{"event", {{"removed", {folder}}, {"added", Json::array()}}}});
  EXPECT_TRUE(session.call("curlew/status", Json::object())["result"]["index"].empty());
  session.notify("workspace/didChangeWorkspaceFolders",
                 {{"event", {{"removed", Json::array()}, {"added", {folder}}}}});
  EXPECT_TRUE(is_watched(session, "2 folders"));
  write("src/cart.py", "def total_of_cart(items):\n    return sum(items)\n");
  EXPECT_TRUE(becomes(session, "total_of_cart", true));
}

}  // namespace
}  // namespace curlew::server
