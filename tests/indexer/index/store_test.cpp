// What happens to the store when the world is unkind.
#include "indexer/store.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <random>
#include <thread>

#include "store_workspace.h"

namespace curlew::indexer::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// An index that was built, then damaged by `damage`, is rebuilt with a word about it.
template <class Damage>
void expect_rebuilt(Damage damage, const std::string& word) {
  Workspace w;
  write_files(w, 30);
  w.update();
  w.close();
  damage(w.store());
  EXPECT_THAT(w.index().stats().notes, ElementsAre(HasSubstr("the index was unreadable")));
  EXPECT_THAT(w.index().stats().notes, ElementsAre(HasSubstr(word)));
  EXPECT_EQ(w.update().indexed, 30);
  EXPECT_THAT(w.definitions("function_7_3"), SizeIs(1));
  EXPECT_TRUE(fs::exists(w.store().string() + ".broken"));
}

void sql(const fs::path& path, const char* statement) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(db, statement, nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(db);
}

TEST(Store, RebuildsAFileThatIsNoDatabase) {
  expect_rebuilt(
      [](const fs::path& path) {
        std::ofstream(path, std::ios::binary) << std::string(20'000, 'z');
      },
      "not a database");
}

TEST(Store, RebuildsATruncatedFile) {
  expect_rebuilt([](const fs::path& path) { fs::resize_file(path, fs::file_size(path) / 2); },
                 "malformed");
}

TEST(Store, RebuildsAFileOfAnotherVersion) {
  expect_rebuilt([](const fs::path& path) { sql(path, "PRAGMA user_version=9999"); },
                 "format 9999");
}

TEST(Store, RebuildsADatabaseOfSomeoneElse) {
  expect_rebuilt([](const fs::path& path) { sql(path, "PRAGMA application_id=77"); },
                 "no index of Curlew");
}

TEST(Store, RebuildsAfterPagesWereOverwritten) {
  expect_rebuilt(
      [](const fs::path& path) {
        std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
        for (std::uintmax_t at = 4096; at + 600 < fs::file_size(path); at += 2 * 4096) {
          file.seekp(static_cast<std::streamoff>(at));
          file << std::string(600, '\x5a');
        }
      },
      "");
}

TEST(Store, BeginsAnewFromAnEmptyFile) {
  Workspace w;
  write_files(w, 3);
  fs::create_directories(w.store().parent_path());
  std::ofstream(w.store()).close();
  EXPECT_EQ(w.update().indexed, 3);
}

// Somebody empties the cache folder while an editor is open, and another process comes along.
TEST(Store, FollowsTheIndexThatReplacedItsOwn) {
  Workspace w;
  write_files(w, 600);
  w.update();
  fs::remove_all(w.store().parent_path());
  EXPECT_THAT(w.definitions("function_7_3"), SizeIs(1));  // from what is still open
  w.write("f7.py", "def seven(): pass\n");
  Expected<std::unique_ptr<Index>> other = Index::open(w.options());
  ASSERT_TRUE(other);
  EXPECT_EQ((*other)->update()->indexed, 600);
  EXPECT_THAT(w.definitions("seven"), SizeIs(1));
  EXPECT_THAT(w.definitions("function_7_3"), IsEmpty());
  EXPECT_EQ(w.update().indexed, 0);
  EXPECT_THAT(w.definitions("function_599_39"), SizeIs(1));
  EXPECT_EQ((*other)->definitions("function_599_39")->size(), 1u);
  EXPECT_THAT((*other)->stats().notes, IsEmpty());
}

TEST(Store, IsMadeAgainWhenItWasDeletedWhileOpen) {
  Workspace w;
  write_files(w, 600);
  w.update();
  fs::remove_all(w.store().parent_path());
  EXPECT_EQ(w.update().indexed, 600);
  EXPECT_THAT(w.definitions("function_7_3"), SizeIs(1));
  EXPECT_THAT(w.index().stats().notes, IsEmpty());
  w.close();
  EXPECT_EQ(w.update().indexed, 0);
}

TEST(Store, IsMadeAgainWhenOnlyTheDatabaseWasDeleted) {
  Workspace w;
  write_files(w, 600);
  w.update();
  fs::remove(w.store());  // its log stays behind
  EXPECT_EQ(w.update().indexed, 600);
  EXPECT_THAT(w.definitions("function_7_3"), SizeIs(1));
  w.write("f7.py", "def seven(): pass\n");
  EXPECT_EQ(w.update().indexed, 1);
  w.close();
  EXPECT_THAT(w.definitions("function_7_3"), IsEmpty());
  EXPECT_EQ(w.update().indexed, 0);
}

// Its folder is gone, its rows go; when it comes back it begins again.
TEST(Store, ATreeThatIsGoneIsForgottenAndMayComeBack) {
  Workspace w;
  write_files(w, 40);
  w.update();
  const fs::path other = w.root().parent_path() / "worktree";
  fs::copy(w.root(), other);
  std::ofstream(other / "f1.py") << "def changed_here(): pass\n";
  IndexOptions options = w.options();
  options.root = other;
  Expected<std::unique_ptr<Index>> second = Index::open(options);
  ASSERT_TRUE(second);
  ASSERT_TRUE((*second)->update());
  fs::rename(other, other.string() + ".away");
  w.update();
  EXPECT_EQ((*second)->definitions("changed_here")->size(), 0u);
  fs::rename(other.string() + ".away", other);
  const Expected<IndexStats> again = (*second)->update();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->indexed, 0);  // every text was still known
  EXPECT_EQ(again->files, 40);
  EXPECT_EQ((*second)->definitions("changed_here")->size(), 1u);
  EXPECT_EQ((*second)->definitions("function_7_3")->size(), 1u);
}

