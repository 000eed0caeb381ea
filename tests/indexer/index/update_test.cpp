// Bringing the index up to date: what is parsed, what is not, what is told.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <chrono>
#include <thread>

#include "workspace.h"

namespace curlew::indexer::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Makes a file's time old enough to be trusted, and different for each `age_s`.
void set_age(const std::filesystem::path& path, int age_s) {
  std::filesystem::last_write_time(
      path, std::filesystem::file_time_type::clock::now() - std::chrono::seconds(age_s));
}

TEST(Update, ReadsWhatIsNearOpenDocumentsFirst) {
  Workspace w;
  for (const char* path : {"a/one.py", "b/c/near.py", "b/far/deep/two.py", "z.py", "b/c/open.py"})
    w.write(path, "def f():\n    pass\n");
  auto opened = Index::open({.root = w.root(), .store = w.store(), .threads = 1});
  ASSERT_TRUE(opened);
  (*opened)->set_buffer("b/c/open.py", std::make_shared<const std::string>("x = 1\n"));
  std::string last;  // in the order of their paths it would be z.py
  const auto note = [&](const IndexProgress& progress) { last = progress.path; };
  ASSERT_TRUE((*opened)->update(note));
  EXPECT_EQ(last, "b/far/deep/two.py");
}

TEST(Update, CountsWhatItFinds) {
  Workspace w;
  w.write("a.cpp", "int twice(int x) { return 2 * x; }\n");
  w.write("pkg/b.py", "def greet(name):\n    return 'hi ' + name\n");
  const IndexStats stats = w.update();
  EXPECT_EQ(stats.files, 2);
  EXPECT_EQ(stats.indexed, 2);
  EXPECT_GE(stats.symbols, 2);
  EXPECT_GE(stats.chunks, 2);
  EXPECT_EQ(stats.by_language.at("cpp").files, 1);
  EXPECT_EQ(stats.by_language.at("python").files, 1);
  EXPECT_GT(stats.index_bytes, 0);
  EXPECT_THAT(stats.notes, IsEmpty());
}

TEST(Update, LeavesUnchangedFilesAlone) {
  Workspace w;
  w.write("a.cpp", "int twice(int x) { return 2 * x; }\n");
  set_age(w.root() / "a.cpp", 60);
  EXPECT_EQ(w.update().indexed, 1);
  EXPECT_EQ(w.update().indexed, 0);
  w.close();  // and after a restart
  EXPECT_EQ(w.update().indexed, 0);
  EXPECT_THAT(w.definitions("twice"), ElementsAre("a.cpp:1 twice function"));
}

TEST(Update, ParsesNothingWhenOnlyTheTimeChanged) {
  Workspace w;
  w.write("a.cpp", "int twice(int x) { return 2 * x; }\n");
  set_age(w.root() / "a.cpp", 60);
  w.update();
  set_age(w.root() / "a.cpp", 30);
  EXPECT_EQ(w.update().indexed, 0);
}

TEST(Update, SeesAChangeOfTheSameSizeMadeAtOnce) {
  Workspace w;
  w.write("a.cpp", "int aaaa() { return 1; }\n");
  w.update();
  w.write("a.cpp", "int bbbb() { return 1; }\n");
  EXPECT_EQ(w.update().indexed, 1);
  EXPECT_THAT(w.definitions("aaaa"), IsEmpty());
  EXPECT_THAT(w.definitions("bbbb"), ElementsAre("a.cpp:1 bbbb function"));
}

TEST(Update, ForgetsDeletedFiles) {
  Workspace w;
  w.write("a.cpp", "int gone() { return 1; }\n").write("b.cpp", "int stays() { return 2; }\n");
  w.update();
  w.remove("a.cpp");
  const IndexStats stats = w.update();
  EXPECT_EQ(stats.removed, 1);
  EXPECT_EQ(stats.files, 1);
  EXPECT_THAT(w.definitions("gone"), IsEmpty());
  EXPECT_THAT(w.search("gone"), IsEmpty());
}

TEST(Update, TakesNamedFilesOnly) {
  Workspace w;
  w.write("a.cpp", "int first() { return 1; }\n").write("b.cpp", "int second() { return 2; }\n");
  w.update();
  w.write("a.cpp", "int first_changed() { return 1; }\n");
  w.write("b.cpp", "int second_changed() { return 1; }\n");
  w.write("c.cpp", "int third() { return 1; }\n");
  ASSERT_TRUE(w.index().update_files({"a.cpp", "c.cpp", "never_was.cpp"}));
  EXPECT_THAT(w.definitions("first_changed"), ElementsAre("a.cpp:1 first_changed function"));
  EXPECT_THAT(w.definitions("third"), ElementsAre("c.cpp:1 third function"));
  EXPECT_THAT(w.definitions("second_changed"), IsEmpty());
  w.remove("c.cpp");
  ASSERT_TRUE(w.index().update_files({"c.cpp"}));
  EXPECT_THAT(w.definitions("third"), IsEmpty());
}

