// Who uses the network, and when: it goes step by step, and before each step those who want
// something are looked at anew.
//
//   - The highest lane in which somebody waits has the step to itself; lower lanes go on where they
//     were as soon as it is idle. Somebody of a higher lane who comes in the middle of a step ends
//     it at the next layer.
//   - All of one lane go side by side: the single tokens (and drafts) of those who decode, and what
//     room is left goes to prompts, in the order of their coming.
//   - A task whose stop was requested or whose deadline passed is out before the next step; if
//     nobody else is in the step, at the next layer.
//   - Every evaluated prefix goes into the tree, also of a task that was ended half-way. Blocks
//   that
//     run short are taken from the tree first, then from the youngest task of the lowest lane,
//     which evaluates its text again when there is room.
// A fault of the device ends the stepper: all who are in it or come later get the error.
//
// A stepper owns one thread. run() may be called from any number of threads.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "model/decode/prefix_tree.h"
#include "model/generator.h"
#include "model/network/executor.h"

namespace curlew::model {

// Something that needs tokens evaluated. Its methods are called on the stepper's thread, one at a
// time, between steps.
class StepTask {
 public:
  using Clock = std::chrono::steady_clock;

  // kNone: every token is evaluated, and nothing of it is kept.
  enum class Cache { kUse, kNone };

  StepTask(Lane lane, std::stop_token stop, std::optional<Clock::time_point> deadline,
           Cache cache = Cache::kUse)
      : lane_(lane), stop_(std::move(stop)), deadline_(deadline), cache_(cache) {}
  virtual ~StepTask() = default;

  // What the next step should evaluate: ids that follow the sequence, at most `max`, valid until
  // take() or end(). A step may take fewer of them.
  struct Wish {
    std::span<const TokenId> ids;
    LogitRows rows = LogitRows::kNone;
    float* hidden = nullptr;
    std::span<const Pick> picks;  // one a row, as Segment has them; or empty
  };
  virtual Wish wish(int max) = 0;

  // The step is done, the sequence advanced by `tokens` of the wish's ids.
  struct Outcome {
    int tokens = 0;
    int rows = 0;
    float* logits = nullptr;  // [rows, n_vocab], the task's to change; or, of a wish with picks:
    const TokenId* picked = nullptr;  // [rows]
    double ms = 0;                    // of the step
    bool alone = false;               // no other task was in it
  };
  // May truncate the sequence; leaves no more in it than text() begins with. Returns true when the
  // task is finished.
  virtual bool take(const Outcome& outcome) = 0;

  // It is over before it is finished: cancelled, past the deadline, or an error.
  virtual void end(Finish why) = 0;
  virtual void fail(Error error) = 0;

  // All tokens that are known; the sequence holds a beginning of them between steps.
  virtual std::span<const TokenId> text() const = 0;

  Lane lane() const { return lane_; }
  bool is_cancelled() const { return stop_.stop_requested(); }
  bool is_late() const { return deadline_ && Clock::now() >= *deadline_; }

 protected:
  KvSequence* sequence() { return sequence_ ? &*sequence_ : nullptr; }
  int cached_tokens() const { return cached_tokens_; }

 private:
  friend class Stepper;

  const Lane lane_;
  const std::stop_token stop_;
  const std::optional<Clock::time_point> deadline_;
  const Cache cache_;
  std::optional<KvSequence> sequence_;  // from its first step on
  int cached_tokens_ = 0;               // found in the tree at the first step
  bool was_opened_ = false, is_prefilled_ = false;
  bool done_ = false;  // guarded by Stepper::mutex_
};

class Stepper {
 public:
  // What it refers to must outlive it.
  Stepper(Executor& executor, PrefixTree& tree, int n_vocab);
  ~Stepper();  // no run() may be under way
  Stepper(const Stepper&) = delete;
  Stepper& operator=(const Stepper&) = delete;

  // Returns when every task is finished, ended or failed.
  void run(std::span<StepTask* const> tasks);
  void run(StepTask& task) {
    StepTask* const one = &task;
    run({&one, 1});
  }

  // Calls `job` on this thread while no step runs. For measurements and for the tree.
  void between_steps(const std::function<void()>& job);

  // Likewise, for a job after which the network gives other numbers: the tree is emptied, and the
  // tasks that are under way evaluate their texts again from the start.
  void change_network(const std::function<void()>& job);

  // What the device died of, if it did. Thread-safe.
  std::optional<Error> fault() const;

  // Rows of logits a task may ask for in one step.
  static constexpr int kLogitRowsMax = 64;

 private:
  struct Step {
    std::vector<StepTask*> tasks;
    std::vector<Segment> segments;  // one a task
    int tokens = 0, logit_rows = 0;
    Lane lane = Lane::kTyping;
  };

  void loop(const std::stop_token& quit);
  void sweep();
  void compose(Step& step);
  void open(StepTask& task);
  void keep(StepTask& task);
  static void drop(StepTask& task);
  bool add_to(Step& step, StepTask& task, int tokens_max);
  bool make_room(StepTask& task, int more, const Step& step);
  void evaluate(Step& step);
  void deliver(StepTask& task, const StepTask::Outcome& outcome);
  void finish(StepTask& task);
  void fail_for_memory(StepTask& task);
  void fail_all(const Error& error);
  bool should_stop(const Step& step) const;

  Executor& executor_;
  PrefixTree& tree_;
  const std::size_t n_vocab_;
  std::unique_ptr<float[]> logits_;  // [kLogitRowsMax, n_vocab]
  TokenId picked_[kLogitRowsMax];
  std::vector<StepTask*> tasks_;  // of the stepper's thread, in the order of their coming

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<StepTask*> arrivals_;         // guarded by mutex_
  bool stepping_ = false;                   // guarded by mutex_
  std::optional<Error> fault_;              // guarded by mutex_
  int outsiders_ = 0;                       // guarded by mutex_: callers of between_steps()
  bool outsider_inside_ = false;            // guarded by mutex_
  std::atomic<int> arrived_lane_{kNoLane};  // the highest among arrivals_
  static constexpr int kNoLane = 3;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace curlew::model
