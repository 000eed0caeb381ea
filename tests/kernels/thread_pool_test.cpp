#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "tests/kernels/kernel_case.h"

namespace curlew::kernels {
namespace {

TEST(ThreadPool, RunsTheJobOnTheCallerOnceAndNeverTwiceAtATimeOnAnother) {
  for (const int threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads);
    ASSERT_EQ(pool.size(), threads);
    for (int round = 1; round <= 500; ++round) {
      std::vector<std::atomic<int>> inside(static_cast<std::size_t>(threads));
      int by_caller = 0;
      pool.share([&](int idx) {
        ASSERT_LT(idx, threads);
        ASSERT_EQ(++inside[static_cast<std::size_t>(idx)], 1);
        if (idx == 0) ++by_caller;
        --inside[static_cast<std::size_t>(idx)];
      });
      ASSERT_EQ(by_caller, 1);
    }
  }
}

TEST(ThreadPool, NobodyIsInsideAJobAfterItIsShared) {
  ThreadPool pool(4);
  for (int round = 0; round < 2000; ++round) {
    std::atomic<bool> is_over{false};
    pool.share([&](int) { ASSERT_FALSE(is_over); });
    is_over = true;
  }
}

TEST(ThreadPool, RunsThreadZeroOnTheCaller) {
  ThreadPool pool(3);
  std::thread::id zero;
  pool.share([&](int idx) {
    if (idx == 0) zero = std::this_thread::get_id();
  });
  EXPECT_EQ(zero, std::this_thread::get_id());
}

TEST(ThreadPool, CoversARangeExactlyOnceInPiecesOfTheGrain) {
  for (const int threads : {1, 2, 5})
    for (const std::int64_t count : {0, 1, 7, 64, 1000})
      for (const std::int64_t grain : {1, 3, 64, 5000}) {
        ThreadPool pool(threads);
        std::vector<std::atomic<int>> seen(static_cast<std::size_t>(count));
        std::atomic<int> small{0};
        pool.for_range(count, grain, [&](std::int64_t begin, std::int64_t end) {
          if (end - begin < grain) ++small;
          for (std::int64_t i = begin; i < end; ++i) ++seen[static_cast<std::size_t>(i)];
        });
        for (const auto& times : seen) ASSERT_EQ(times, 1);
        EXPECT_LE(small, 1);  // only the last piece
      }
}

// Every thread stays in the job until all are there, which only happens when the sleepers wake.
TEST(ThreadPool, WakesThreadsThatWentToSleep) {
  ThreadPool pool(3);
  for (int round = 0; round < 5; ++round) {
    std::atomic<int> arrived{0};
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    pool.share([&](int) {
      ++arrived;
      while (arrived < 3 && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
    });
    ASSERT_EQ(arrived, 3);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));  // far longer than any spin
  }
}

TEST(ThreadPool, PublishesWritesOfOneJobToTheNext) {
  ThreadPool pool(4);
  std::vector<int> values(64, 0), copy(64, 0);
  for (int round = 1; round <= 500; ++round) {
    pool.for_range(64, 1, [&](std::int64_t i, std::int64_t) {
      values[static_cast<std::size_t>(i)] = round * 100 + static_cast<int>(i);
    });
    pool.for_range(64, 1, [&](std::int64_t i, std::int64_t) {
      copy[static_cast<std::size_t>(i)] = values[static_cast<std::size_t>((i + 7) % 64)];
    });
    for (int i = 0; i < 64; ++i)
      ASSERT_EQ(copy[static_cast<std::size_t>(i)], round * 100 + (i + 7) % 64);
  }
}

TEST(ThreadPool, StartsAndStopsWithoutEverWorking) {
  for (int i = 0; i < 20; ++i) ThreadPool pool(4);
}

TEST(ThreadPool, TakesANonsensicalSizeAsOne) {
  ThreadPool pool(0);
  EXPECT_EQ(pool.size(), 1);
}

TEST(ThreadPool, KeepsScratchMemoryAlignedAndGrowing) {
  ThreadPool pool(1);
  std::byte* small = pool.scratch(100);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(small) % 64, 0u);
  EXPECT_EQ(pool.scratch(50), small);
  std::byte* large = pool.scratch(1 << 20);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(large) % 64, 0u);
  large[(1 << 20) - 1] = std::byte{1};
}

TEST(DefaultThreadCount, IsBetweenOneAndSixteen) {
  EXPECT_GE(default_thread_count(), 1);
  EXPECT_LE(default_thread_count(), 16);
}

TEST(CpuPath, RefusesNamesItDoesNotKnow) {
  const std::string before = cpu_path_name();
  EXPECT_FALSE(set_cpu_path("mmx"));
  EXPECT_EQ(cpu_path_name(), before);
  EXPECT_TRUE(set_cpu_path("plain"));
  EXPECT_STREQ(cpu_path_name(), "plain");
  EXPECT_TRUE(set_cpu_path(nullptr));
  EXPECT_EQ(cpu_path_name(), before);
}

}  // namespace
}  // namespace curlew::kernels