TEST(Store, KnowsABranchThatComesBack) {
  Workspace w;
  write_files(w, 50);
  EXPECT_EQ(w.update().indexed, 50);
  for (int i = 0; i < 50; ++i)
    w.write(fmt::format("f{}.py", i), fmt::format("def other_{}(): pass\n", i));
  EXPECT_EQ(w.update().indexed, 50);
  EXPECT_THAT(w.definitions("function_7_3"), IsEmpty());
  write_files(w, 50);  // as they were
  EXPECT_EQ(w.update().indexed, 0);
  EXPECT_THAT(w.definitions("function_7_3"), SizeIs(1));
  EXPECT_THAT(w.definitions("other_7"), IsEmpty());
}

TEST(Store, KnowsAFileThatMoved) {
  Workspace w;
  write_files(w, 3);
  w.update();
  fs::create_directories(w.root() / "moved");
  fs::rename(w.root() / "f1.py", w.root() / "moved" / "g1.py");
  const IndexStats stats = w.update();
  EXPECT_EQ(stats.indexed, 0);
  EXPECT_EQ(stats.removed, 1);
  EXPECT_THAT(w.definitions("function_1_0"), ElementsAre(HasSubstr("moved/g1.py:1 ")));
}

TEST(Store, FilesOfOneContentAreAllFound) {
  Workspace w;
  for (const char* path : {"a/x.py", "b/x.py", "c/x.py"}) w.write(path, "def shared_one(): pass\n");
  w.update();
  EXPECT_THAT(w.definitions("shared_one"), SizeIs(3));
  w.remove("b/x.py");
  w.update();
  EXPECT_THAT(w.definitions("shared_one"), ElementsAre(HasSubstr("a/x.py"), HasSubstr("c/x.py")));
}

TEST(Store, ASecondTreeParsesNothingThatTheFirstKnows) {
  Workspace w;
  write_files(w, 40);
  w.update();
  const fs::path other = w.root().parent_path() / "worktree";
  fs::copy(w.root(), other);
  std::ofstream(other / "f1.py") << "def changed_here(): pass\n";
  IndexOptions options = w.options();
  options.root = other;
  Expected<std::unique_ptr<Index>> second = Index::open(options);
  ASSERT_TRUE(second);
  Expected<IndexStats> stats = (*second)->update();
  ASSERT_TRUE(stats);
  EXPECT_EQ(stats->indexed, 1);
  EXPECT_EQ(stats->files, 40);
  EXPECT_EQ((*second)->definitions("changed_here")->size(), 1u);
  EXPECT_EQ((*second)->definitions("function_1_0")->size(), 0u);
  EXPECT_THAT(w.definitions("changed_here"), IsEmpty());
  EXPECT_THAT(w.definitions("function_1_0"), SizeIs(1));
}

TEST(Store, ManySavesLeaveFewSegmentsAndTheLastState) {
  Workspace w;
  write_files(w, 20);
  w.update();
  for (int i = 0; i < 70; ++i) {
    w.write("f3.py", fmt::format("def saved_{}(): pass\n", i));
    ASSERT_TRUE(w.index().update_files({"f3.py"}));
    ASSERT_THAT(w.definitions(fmt::format("saved_{}", i)), SizeIs(1)) << i;
  }
  EXPECT_THAT(w.definitions("saved_68"), IsEmpty());
  EXPECT_THAT(w.definitions("function_4_1"), SizeIs(1));
  w.close();
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(w.store().c_str(), &db), SQLITE_OK);
  int segments = 0;
  const auto count = [](void* out, int, char** values, char**) {
    *static_cast<int*>(out) = std::atoi(values[0]);
    return 0;
  };
  EXPECT_EQ(sqlite3_exec(db, "SELECT count(*) FROM segments", count, &segments, nullptr),
            SQLITE_OK);
  sqlite3_close(db);
  EXPECT_LT(segments, 16);
}

