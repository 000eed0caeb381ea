#include "model/decode/lane_gate.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace curlew::model {
namespace {

using Entry = LaneGate::Entry;

// Holds the gate, queues callers one after the other, lets go, and says in which order they came
// in.
class Queue {
 public:
  Queue() { EXPECT_EQ(gate_.enter(Lane::kTyping, {}, {}), Entry::kEntered); }

  void add(Lane lane, char name) {
    threads_.emplace_back([this, lane, name] {
      ++started_;
      EXPECT_EQ(gate_.enter(lane, {}, {}), Entry::kEntered);
      order_ += name;  // the gate guards it
      gate_.leave();
    });
    while (started_ != static_cast<int>(threads_.size())) std::this_thread::yield();
    const int wanted = ++waiting_[static_cast<std::size_t>(lane)];
    while (gate_.waiting(lane) != wanted) std::this_thread::yield();
  }

  std::string let_go() {
    gate_.leave();
    for (std::thread& thread : threads_) thread.join();
    return order_;
  }

 private:
  LaneGate gate_;
  std::vector<std::thread> threads_;
  std::atomic<int> started_ = 0;
  int waiting_[3] = {};
  std::string order_;
};

TEST(LaneGate, LetsHigherLanesFirstAndOlderCallsFirstWithinALane) {
  Queue queue;
  queue.add(Lane::kBackground, 'x');
  queue.add(Lane::kMain, 'm');
  queue.add(Lane::kTyping, 'a');
  queue.add(Lane::kMain, 'n');
  queue.add(Lane::kTyping, 'b');
  EXPECT_EQ(queue.let_go(), "abmnx");
}

TEST(LaneGate, AsksARunningCallToYieldToHigherLanesOnly) {
  LaneGate gate;
  ASSERT_EQ(gate.enter(Lane::kMain, {}, {}), Entry::kEntered);
  std::stop_source stop;
  std::jthread waiting([&] { (void)gate.enter(Lane::kMain, stop.get_token(), {}); });
  while (gate.waiting(Lane::kMain) != 1) std::this_thread::yield();
  EXPECT_TRUE(gate.should_yield(Lane::kBackground));
  EXPECT_FALSE(gate.should_yield(Lane::kMain));
  EXPECT_FALSE(gate.should_yield(Lane::kTyping));
  stop.request_stop();
}

TEST(LaneGate, AYieldingCallGoesOnBeforeOthersOfItsLane) {
  LaneGate gate;
  std::string order;
  ASSERT_EQ(gate.enter(Lane::kBackground, {}, {}), Entry::kEntered);
  const auto call = [&](Lane lane, char name) {
    return std::jthread([&, lane, name] {
      ASSERT_EQ(gate.enter(lane, {}, {}), Entry::kEntered);
      order += name;
      gate.leave();
    });
  };
  const std::jthread other = call(Lane::kBackground, 'o');
  while (gate.waiting(Lane::kBackground) != 1) std::this_thread::yield();
  const std::jthread typing = call(Lane::kTyping, 't');
  while (!gate.should_yield(Lane::kBackground)) std::this_thread::yield();
  ASSERT_EQ(gate.yield(Lane::kBackground, {}, {}), Entry::kEntered);
  EXPECT_EQ(order, "t");
  gate.leave();
}

TEST(LaneGate, WaitingEndsWithTheStopTokenOrTheDeadline) {
  LaneGate gate;
  ASSERT_EQ(gate.enter(Lane::kMain, {}, {}), Entry::kEntered);
  const auto soon = std::chrono::steady_clock::now() + std::chrono::milliseconds(5);
  EXPECT_EQ(gate.enter(Lane::kTyping, {}, soon), Entry::kDeadline);
  std::stop_source stop;
  std::jthread stopper([&] {
    while (gate.waiting(Lane::kTyping) != 1) std::this_thread::yield();
    stop.request_stop();
  });
  EXPECT_EQ(gate.enter(Lane::kTyping, stop.get_token(), {}), Entry::kCancelled);
  gate.leave();
  EXPECT_EQ(gate.enter(Lane::kTyping, stop.get_token(), {}), Entry::kCancelled);
  EXPECT_EQ(gate.enter(Lane::kTyping, {}, {}), Entry::kEntered);  // nobody stands in the way
}

}  // namespace
}  // namespace curlew::model
