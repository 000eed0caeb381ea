// Several changes at once: which is kept must not depend on how many run, or on which ends first.
#include "lsp/assist/repair/trials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <random>
#include <thread>

#include "lsp/assist/repair/repair.h"

namespace curlew::assist {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;

// What checkers of one workspace have in common.
struct Workshop {
  std::atomic<int> at_work = 0, most_at_work = 0, cancelled = 0;
  std::mutex mutex;
  std::vector<std::string> began;
};

// A run takes the milliseconds that the text of "a" says; it passes when the text says so, too: "20 good".
class TimedChecker final : public Checker {
 public:
  TimedChecker(Workshop& workshop, int copies) : workshop_(workshop), copies_(copies) {}

  std::unique_ptr<Checker> another() override {
    EXPECT_EQ(workshop_.at_work, 0) << "copied while something runs in it";
    if (copies_-- <= 0) return nullptr;
    return std::make_unique<TimedChecker>(workshop_, 0);
  }
  Expected<std::string> text(const std::string&) override { return std::string("0 bad"); }
  void limit_runs(milliseconds wall) override { limit_ = wall; }
  Expected<CheckResult> check(const Changes& changes, std::stop_token stop) override {
    const std::string text = changes.empty() ? "0 bad" : changes.at("a");
    EXPECT_EQ(is_busy_.exchange(true), false) << "two runs in one shadow copy";
    workshop_.most_at_work = std::max(workshop_.most_at_work.load(), ++workshop_.at_work);
    {
      const std::lock_guard lock(workshop_.mutex);
      workshop_.began.push_back(text);
    }
    const auto end = std::chrono::steady_clock::now() + milliseconds(std::stoi(text));
    while (std::chrono::steady_clock::now() < end && !stop.stop_requested())
      std::this_thread::sleep_for(milliseconds(1));
    --workshop_.at_work;
    is_busy_ = false;
    if (stop.stop_requested()) {
      ++workshop_.cancelled;
      return fail(Errc::kCancelled, "stopped");
    }
    if (text.ends_with("broken")) return fail(Errc::kUnavailable, "no sandbox any more");
    CheckResult result;
    result.exit_code = text.ends_with("good") ? 0 : 1;
    result.seconds = static_cast<double>(limit_.count());
    return result;
  }
  Expected<CheckResult> check_afresh(const Changes& changes, std::stop_token stop) override {
    return check(changes, stop);
  }

 private:
  Workshop& workshop_;
  int copies_;
  milliseconds limit_{0};
  std::atomic<bool> is_busy_ = false;
};

struct Outcome {
  std::vector<std::size_t> judged;
  std::optional<std::size_t> kept;
  Status status;
};

Outcome run(Trials& trials, const std::vector<std::string>& texts, std::stop_token stop = {}) {
  std::vector<Changes> changes;
  for (const std::string& text : texts) changes.push_back({{"a", text}});
  Outcome out;
  out.status =
      trials.run(changes, {milliseconds(5)}, stop, [&](std::size_t idx, CheckResult result) {
        EXPECT_EQ(result.seconds, 5) << "every run is limited";
        out.judged.push_back(idx);
        if (result.passed()) out.kept = idx;
        return result.passed();
      });
  return out;
}

TEST(Trials, JudgesInOrderWhateverEndsFirst) {
  Workshop workshop;
  TimedChecker checker(workshop, 9);
  Trials trials(checker, 4);
  const Outcome out = run(trials, {"90 bad", "70 good", "50 good", "50 bad"});
  ASSERT_TRUE(out.status);
  EXPECT_THAT(out.judged, ElementsAre(0, 1));
  EXPECT_EQ(out.kept, 1u);
  EXPECT_EQ(workshop.most_at_work, 4);
}

TEST(Trials, StopsWhatComesBehindTheOneThatIsKept) {
  Workshop workshop;
  TimedChecker checker(workshop, 9);
  Trials trials(checker, 4);
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(run(trials, {"1 good", "20000 bad", "20000 good"}).kept, 0u);
  EXPECT_LT(std::chrono::steady_clock::now() - began, milliseconds(10'000));
  EXPECT_EQ(workshop.cancelled, 2);
  EXPECT_EQ(run(trials, {"1 bad", "1 good"}).kept, 1u);  // and can be used again
}

TEST(Trials, GrowFromOneRunToTheMost) {
  Workshop workshop;
  TimedChecker checker(workshop, 9);
  Trials trials(checker, 3);
  std::vector<std::size_t> widths;
  for (int i = 0; i < 4; ++i) {
    widths.push_back(trials.width());
    run(trials, std::vector<std::string>(trials.width(), "1 bad"));
  }
  EXPECT_THAT(widths, ElementsAre(1, 2, 3, 3));
  trials.start_small();
  EXPECT_EQ(trials.width(), 1u);
}

TEST(Trials, GoOneAfterTheOtherWhereThereIsOneCopyOnly) {
  Workshop workshop;
  TimedChecker checker(workshop, 0);
  Trials trials(checker, 4);
  const Outcome out = run(trials, {"1 bad", "1 bad", "1 good", "1 good"});
  EXPECT_THAT(out.judged, ElementsAre(0, 1, 2));
  EXPECT_EQ(workshop.most_at_work, 1);
  EXPECT_EQ(trials.width(), 1u);
}

TEST(Trials, EndWithTheirCaller) {
  Workshop workshop;
  TimedChecker checker(workshop, 9);
  Trials trials(checker, 4);
  std::stop_source stop;
  std::thread later([&] {
    std::this_thread::sleep_for(milliseconds(30));
    stop.request_stop();
  });
  const Outcome out = run(trials, {"20000 bad", "20000 bad", "20000 bad"}, stop.get_token());
  later.join();
  ASSERT_FALSE(out.status);
  EXPECT_EQ(out.status.error().kind(), Errc::kCancelled);
  EXPECT_EQ(workshop.at_work, 0);
}

TEST(Trials, AnErrorCountsOnlyWhereItIsJudged) {
  Workshop workshop;
  TimedChecker checker(workshop, 9);
  Trials trials(checker, 4);
  EXPECT_EQ(run(trials, {"9 good", "1 broken"}).kept, 0u);
  const Outcome out = run(trials, {"9 bad", "1 broken", "1 good"});
  ASSERT_FALSE(out.status);
  EXPECT_EQ(out.status.error().kind(), Errc::kUnavailable);
}

// The same repair, whether one change runs at a time or four.
TEST(Trials, KeepWhatOneAfterTheOtherWouldKeep) {
  std::mt19937 random(7);
  for (int round = 0; round < 20; ++round) {
    std::vector<std::string> texts;
    for (int i = 0; i < 6; ++i)
      texts.push_back(fmt::format("{} {}", random() % 12, random() % 4 == 0 ? "good" : "bad"));
    Workshop workshop;
    TimedChecker one(workshop, 0), many(workshop, 9);
    Trials sequential(one, 1), parallel(many, 4);
    EXPECT_EQ(run(sequential, texts).kept, run(parallel, texts).kept);
  }
}

}  // namespace
}  // namespace curlew::assist
