// One job at a time: the caller publishes it by advancing `round_`, every worker runs it once and
// counts itself off in `busy_`, the caller waits for zero. Both sides spin for a bounded time and
// then sleep on the atomic.
//
// Orders: job_ is written before round_ is advanced (release) and read after it is seen (acquire);
// a worker's writes happen before its decrement of busy_ (release), which the caller acquires.
#include <algorithm>
#include <atomic>
#include <cassert>
#include <chrono>
#include <cstdlib>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "kernels/ops.h"

namespace curlew::kernels {
namespace {

// Longer than the gap between two operations of a decode step, shorter than anyone would notice in
// `top`.
constexpr auto kSpinTimeMax = std::chrono::microseconds(60);
constexpr int kPausesPerClockRead = 32;
constexpr std::size_t kScratchAlignment = 64;

void pause_cpu() {
#if defined(__x86_64__)
  _mm_pause();
#else
  std::this_thread::yield();
#endif
}

// Returns when value differs from `old`. With spin == false goes to sleep at once.
void wait_while_equal(const std::atomic<std::uint32_t>& value, std::uint32_t old, bool spin) {
  if (spin) {
    const auto give_up = std::chrono::steady_clock::now() + kSpinTimeMax;
    do {
      for (int i = 0; i < kPausesPerClockRead; ++i) {
        if (value.load(std::memory_order_acquire) != old) return;
        pause_cpu();
      }
    } while (std::chrono::steady_clock::now() < give_up);
  }
  value.wait(old, std::memory_order_acquire);
}

}  // namespace

struct ThreadPool::Impl {
  explicit Impl(int threads);
  ~Impl();

  void work(int thread_idx);
  void run(const std::function<void(int)>& job);

  const bool spin_;  // no use when other threads of the team wait for this core
  std::atomic<std::uint32_t> round_{0};
  alignas(64) std::atomic<std::uint32_t> busy_{0};
  const std::function<void(int)>* job_ = nullptr;  // null in the last round: go home
  std::vector<std::thread> workers_;
  std::byte* scratch_ = nullptr;
  std::size_t scratch_bytes_ = 0;
};

ThreadPool::Impl::Impl(int threads)
    : spin_(threads <= static_cast<int>(std::max(1u, std::thread::hardware_concurrency()))) {
  workers_.reserve(static_cast<std::size_t>(threads - 1));
  for (int i = 1; i < threads; ++i) workers_.emplace_back([this, i] { work(i); });
}

ThreadPool::Impl::~Impl() {
  job_ = nullptr;
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  for (std::thread& worker : workers_) worker.join();
  std::free(scratch_);
}

void ThreadPool::Impl::work(int thread_idx) {
  for (std::uint32_t round = 0;;) {
    wait_while_equal(round_, round, spin_);
    ++round;  // the next round cannot start before this one is counted off
    if (!job_) return;
    (*job_)(thread_idx);
    if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) busy_.notify_one();
  }
}

void ThreadPool::Impl::run(const std::function<void(int)>& job) {
  const auto others = static_cast<std::uint32_t>(workers_.size());
  job_ = &job;
  busy_.store(others, std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  job(0);
  for (std::uint32_t busy; (busy = busy_.load(std::memory_order_acquire)) != 0;)
    wait_while_equal(busy_, busy, spin_);
}

ThreadPool::ThreadPool(int threads) : impl_(std::make_unique<Impl>(std::max(threads, 1))) {}
ThreadPool::~ThreadPool() = default;

int ThreadPool::size() const {
  return static_cast<int>(impl_->workers_.size()) + 1;
}

void ThreadPool::run(const std::function<void(int)>& job) {
  if (impl_->workers_.empty()) return job(0);
  impl_->run(job);
}

void ThreadPool::for_range(std::int64_t count, std::int64_t grain,
                           const std::function<void(std::int64_t, std::int64_t)>& job) {
  assert(grain > 0);
  if (count <= 0) return;
  if (impl_->workers_.empty()) {  // still in pieces: callers choose the grain for the cache too
    for (std::int64_t begin = 0; begin < count; begin += grain)
      job(begin, std::min(begin + grain, count));
    return;
  }
  if (count <= grain) return job(0, count);
  std::atomic<std::int64_t> cursor{0};
  auto take_pieces = [&](int) {
    for (;;) {
      const std::int64_t begin = cursor.fetch_add(grain, std::memory_order_relaxed);
      if (begin >= count) return;
      job(begin, std::min(begin + grain, count));
    }
  };
  impl_->run(
      std::ref(take_pieces));  // std::ref: std::function then holds a pointer and allocates nothing
}

std::byte* ThreadPool::scratch(std::size_t bytes) {
  if (bytes > impl_->scratch_bytes_) {
    const std::size_t rounded =
        (bytes + kScratchAlignment - 1) / kScratchAlignment * kScratchAlignment;
    std::free(impl_->scratch_);
    impl_->scratch_ = static_cast<std::byte*>(std::aligned_alloc(kScratchAlignment, rounded));
    if (!impl_->scratch_) throw std::bad_alloc();
    impl_->scratch_bytes_ = rounded;
  }
  return impl_->scratch_;
}

}  // namespace curlew::kernels
