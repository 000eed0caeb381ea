// What happens to the store when the world is unkind.
#include "indexer/store.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "workspace.h"

namespace curlew::indexer::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

void write_files(Workspace& w, int count) {
  for (int i = 0; i < count; ++i) {
    std::string text;
    for (int j = 0; j < 40; ++j)
      text += fmt::format("def function_{0}_{1}(argument_{1}):\n    return argument_{1}\n\n", i, j);
    w.write(fmt::format("f{}.py", i), text);
  }
}

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

// A mount of its own for the cache folder; skips where that is not allowed.
class SmallDisk {
 public:
  explicit SmallDisk(const fs::path& folder) : folder_(folder) {
    fs::create_directories(folder);
    mounted_ = ::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=1200k") == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  void make_read_only() {
    ::mount("tmpfs", folder_.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr);
  }

 private:
  fs::path folder_;
  bool mounted_;
};

TEST(Store, AFullDiskIsOneClearErrorAndKeepsTheOldState) {
  Workspace w;
  SmallDisk disk(w.store().parent_path());
  if (!disk.mounted()) GTEST_SKIP() << "mounting a small file system needs root";
  write_files(w, 3);
  w.update();
  write_files(w, 1500);
  Expected<IndexStats> stats = w.index().update();
  ASSERT_FALSE(stats);
  EXPECT_EQ(stats.error().kind(), Errc::kIo);
  EXPECT_THAT(stats.error().message(), HasSubstr("no space left"));
  EXPECT_THAT(w.definitions("function_2_0"), SizeIs(1));
  w.close();
}

TEST(Store, AFolderThatCannotBeWrittenMeansAnIndexInMemory) {
  Workspace w;
  SmallDisk disk(w.store().parent_path());
  if (!disk.mounted()) GTEST_SKIP() << "mounting a read-only file system needs root";
  disk.make_read_only();
  write_files(w, 5);
  EXPECT_EQ(w.update().indexed, 5);
  EXPECT_THAT(w.index().stats().notes, ElementsAre(HasSubstr("kept in memory")));
  EXPECT_THAT(w.definitions("function_4_0"), SizeIs(1));
  w.close();
}

TEST(Store, ACacheFolderThatCannotBeMadeMeansAnIndexInMemory) {
  Workspace w;
  write_files(w, 2);
  std::ofstream(w.store().parent_path()) << "a file where the folder should be";
  EXPECT_EQ(w.update().indexed, 2);
  EXPECT_THAT(w.index().stats().notes, ElementsAre(HasSubstr("kept in memory")));
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

TEST(Store, EmptiesItselfWhenMostEntriesAreDead) {
  Workspace w;
  write_files(w, 1);
  w.update();
  w.close();
  sql(w.store(), "UPDATE meta SET value = 1000000 WHERE key = 'next_chunk'");
  EXPECT_EQ(w.update().indexed, 1);
  EXPECT_THAT(w.definitions("function_0_0"), SizeIs(1));
  EXPECT_EQ(w.update().indexed, 0);
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
