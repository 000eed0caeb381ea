// What is called a repair in the end, and what is said where there is none.
#include <algorithm>

#include "lsp/assist/repair/complaints.h"
#include "lsp/assist/repair/repair_run.h"
#include "lsp/assist/repair/verdicts.h"

namespace curlew::assist {
namespace {

constexpr std::size_t kWhatBytesMax = 120;

// The last line that a command printed, to be put behind what is said of it.
std::string last_words(std::string_view output) {
  const std::size_t end = output.find_last_not_of(" \t\r\n");
  if (end == output.npos) return "";
  const std::size_t before = output.rfind('\n', end);
  const std::size_t begin = before == output.npos ? 0 : before + 1;
  return fmt::format(": \"{}\"", output.substr(begin, std::min(end + 1 - begin, kWhatBytesMax)));
}

}  // namespace

Expected<RepairResult> RepairRun::confirm() {
  ++result_.runs;
  Expected<CheckResult> afresh = checker_.check_afresh(kept_, stop_);
  if (!afresh) return std::move(afresh.error()).pass();
  const bool holds = is_for_some() ? holds_for_some(*afresh) : afresh->passed();
  std::string why = "what held once did not hold when the command was run again from the start";
  if (holds && afresh->end == sandbox::CommandEnd::kExited && afresh->tests_run >= tests_wanted_) {
    if (loses_verdicts(kept_)) {
      why = "there would be fewer assertions than before";
    } else {
      Expected<bool> fails = fails_without();
      if (!fails) return std::move(fails.error()).pass();
      if (*fails) return finished(RepairEnd::kRepaired, reason_repaired());
      why = "the command passes and fails by itself: it passed once without the changes, too";
    }
  }
  result_.rounds.back().verified = false;
  return finished(RepairEnd::kNotRepaired, std::move(why));
}

// Once more as it was: what passes now and then is not repaired because it passes now. A check that
// runs nothing says the same each time.
Expected<bool> RepairRun::fails_without() {
  if (is_for_some() && std::ranges::all_of(targets_, comes_before_running)) return true;
  ++result_.runs;
  Expected<CheckResult> again = checker_.check_afresh({}, stop_);
  if (!again) return std::move(again.error()).pass();
  if (!is_for_some()) return !again->passed();
  return std::ranges::any_of(targets_, [&](const Diagnostic& target) {
    return count_same(again->diagnostics, target) > 0;
  });
}

bool RepairRun::holds_for_some(const CheckResult& afresh) const {
  if (!afresh.passed() && (afresh.diagnostics.empty() || first_.passed())) return false;
  return new_complaints(now_.diagnostics, afresh.diagnostics).empty();
}

std::string RepairRun::reason_repaired() const {
  if (!is_for_some()) return "the command passes";
  std::size_t left = 0;
  for (const Diagnostic& target : targets_)
    left += count_same(now_.diagnostics, target) > 0 ? 1u : 0u;
  if (left == 0) return "the command does not complain of it any more";
  return fmt::format("the command does not complain of {} of {} any more", targets_.size() - left,
                     targets_.size());
}

std::string RepairRun::reason_not_repaired() const {
  int tried = 0;
  for (const RepairRound& round : result_.rounds) tried += round.tried;
  if (complaints().empty() && now_.end != sandbox::CommandEnd::kExited) return reason_ended();
  if (complaints().empty())
    return fmt::format("the command fails (exit {}) and names no place in the workspace{}",
                       now_.exit_code, last_words(now_.output));
  if (tried > 0 && nearest_)
    return fmt::format("{} changes tried, none repairs it; the nearest leaves {} of {} complaints",
                       tried, nearest_->left, complaints().size());
  if (tried > 0)
    return fmt::format("{} changes tried, none repairs it{}", tried,
                       kept_.empty() ? " or comes nearer" : "");
  const std::vector<Diagnostic> all = complaints();
  const bool has_place = std::ranges::any_of(
      all, [&](const Diagnostic& complaint) { return !candidates_.causes(complaint).empty(); });
  return fmt::format("nothing to try: {}",
                     has_place ? fmt::format("no change is known for \"{}\"",
                                             all.front().message.substr(0, kWhatBytesMax))
                               : "what the command names is no line of a file that may be changed");
}

std::string RepairRun::reason_ended() const {
  if (now_.end == sandbox::CommandEnd::kTimeLimit)
    return fmt::format("the command was ended after {:.1f} s: it takes longer than it may",
                       now_.seconds);
  return fmt::format("the command was ended: it takes more {} than it may",
                     now_.end == sandbox::CommandEnd::kMemoryLimit ? "memory" : "processes");
}

Expected<RepairResult> RepairRun::finished(RepairEnd end, std::string reason) {
  if (end != RepairEnd::kRepaired && kept_.empty() && nearest_ && !result_.rounds.empty()) {
    kept_ = nearest_->changes;
    result_.rounds.back().kept.push_back(nearest_->change);
  }
  result_.end = end;
  result_.reason = std::move(reason);
  result_.after = kept_;
  for (const auto& [path, text] : kept_) {
    Expected<std::string> before = checker_.text(path);
    if (!before) return std::move(before.error()).pass();
    result_.before[path] = std::move(*before);
  }
  result_.seconds = std::chrono::duration<double>(Clock::now() - began_).count();
  return std::move(result_);
}

}  // namespace curlew::assist