TEST(Update, NeverStoresSecretsEvenWhenNamed) {
  Workspace w;
  w.write(".env", "TOKEN=abcdefgh\n").write("a.cpp", "int x() { return 1; }\n");
  w.update();
  ASSERT_TRUE(w.index().update_files({".env"}));
  EXPECT_EQ(w.index().stats().files, 1);
  EXPECT_THAT(w.search("abcdefgh"), IsEmpty());
}

TEST(Update, RemembersWhyAFileWasSkipped) {
  Workspace w;
  w.write("data.cpp", std::string("int x;\0\1\2", 9)).write("a.cpp", "int x() { return 1; }\n");
  const IndexStats stats = w.update();
  EXPECT_EQ(stats.files, 1);
  EXPECT_EQ(stats.skipped.at("binary"), 1);
}

TEST(Update, TellsProgressFirstAndLast) {
  Workspace w;
  for (int i = 0; i < 20; ++i)
    w.write(fmt::format("f{}.py", i), fmt::format("def f{}(): pass\n", i));
  std::vector<std::pair<int, int>> told;
  ASSERT_TRUE(w.index().update(
      [&](const IndexProgress& p) { told.emplace_back(p.files_done, p.files_total); }));
  ASSERT_GE(told.size(), 2u);
  EXPECT_EQ(told.front(), std::make_pair(0, 20));
  EXPECT_EQ(told.back(), std::make_pair(20, 20));
  EXPECT_TRUE(std::is_sorted(told.begin(), told.end()));
}

TEST(Update, StopsWhenAskedAndGoesOnLater) {
  Workspace w;
  for (int i = 0; i < 200; ++i) {
    std::string text;
    for (int j = 0; j < 50; ++j) text += fmt::format("def f_{}_{}(): pass\n", i, j);
    w.write(fmt::format("f{}.py", i), text);
  }
  std::stop_source stop;
  Expected<IndexStats> stopped =
      w.index().update([&](const IndexProgress&) { stop.request_stop(); }, stop.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().kind(), Errc::kCancelled);
  EXPECT_EQ(w.update().files, 200);
}

TEST(Update, ManyFilesFillTheQueueAndAllArrive) {
  Workspace w;
  for (int i = 0; i < 700; ++i)
    w.write(fmt::format("d{}/f{}.py", i % 7, i),
            fmt::format("def unique_{0}():\n    return {0}\n", i));
  EXPECT_EQ(w.update().indexed, 700);
  for (int i : {0, 255, 256, 511, 699})
    EXPECT_EQ(w.definitions(fmt::format("unique_{}", i)).size(), 1u) << i;
}

TEST(Update, AMissingRootIsNotFound) {
  Expected<std::unique_ptr<Index>> index = Index::open({.root = "/no/such/folder"});
  ASSERT_FALSE(index);
  EXPECT_EQ(index.error().kind(), Errc::kNotFound);
  EXPECT_THAT(index.error().message(), ::testing::HasSubstr("/no/such/folder"));
}

// A grammar's line numbers end somewhere; references have a limit of ours.
TEST(Update, SaysWhichFilesLostTheirSymbolsToALimit) {
  Workspace w;
  std::string data, calls = "void all(void) {\n";
  for (int i = 0; i < 12'000; ++i) data += fmt::format("k{}:\n  - a: 1\n    b: 2\n", i);
  for (int i = 0; i < 100'500; ++i) calls += "f();\n";
  w.write("a.c", "int a;\n").write("data.yaml", data).write("calls.c", calls + "}\n");
  const auto is_told = [](const IndexStats& stats) {
    EXPECT_THAT(stats.notes, ::testing::IsEmpty());
    EXPECT_THAT(stats.limits,
                ::testing::UnorderedElementsAre(::testing::HasSubstr("no symbols: the language's"),
                                                ::testing::HasSubstr("part of their symbols")));
    for (const std::string& limit : stats.limits)
      EXPECT_THAT(limit, ::testing::AnyOf(::testing::HasSubstr("1 file has no symbols"),
                                          ::testing::EndsWith("(calls.c)")));
  };
  is_told(w.update());
  w.close();
  is_told(w.update());  // without parsing anything
}

}  // namespace
}  // namespace curlew::indexer::testing
