#include "lsp/assist/repair/trials.h"

#include <algorithm>
#include <thread>

namespace curlew::assist {
namespace {

constexpr std::size_t kJobsMax = 4;

}  // namespace

Checker* Trials::checker(std::size_t idx) {
  if (idx == 0) return &checker_;
  while (others_.size() < idx) {
    std::unique_ptr<Checker> other = checker_.another();
    if (!other) return nullptr;
    others_.push_back(std::move(other));
  }
  return others_[idx - 1].get();
}

Status Trials::run(std::span<const Changes> changes, const Way& way, std::stop_token stop,
                   const Judge& judge) {
  std::stop_source own;
  const std::stop_callback forward(stop, [&] { own.request_stop(); });
  std::vector<std::optional<Expected<CheckResult>>> results(changes.size());
  const auto check = [&](Checker& with, std::size_t idx) {
    with.limit_runs(way.limit);
    with.focus_on(way.focus);
    results[idx] = with.check(changes[idx], own.get_token());
    with.focus_on(nullptr);
  };

  std::vector<Checker*> checkers;  // all of them before any is at work, and can be copied no more
  while (checkers.size() < changes.size()) {
    Checker* next = checker(checkers.size());
    if (next == nullptr) break;
    checkers.push_back(next);
  }
  const std::size_t count = checkers.size();
  std::vector<std::jthread> threads;
  for (std::size_t i = 1; i < count; ++i)
    threads.emplace_back([&check, other = checkers[i], i] { check(*other, i); });

  bool is_kept = false;
  for (std::size_t i = 0; i < changes.size() && !is_kept; ++i) {
    if (i == 0 || i >= count)
      check(checker_, i);
    else
      threads[i - 1].join();
    Expected<CheckResult>& result = *results[i];
    if (!result) {
      own.request_stop();
      return std::move(result.error()).pass();
    }
    is_kept = judge(i, std::move(*result));
  }
  own.request_stop();
  width_ = std::min(2 * width_, jobs_max_);
  if (count < changes.size()) width_ = count;
  return {};
}

int repair_jobs() {
  return static_cast<int>(
      std::clamp<std::size_t>(std::thread::hardware_concurrency() / 2, 1, kJobsMax));
}

}  // namespace curlew::assist
