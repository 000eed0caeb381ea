#include "lsp/server/task_queue.h"

#include <pthread.h>

#include <algorithm>

namespace curlew::server {

TaskQueue::TaskQueue(std::string name, int threads, std::size_t tasks_max)
    : name_(std::move(name)), tasks_max_(tasks_max) {
  for (int thread_idx = 0; thread_idx < threads; ++thread_idx)
    threads_.emplace_back([this] { work(); });
}

TaskQueue::~TaskQueue() {
  stop();
}

bool TaskQueue::push(Task task) {
  if (threads_.empty()) {
    if (!task.is_stale || !task.is_stale()) task.run();
    return true;
  }
  std::vector<Task> stale;  // destroyed after the lock is released: they may own a lot
  std::lock_guard lock(mutex_);
  if (stopped_) return false;
  if (tasks_.size() >= tasks_max_) {
    const auto first = std::stable_partition(
        tasks_.begin(), tasks_.end(), [](const Task& t) { return !t.is_stale || !t.is_stale(); });
    std::move(first, tasks_.end(), std::back_inserter(stale));
    tasks_.erase(first, tasks_.end());
    if (tasks_.size() >= tasks_max_) return false;
  }
  tasks_.push_back(std::move(task));
  changed_.notify_all();
  return true;
}

void TaskQueue::stop() {
  std::deque<Task> dropped;
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    dropped.swap(tasks_);
    changed_.notify_all();
  }
  for (std::thread& thread : threads_)
    if (thread.joinable()) thread.join();
}

bool TaskQueue::wait_until_idle(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, deadline, [this] { return tasks_.empty() && running_ == 0; });
}

void TaskQueue::work() {
  ::pthread_setname_np(::pthread_self(), name_.substr(0, 15).c_str());  // the kernel's limit
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopped_ || !tasks_.empty(); });
    if (stopped_) return;
    {
      const Task task = std::move(tasks_.front());
      tasks_.pop_front();
      ++running_;
      lock.unlock();
      if (!task.is_stale || !task.is_stale()) task.run();
    }  // the task dies before idle is announced
    lock.lock();
    --running_;
    changed_.notify_all();
  }
}

}  // namespace curlew::server
