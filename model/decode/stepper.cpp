#include "model/decode/stepper.h"

#include <algorithm>
#include <new>

namespace curlew::model {
namespace {

// Beside somebody who decodes, a prompt goes in pieces this small: his next token should not wait
// for a whole chunk.
constexpr int kPromptTokensBesideDecoding = 32;

int logit_rows(LogitRows rows, int tokens) {
  return rows == LogitRows::kAll ? tokens : rows == LogitRows::kLast;
}

}  // namespace

Stepper::Stepper(Executor& executor, PrefixTree& tree, int n_vocab)
    : executor_(executor),
      tree_(tree),
      n_vocab_(static_cast<std::size_t>(n_vocab)),
      logits_(new float[kLogitRowsMax * static_cast<std::size_t>(n_vocab)]),
      thread_([this](const std::stop_token& quit) { loop(quit); }) {}

Stepper::~Stepper() = default;

void Stepper::run(std::span<StepTask* const> tasks) {
  std::unique_lock lock(mutex_);
  for (StepTask* task : tasks) {
    arrivals_.push_back(task);
    const int lane = static_cast<int>(task->lane());
    if (lane < arrived_lane_.load(std::memory_order_relaxed))
      arrived_lane_.store(lane, std::memory_order_relaxed);
  }
  changed_.notify_all();
  changed_.wait(lock, [&] {
    return std::ranges::all_of(tasks, [](const StepTask* task) { return task->done_; });
  });
}

void Stepper::between_steps(const std::function<void()>& job) {
  std::unique_lock lock(mutex_);
  ++outsiders_;
  changed_.wait(lock, [&] { return !stepping_ && !outsider_inside_; });
  --outsiders_;
  outsider_inside_ = true;
  lock.unlock();
  job();
  lock.lock();
  outsider_inside_ = false;
  changed_.notify_all();
}

void Stepper::change_network(const std::function<void()>& job) {
  between_steps([&] {
    job();
    tree_.clear();
    for (StepTask* task : tasks_) drop(*task);
  });
}

void Stepper::loop(const std::stop_token& quit) {
  Step step;
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto has_work = [&] {
      return !outsider_inside_ && outsiders_ == 0 && (!arrivals_.empty() || !tasks_.empty());
    };
    if (!changed_.wait(lock, quit, has_work)) return;
    tasks_.insert(tasks_.end(), arrivals_.begin(), arrivals_.end());
    arrivals_.clear();
    arrived_lane_.store(kNoLane, std::memory_order_relaxed);
    stepping_ = true;
    const std::optional<Error> fault = fault_;
    lock.unlock();

    if (fault) fail_all(*fault);
    sweep();
    compose(step);
    if (!step.tasks.empty()) evaluate(step);

    lock.lock();
    stepping_ = false;
    if (outsiders_ > 0) changed_.notify_all();
  }
}

// Out with those who are cancelled or late.
void Stepper::sweep() {
  const std::vector<StepTask*> all = tasks_;
  for (StepTask* task : all) {
    if (!task->is_cancelled() && !task->is_late()) continue;
    task->end(task->is_cancelled() ? Finish::kCancelled : Finish::kDeadline);
    finish(*task);
  }
}

void Stepper::compose(Step& step) {
  step.tasks.clear();
  step.segments.clear();
  step.tokens = step.logit_rows = 0;
  if (tasks_.empty()) return;
  step.lane = (*std::ranges::min_element(tasks_, {}, &StepTask::lane))->lane();

  const int chunk = executor_.chunk_tokens();
  for (const bool prefilled : {true, false}) {
    for (StepTask* task : std::vector<StepTask*>(tasks_)) {
      if (task->lane() != step.lane || task->is_prefilled_ != prefilled) continue;
      int room = chunk - step.tokens;
      if (!prefilled && step.logit_rows > 0) room = std::min(room, kPromptTokensBesideDecoding);
      if (room <= 0 || step.logit_rows >= kLogitRowsMax) return;
      if (!add_to(step, *task, room)) continue;
    }
  }
}

void Stepper::open(StepTask& task) {
  const bool use = task.cache_ == StepTask::Cache::kUse;
  task.sequence_ = use ? tree_.open(task.text()) : KvSequence(executor_.kv());
  if (!task.was_opened_) task.cached_tokens_ = task.sequence_->tokens();
  task.was_opened_ = true;
}

void Stepper::keep(StepTask& task) {
  if (task.sequence_ && task.cache_ == StepTask::Cache::kUse)
    tree_.insert(task.text(), *task.sequence_);
}

// It evaluates its text again.
void Stepper::drop(StepTask& task) {
  task.sequence_.reset();
  task.is_prefilled_ = false;
}