TEST(Store, SurvivesAKillAtAnyMoment) {
  Workspace w;
  write_files(w, 400);
  std::mt19937 random(4);
  int killed = 0;
  for (int round = 0; round < 25; ++round) {
    const pid_t child = fork();
    if (child == 0) {
      Expected<std::unique_ptr<Index>> index = Index::open(w.options());
      if (!index) _exit(2);
      for (int i = 0;; ++i) {
        std::ofstream(w.root() / "f1.py") << "def round_" << round << '_' << i << "(): pass\n";
        if (!(*index)->update() || !(*index)->update_files({"f1.py"})) _exit(3);
      }
    }
    ::usleep(static_cast<useconds_t>(2000 + random() % 120'000));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    killed += WIFSIGNALED(status);
    ASSERT_THAT(w.index().stats().notes, IsEmpty()) << round;
    w.close();
  }
  EXPECT_EQ(killed, 25);
  w.write("f1.py", "def the_last(): pass\n");
  EXPECT_EQ(w.update().files, 400);
  for (int i = 2; i < 400; i += 9)
    EXPECT_THAT(w.definitions(fmt::format("function_{}_39", i)), SizeIs(1)) << i;
  EXPECT_THAT(w.definitions("the_last"), SizeIs(1));
}

TEST(Store, SurvivesADeathInTheMiddleOfAnUpdate) {
  Workspace w;
  write_files(w, 900);
  const pid_t child = fork();
  if (child == 0) {
    Expected<std::unique_ptr<Index>> index = Index::open(w.options());
    if (!index) _exit(2);
    (void)(*index)->update([](const IndexProgress& progress) {
      if (progress.files_done > 300) ::kill(::getpid(), SIGKILL);
    });
    _exit(3);  // it should not have lived so long
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);
  EXPECT_THAT(w.index().stats().notes, IsEmpty());  // sound, though not complete
  const IndexStats stats = w.update();
  EXPECT_EQ(stats.files, 900);
  EXPECT_LT(stats.indexed, 900);  // what was committed was kept
  EXPECT_THAT(w.definitions("function_899_0"), SizeIs(1));
}

TEST(Store, TwoProcessesDoNotWorkTwice) {
  Workspace w;
  write_files(w, 300);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    Expected<std::unique_ptr<Index>> index = Index::open(w.options());
    if (!index) _exit(2);
    bool told = false;
    Expected<IndexStats> stats = (*index)->update([&](const IndexProgress&) {
      if (!told) told = ::write(ends[1], "x", 1) == 1;
    });
    _exit(stats && stats->indexed == 300 ? 0 : 1);
  }
  char byte;
  ASSERT_EQ(::read(ends[0], &byte, 1), 1);  // the other one holds the lock now
  EXPECT_EQ(w.update().indexed, 0);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_THAT(w.definitions("function_299_0"), SizeIs(1));
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(Store, WorksInMemory) {
  Workspace w;
  write_files(w, 300);
  IndexOptions options = w.options();
  options.read_only_memory = true;
  Expected<std::unique_ptr<Index>> index = Index::open(options);
  ASSERT_TRUE(index);
  ASSERT_TRUE((*index)->update());
  EXPECT_EQ((*index)->definitions("function_299_0")->size(), 1u);
  EXPECT_FALSE(fs::exists(w.store()));
}

// Run under ThreadSanitizer, too.
TEST(Store, AnswersWhileItIsUpdatedAndEdited) {
  for (bool in_memory : {false, true}) {
    Workspace w;
    write_files(w, 120);
    IndexOptions options = w.options();
    options.read_only_memory = in_memory;
    Expected<std::unique_ptr<Index>> opened = Index::open(options);
    ASSERT_TRUE(opened);
    Index& index = **opened;
    std::atomic<bool> done{false};
    std::atomic<int> failures{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
      threads.emplace_back([&, t] {
        const std::string text = fmt::format("x = function_5_{}(\n", t);
        while (!done) {
          if (!index.search({.text = "function_5_1"})) ++failures;
          if (!index.context({.path = "f1.py", .text = text, .cursor = text.size()})) ++failures;
          if (!index.definitions("function_5_1")) ++failures;
          (void)index.stats();
        }
      });
    }
    threads.emplace_back([&] {
      for (int i = 0; !done; ++i) {
        index.set_buffer(
            "f1.py", std::make_shared<const std::string>(fmt::format("def typed_{}(): pass\n", i)));
        if (i % 7 == 0) index.close_buffer("f1.py");
        std::this_thread::yield();
      }
    });
    EXPECT_TRUE(index.update());
    EXPECT_TRUE(index.update_files({"f1.py", "f2.py"}));
    EXPECT_TRUE(index.update());
    done = true;
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(failures, 0);
    EXPECT_EQ(index.definitions("function_119_39")->size(), 1u);
  }
}

}  // namespace
}  // namespace curlew::indexer::testing
