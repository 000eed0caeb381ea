// What the watcher tells of changes on disk. Gated on its callback; nothing sleeps for luck.
#include "indexer/watch.h"

#include <gmock/gmock.h>

#include <condition_variable>
#include <deque>
#include <mutex>

#include "workspace.h"

namespace curlew::indexer::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto kPatience = std::chrono::seconds(60);  // other work may have the machine

class WatcherTest : public ::testing::Test {
 protected:
  void start(WatchOptions options = {}) {
    options.root = w.root();
    Expected<std::unique_ptr<Watcher>> started = Watcher::start(options, [this](const auto& told) {
      std::lock_guard lock(mutex_);
      told_.push_back(told);
      came_.notify_all();
    });
    ASSERT_TRUE(started) << started.error().message();
    watcher = std::move(*started);
  }
  // Waits until `path` was told, or that all is to be looked at; false when neither comes.
  bool tells(const std::string& path) {
    std::unique_lock lock(mutex_);
    return came_.wait_for(lock, kPatience, [&] {
      for (const WatchChanges& each : told_) {
        for (const std::string& one : each.paths) {
          if (one == path) return true;
        }
      }
      return false;
    });
  }
  bool tells_all() {
    std::unique_lock lock(mutex_);
    return came_.wait_for(lock, kPatience, [&] {
      return std::any_of(told_.begin(), told_.end(), [](const auto& each) { return each.all; });
    });
  }
  // What has come so far, forgotten.
  std::deque<WatchChanges> taken() {
    std::lock_guard lock(mutex_);
    return std::exchange(told_, {});
  }

  Workspace w;
  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<WatchChanges> told_;
  std::unique_ptr<Watcher> watcher;
};

TEST_F(WatcherTest, TellsOfFilesMadeChangedMovedAndGone) {
  w.write("a.py", "x = 1\n").write("deep/down/b.py", "y = 1\n");
  start();
  EXPECT_EQ(watcher->folders(), 3);
  EXPECT_THAT(watcher->note(), IsEmpty());
  w.write("a.py", "x = 2\n");
  EXPECT_TRUE(tells("a.py"));
  w.write("deep/down/b.py", "y = 2\n");
  EXPECT_TRUE(tells("deep/down/b.py"));
  w.write("deep/new.py", "z = 1\n");
  EXPECT_TRUE(tells("deep/new.py"));
  (void)taken();
  fs::rename(w.root() / "a.py", w.root() / "deep" / "moved.py");
  EXPECT_TRUE(tells("a.py"));
  EXPECT_TRUE(tells("deep/moved.py"));
  (void)taken();
  w.remove("deep/new.py");
  EXPECT_TRUE(tells("deep/new.py"));
  for (const WatchChanges& each : taken()) EXPECT_FALSE(each.all);
}

TEST_F(WatcherTest, FollowsNewFolders) {
  w.write("a.py", "x = 1\n");
  start();
  w.write("fresh/one.py", "x = 1\n");
  EXPECT_TRUE(tells_all());
  // It may still be telling of the folder; a file saved there is told sooner or later.
  for (int i = 0; i < 1000 && watcher->folders() < 2; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  ASSERT_EQ(watcher->folders(), 2);
  w.write("fresh/one.py", "x = 2\n");
  EXPECT_TRUE(tells("fresh/one.py"));
}

TEST_F(WatcherTest, AFolderThatGoesOrMovesMeansALook) {
  w.write("a.py", "x = 1\n").write("old/b.py", "y = 1\n");
  start();
  fs::rename(w.root() / "old", w.root() / "renamed");
  EXPECT_TRUE(tells_all());
  (void)taken();
  w.write("renamed/b.py", "y = 2\n");
  EXPECT_TRUE(tells("renamed/b.py"));
}

TEST_F(WatcherTest, IgnoresWhatTheIndexIgnores) {
  w.write(".gitignore", "node_modules/\n").write("a.py", "x = 1\n");
  for (int i = 0; i < 20; ++i) w.write(fmt::format("node_modules/p{}/index.js", i), "let x = 1;\n");
  start();
  EXPECT_EQ(watcher->folders(), 1);
  w.write("node_modules/p3/index.js", "let x = 2;\n");
  w.write("a.py", "x = 2\n");
  EXPECT_TRUE(tells("a.py"));
  for (const WatchChanges& each : taken()) {
    EXPECT_FALSE(each.all);
    EXPECT_THAT(each.paths, ElementsAre("a.py"));
  }
}

TEST_F(WatcherTest, ChangedIgnoreRulesMeanALook) {
  w.write("a.py", "x = 1\n").write("sub/b.py", "x = 1\n");
  start();
  w.write("sub/.gitignore", "*.tmp\n");
  EXPECT_TRUE(tells_all());
}

TEST_F(WatcherTest, SaysWhatItDoesNotWatch) {
  for (int i = 0; i < 10; ++i) w.write(fmt::format("d{}/a.py", i), "x = 1\n");
  start({.folders_max = 4});
  EXPECT_EQ(watcher->folders(), 4);
  EXPECT_THAT(watcher->note(), HasSubstr("4 of 11 folders are watched"));
}

TEST_F(WatcherTest, MoreEventsThanTheSystemKeepsMeanALook) {
  w.write("a.py", "x = 1\n");
  std::mutex gate;
  std::unique_lock closed(gate);
  std::atomic<bool> all{false};
  WatchOptions options{.root = w.root(), .settle = std::chrono::milliseconds(0)};
  auto started = Watcher::start(options, [&](const WatchChanges& told) {
    std::lock_guard pass(gate);
    all = all || told.all;
  });
  ASSERT_TRUE(started);
  for (int i = 0; i < 40'000; ++i) std::ofstream(w.root() / fmt::format("f{}.py", i)).close();
  closed.unlock();
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!all && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  EXPECT_TRUE(all);
}

TEST_F(WatcherTest, EndsWhileEventsCome) {
  w.write("a.py", "x = 1\n");
  for (int round = 0; round < 20; ++round) {
    start();
    w.write("a.py", fmt::format("x = {}\n", round));
    watcher.reset();
  }
}

TEST_F(WatcherTest, SaysWhenThereIsNothingToWatch) {
  const auto started = Watcher::start({.root = w.root() / "nowhere"}, [](const auto&) {});
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message(), HasSubstr("watching files"));
}

}  // namespace
}  // namespace curlew::indexer::testing
