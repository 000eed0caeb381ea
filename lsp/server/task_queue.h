// A bounded first-in-first-out queue of jobs and the threads that run them: what a lane is made of.
//
// With zero threads every job runs inside push(): tests are then one thread and exact. A job must
// not throw. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace curlew::server {

struct Task {
  std::function<void()> run;
  std::function<bool()> is_stale;  // may be empty; a stale task is dropped without being run
};

class TaskQueue {
 public:
  TaskQueue(std::string name, int threads, std::size_t tasks_max);
  ~TaskQueue();  // stop()
  TaskQueue(const TaskQueue&) = delete;
  TaskQueue& operator=(const TaskQueue&) = delete;

  // False when the queue is full (stale tasks do not count) or stopped: the task was not taken.
  bool push(Task task);

  // Drops what waits, lets what runs end, and joins. Later pushes are refused.
  void stop();

  // True when nothing waits or runs; false when that did not happen in time.
  bool wait_until_idle(std::chrono::steady_clock::time_point deadline);

 private:
  void work();

  const std::string name_;
  const std::size_t tasks_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;  // mutex_
  int running_ = 0;         // mutex_
  bool stopped_ = false;    // mutex_
  std::vector<std::thread> threads_;
};

}  // namespace curlew::server