// False: no room in the cache now.
bool Stepper::add_to(Step& step, StepTask& task, int tokens_max) {
  if (!task.sequence_) open(task);
  const int rows_left = kLogitRowsMax - step.logit_rows;
  StepTask::Wish wish =
      task.wish(task.is_prefilled_ ? std::min(tokens_max, rows_left) : tokens_max);
  if (wish.rows == LogitRows::kAll && static_cast<int>(wish.ids.size()) > rows_left)
    wish.ids = wish.ids.first(static_cast<std::size_t>(rows_left));
  const int tokens = static_cast<int>(wish.ids.size());
  if (!make_room(task, tokens, step)) return false;

  step.tasks.push_back(&task);
  const int rows = logit_rows(wish.rows, tokens);
  step.segments.push_back({wish.ids, &*task.sequence_, wish.rows, wish.hidden, {}, nullptr});
  if (!wish.picks.empty()) {
    step.segments.back().picks = wish.picks.first(static_cast<std::size_t>(rows));
    step.segments.back().picked = picked_ + step.logit_rows;
  }
  step.tokens += tokens;
  step.logit_rows += rows;
  return true;
}

bool Stepper::make_room(StepTask& task, int more, const Step& step) {
  while (!task.sequence_->reserve(more)) {
    if (tree_.evict()) continue;
    // The pool holds one whole context, so there is somebody else whose blocks make the difference.
    StepTask* victim = nullptr;
    for (StepTask* other : tasks_) {
      const bool in_step = std::ranges::find(step.tasks, other) != step.tasks.end();
      if (other == &task || in_step || !other->sequence_) continue;
      if (victim == nullptr || other->lane() >= victim->lane()) victim = other;
    }
    if (victim == nullptr) return false;
    drop(*victim);
  }
  return true;
}

void Stepper::evaluate(Step& step) {
  const StepTask::Clock::time_point start = StepTask::Clock::now();
  try {
    const auto stop = [&] { return should_stop(step); };
    Expected<bool> ran = executor_.forward(step.segments, logits_.get(), stop);
    if (!ran) return fail_all(ran.error());
    if (!*ran) return;
  } catch (const std::bad_alloc&) {
    for (StepTask* task : step.tasks) fail_for_memory(*task);
    return;
  }
  const std::chrono::duration<double, std::milli> ms = StepTask::Clock::now() - start;
  float* logits = logits_.get();
  for (std::size_t i = 0; i < step.tasks.size(); ++i) {
    const Segment& segment = step.segments[i];
    const int tokens = static_cast<int>(segment.ids.size());
    const int rows = logit_rows(segment.rows, tokens);
    const bool has_logits = segment.picks.empty();
    deliver(*step.tasks[i], {.tokens = tokens,
                             .rows = rows,
                             .logits = has_logits ? logits : nullptr,
                             .picked = segment.picked,
                             .ms = ms.count(),
                             .alone = step.tasks.size() == 1});
    if (has_logits) logits += static_cast<std::size_t>(rows) * n_vocab_;
  }
}

void Stepper::deliver(StepTask& task, const StepTask::Outcome& outcome) {
  if (outcome.rows > 0 && !task.is_prefilled_) {
    task.is_prefilled_ = true;
    keep(task);  // others may begin where this prompt ends
  }
  try {
    if (task.take(outcome)) finish(task);
  } catch (const std::bad_alloc&) {
    fail_for_memory(task);
  }
}

void Stepper::fail_for_memory(StepTask& task) {
  task.fail({Errc::kOutOfMemory, "not enough memory for a step"});
  task.sequence_.reset();
  finish(task);
}

// Nothing that was evaluated counts any more.
void Stepper::fail_all(const Error& error) {
  {
    std::lock_guard lock(mutex_);
    fault_ = error;
  }
  for (StepTask* task : std::vector<StepTask*>(tasks_)) {
    task->fail(error);
    task->sequence_.reset();
    finish(*task);
  }
  tree_.clear();
}

std::optional<Error> Stepper::fault() const {
  std::lock_guard lock(mutex_);
  return fault_;
}

// What was evaluated is kept; the caller of run() goes on.
void Stepper::finish(StepTask& task) {
  keep(task);
  task.sequence_.reset();
  std::erase(tasks_, &task);
  {
    std::lock_guard lock(mutex_);
    task.done_ = true;
  }
  changed_.notify_all();
}

// Asked between layers.
bool Stepper::should_stop(const Step& step) const {
  if (arrived_lane_.load(std::memory_order_relaxed) < static_cast<int>(step.lane)) return true;
  return std::ranges::all_of(
      step.tasks, [](const StepTask* task) { return task->is_cancelled() || task->is_late(); });
}

}  // namespace curlew::model
