// One job at a time. The caller opens the gate and advances `round_`, which calls the workers; one
// that comes while the gate is open enters, runs the job, and leaves; the caller runs the job too,
// closes the gate, and waits for those inside. A worker that comes late finds the gate closed and
// goes back to waiting: on a machine busy with other work nobody waits for a thread that has no
// core.
//
// gate_ holds how many are inside, and kClosed. Orders: job_ is written while the gate is closed
// and nobody is inside, before the gate is opened (release), and read after entering (acquire); a
// worker's writes happen before it leaves (release), which the caller acquires. The gate opens
// before round_ advances, so a worker that was called finds it open as long as there is work. The
// caller cannot go on to the next round while somebody is inside, so the round that a worker notes
// there is one it has had.
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
#elif defined(__aarch64__)
  __asm__ volatile("isb");  // `yield` is a hint that most cores ignore
#else
  std::this_thread::yield();
#endif
}

// Returns a value other than `old`, once there is one. With spin == false goes to sleep at once.
std::uint32_t wait_while_equal(const std::atomic<std::uint32_t>& value, std::uint32_t old,
                               bool spin) {
  if (spin) {
    const auto give_up = std::chrono::steady_clock::now() + kSpinTimeMax;
    do {
      for (int i = 0; i < kPausesPerClockRead; ++i) {
        const std::uint32_t now = value.load(std::memory_order_acquire);
        if (now != old) return now;
        pause_cpu();
      }
    } while (std::chrono::steady_clock::now() < give_up);
  }
  value.wait(old, std::memory_order_acquire);
  return value.load(std::memory_order_acquire);
}

}  // namespace

struct ThreadPool::Impl {
  explicit Impl(int threads);
  ~Impl();

  void work(int thread_idx);
  void share(const std::function<void(int)>& job);
  void leave();

  static constexpr std::uint32_t kClosed = 1u << 31;

  const bool spin_;  // no use when other threads of the team wait for this core
  std::atomic<std::uint32_t> round_{0};
  alignas(64) std::atomic<std::uint32_t> gate_{kClosed};
  const std::function<void(int)>* job_ = nullptr;
  std::atomic<bool> go_home_{false};
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
  go_home_.store(true, std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  for (std::thread& worker : workers_) worker.join();
  std::free(scratch_);
}

void ThreadPool::Impl::work(int thread_idx) {
  for (std::uint32_t round = 0;;) {
    const std::uint32_t seen = wait_while_equal(round_, round, spin_);
    if (go_home_.load(std::memory_order_relaxed)) return;
    const bool is_open = (gate_.fetch_add(1, std::memory_order_acquire) & kClosed) == 0;
    if (is_open) (*job_)(thread_idx);
    round = is_open ? round_.load(std::memory_order_relaxed) : seen;
    leave();
  }
}

void ThreadPool::Impl::leave() {
  if (gate_.fetch_sub(1, std::memory_order_acq_rel) == kClosed + 1) gate_.notify_one();
}

void ThreadPool::Impl::share(const std::function<void(int)>& job) {
  job_ = &job;
  gate_.fetch_and(~kClosed, std::memory_order_release);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  job(0);
  for (std::uint32_t inside = gate_.fetch_or(kClosed, std::memory_order_acq_rel) | kClosed;
       inside != kClosed; inside = gate_.load(std::memory_order_acquire))
    wait_while_equal(gate_, inside, spin_);
}

ThreadPool::ThreadPool(int threads) : impl_(std::make_unique<Impl>(std::max(threads, 1))) {}
ThreadPool::~ThreadPool() = default;

int ThreadPool::size() const {
  return static_cast<int>(impl_->workers_.size()) + 1;
}

void ThreadPool::share(const std::function<void(int)>& job) {
  if (impl_->workers_.empty()) return job(0);
  impl_->share(job);
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
  impl_->share(
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
