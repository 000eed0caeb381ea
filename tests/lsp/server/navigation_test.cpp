// Definitions, implementations and uses, for editors without another server.
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "lsp/server/uri.h"
#include "tests/lsp/server/test_session.h"

namespace curlew::server {
namespace {

namespace fs = std::filesystem;

constexpr const char* kShapes =
    "class Shape:\n"
    "    def area(self):\n"
    "        return 0\n"
    "\n\n"
    "class Square(Shape):\n"
    "    def __init__(self, side):\n"
    "        self.side = side\n"
    "\n"
    "    def area(self):\n"
    "        return self.side * self.side\n";
constexpr const char* kMain =
    "# ü Square\n"
    "from shapes import Square\n"
    "\n\n"
    "def total(side):\n"
    "    name = 'ü😀'; square = Square(side)\n"
    "    return square.area() + side\n";

class Navigation : public testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() / fmt::format("curlew-navigation-{}", ::getpid());
    fs::create_directories(root_);
    root_ = fs::canonical(root_);
    std::ofstream(root_ / "shapes.py") << kShapes;
    std::ofstream(root_ / "main.py") << kMain;
  }
  void TearDown() override {
    session_.reset();
    fs::remove_all(root_);
  }
  Json start(Json options) {
    ServiceFactories factories = quiet_factories();
    factories.index = [](indexer::IndexOptions index) {
      index.read_only_memory = true;
      return indexer::Index::open(index);
    };
    session_ = std::make_unique<TestSession>(factories);
    Json answer = session_->initialize(
        Json::object(), {{"rootUri", uri("")}, {"initializationOptions", std::move(options)}});
    session_->services().wait_until_idle(std::chrono::steady_clock::now() + kTestWaitMax);
    session_->open(uri("main.py"), kMain, "python");
    session_->open(uri("shapes.py"), kShapes, "python");
    return answer["capabilities"];
  }
  std::string uri(const std::string& name) const { return uri_of_path(root_ / name); }

  // "file:line:from-to" of each.
  std::vector<std::string> ask(const std::string& method, const std::string& file, int line,
                               int character) {
    const Json answer =
        session_->call(method, {{"textDocument", {{"uri", uri(file)}}},
                                {"position", {{"line", line}, {"character", character}}}});
    std::vector<std::string> places;
    for (const Json& location : answer["result"]) {
      const Json& range = location["range"];
      const std::string path = location.value("uri", uri(file));
      places.push_back(fmt::format(
          "{}:{}:{}-{}", path.substr(path.rfind('/') + 1), range["start"]["line"].get<int>(),
          range["start"]["character"].get<int>(), range["end"]["character"].get<int>()));
    }
    return places;
  }

  fs::path root_;
  std::unique_ptr<TestSession> session_;
};

using Places = std::vector<std::string>;

TEST_F(Navigation, IsAnnouncedOnlyWhereItIsAskedFor) {
  EXPECT_FALSE(start({{"navigation", false}}).contains("definitionProvider"));
  session_.reset();
  const Json capabilities = start({{"navigation", true}});
  for (const char* provider : {"definitionProvider", "implementationProvider", "referencesProvider",
                               "documentHighlightProvider"})
    EXPECT_EQ(capabilities[provider], true) << provider;
}

TEST_F(Navigation, FindsDefinitionsHereAndElsewhere) {
  start({{"navigation", true}});
  EXPECT_EQ(ask("textDocument/definition", "main.py", 5, 30), (Places{"shapes.py:5:6-12"}));
  EXPECT_EQ(ask("textDocument/definition", "main.py", 5, 36), (Places{"main.py:4:10-14"}));
  EXPECT_EQ(ask("textDocument/definition", "main.py", 2, 0), (Places{}));
}

TEST_F(Navigation, FindsWhoImplementsATypeAndWhoOverridesAMethod) {
  start({{"navigation", true}});
  EXPECT_EQ(ask("textDocument/implementation", "shapes.py", 0, 8), (Places{"shapes.py:5:6-12"}));
  EXPECT_EQ(ask("textDocument/implementation", "shapes.py", 1, 10), (Places{"shapes.py:9:8-12"}));
}

TEST_F(Navigation, FindsUsesInCodeOnlyAndOfALocalInItsScopeOnly) {
  start({{"navigation", true}});
  EXPECT_EQ(ask("textDocument/references", "shapes.py", 5, 8),
            (Places{"shapes.py:5:6-12", "main.py:1:19-25", "main.py:5:27-33"}));
  EXPECT_EQ(ask("textDocument/references", "shapes.py", 9, 9),
            (Places{"shapes.py:9:8-12", "main.py:6:18-22"}))
      << "a member is used in other files, too; Shape.area is another";
  EXPECT_EQ(ask("textDocument/references", "main.py", 4, 11),
            (Places{"main.py:4:10-14", "main.py:5:34-38", "main.py:6:27-31"}));
  EXPECT_EQ(ask("textDocument/documentHighlight", "main.py", 6, 28),
            (Places{"main.py:4:10-14", "main.py:5:34-38", "main.py:6:27-31"}));
}

TEST_F(Navigation, HasNothingToSayWithoutAnIndex) {
  session_ = std::make_unique<TestSession>();
  session_->initialize(Json::object(), {{"rootUri", uri("")}});
  session_->open(uri("main.py"), kMain, "python");
  for (const char* method : {"textDocument/definition", "textDocument/implementation",
                             "textDocument/references", "textDocument/documentHighlight"})
    EXPECT_EQ(ask(method, "main.py", 5, 30), (Places{})) << method;
}

}  // namespace
}  // namespace curlew::server
