// What a server does about its index without being asked: when the cache was emptied, when it is
// damaged.
#include <fmt/format.h>
#include <unistd.h>

#include <fstream>

#include "tests/lsp/server/test_session.h"

namespace curlew::server {
namespace {

namespace fs = std::filesystem;

// A workspace of files that together make a segment on the disk.
class IndexCareTest : public testing::Test {
 protected:
  static constexpr int kFiles = 400;

  void SetUp() override {
    folder_ = fs::temp_directory_path() / fmt::format("curlew-index-care-{}", ::getpid());
    fs::create_directories(root());
    for (int i = 0; i < kFiles; ++i) {
      std::string text;
      for (int j = 0; j < 60; ++j)
        text +=
            fmt::format("def function_{0}_{1}(argument_{1}):\n    return argument_{1}\n\n", i, j);
      write(fmt::format("f{}.py", i), text);
    }
    factories_ = quiet_factories();
    factories_.index = [store = store()](indexer::IndexOptions options) {
      options.store = store;
      return indexer::Index::open(options);
    };
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path root() const { return folder_ / "tree"; }
  fs::path store() const { return folder_ / "cache" / "index.sqlite"; }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(root() / name) << text;
  }
  void start(TestSession& session) {
    session.initialize(Json::object(), {{"rootUri", "file://" + root().string()}});
    ASSERT_TRUE(comes_to(session, [&] { return files(session) == kFiles; }));
  }

  Json status(TestSession& session) {
    return session.call("curlew/status", Json::object())["result"]["index"][0];
  }
  // Of an index that is up to date; else -1.
  int files(TestSession& session) {
    const Json now = status(session);
    return now["state"] == "ready" ? now["files"].get<int>() : -1;
  }
  std::size_t found(TestSession& session, const std::string& name) {
    return session.call("workspace/symbol", {{"query", name}})["result"].size();
  }
  template <class Test>
  bool comes_to(TestSession&, Test test) {
    const auto deadline = std::chrono::steady_clock::now() + kTestWaitMax;
    while (!test()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
  }

  fs::path folder_;
  ServiceFactories factories_;
};

TEST_F(IndexCareTest, AnEmptiedCacheIsFilledAgainAtTheNextSave) {
  TestSession session(factories_);
  start(session);
  fs::remove_all(store().parent_path());
  write("f7.py", "def seven():\n    pass\n");
  const Json document{{"uri", "file://" + (root() / "f7.py").string()}};
  session.notify("textDocument/didSave", {{"textDocument", document}});
  EXPECT_TRUE(comes_to(session, [&] { return found(session, "seven") == 1; }));
  EXPECT_TRUE(comes_to(session, [&] { return files(session) == kFiles; })) << status(session);
  EXPECT_EQ(found(session, "function_399_59"), 1u);
}

TEST_F(IndexCareTest, DamageIsMendedByItself) {
  {
    TestSession session(factories_);
    start(session);
  }
  for (const auto& entry : fs::directory_iterator(store().string() + ".segments")) {
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    const auto middle = static_cast<std::streamoff>(fs::file_size(entry.path()) / 2);
    file.seekg(middle);
    const int byte = file.get();
    file.seekp(middle);
    file.put(static_cast<char>(byte ^ 0x10));
  }
  TestSession session(factories_);
  session.initialize(Json::object(), {{"rootUri", "file://" + root().string()}});
  // No query asks for what is damaged.
  EXPECT_TRUE(comes_to(session, [&] { return files(session) == kFiles; })) << status(session);
  for (int i = 0; i < kFiles; ++i) {
    const std::string name = fmt::format("function_{}_3", i);
    EXPECT_TRUE(comes_to(session, [&] { return found(session, name) >= 1; })) << name;
  }
}

}  // namespace
}  // namespace curlew::server
