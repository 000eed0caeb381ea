// Runs a command on several changes at once, each in a shadow copy of its own, and judges them in their order:
// which one is kept does not depend on which run ends first.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "lsp/assist/repair/checker.h"

namespace curlew::assist {

// Not thread-safe. `checker` must outlive it.
class Trials {
 public:
  // At most `jobs` runs at once; fewer where the checker cannot be had so often.
  Trials(Checker& checker, int jobs) : checker_(checker), jobs_max_(std::max(1, jobs)) {}

  // How many changes the next run() had better be given: one, then twice as many each time. The
  // likeliest change is right so often that runs beside it would be for nothing.
  std::size_t width() const { return width_; }
  void start_small() { width_ = 1; }

  // What became of a change; true: it is kept, and what comes behind it is not looked at.
  using Judge = std::function<bool(std::size_t idx, CheckResult result)>;
  // How the command is run: for how long at most, and, unless null, of its tests only this one.
  struct Way {
    std::chrono::milliseconds limit;
    const Diagnostic* focus = nullptr;
  };
  // Runs that come behind one that is kept are stopped. While a change is judged nothing runs in
  // `checker`, which then runs all tests. Errors: those of Checker::check() for a change that was to
  // be judged.
  Status run(std::span<const Changes> changes, const Way& way, std::stop_token stop,
             const Judge& judge);

 private:
  Checker* checker(std::size_t idx);  // null: there can be no more

  Checker& checker_;
  const std::size_t jobs_max_;
  std::size_t width_ = 1;
  std::vector<std::unique_ptr<Checker>> others_;
};

// How many runs a machine takes that is used for other work, too: half of its processors, at most 4.
int repair_jobs();

}  // namespace curlew::assist
