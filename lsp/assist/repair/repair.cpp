#include "lsp/assist/repair/repair_run.h"

#include <algorithm>

#include "indexer/words.h"
#include "lsp/assist/repair/complaints.h"

namespace curlew::assist {
namespace {

constexpr std::size_t kComplaintsMax = 6;  // worked at in a round
constexpr std::size_t kWhatBytesMax = 120;
// The model has its turn before changes that are less likely than this.
constexpr double kModelsTurn = 0.3;
constexpr std::chrono::milliseconds kRunMin{3'000};
// A test alone is tried first where that takes less than this share of all of them, and they take
// longer than that.
constexpr double kAloneShare = 0.7, kAllSecondsMin = 0.4;
constexpr int kHangs = 5;  // times as long as the longest run that ended by itself
// What is waited for, before tests that do not end are looked for: a share of the budget, and at most.
constexpr int kHangShare = 8;
constexpr std::chrono::milliseconds kHangMax{10'000};

}  // namespace

RepairRun::RepairRun(Checker& checker, const indexer::Index* index, const RepairRequest& request,
                     const RepairCallback& progress, std::stop_token stop)
    : checker_(checker),
      request_(request),
      progress_(progress),
      stop_(std::move(stop)),
      began_(Clock::now()),
      trials_(checker, request.jobs),
      candidates_(index, request, [this](const std::string& path) { return current(path); }) {
  if (request.generator != nullptr)
    model_.emplace(Sources{.index = index, .generator = request.generator}, request.lane);
}

Expected<RepairResult> RepairRun::run() {
  Expected<RepairResult> result = work();
  if (!result && result.error().kind() == Errc::kCancelled && request_.result_when_stopped)
    return finished(RepairEnd::kStopped, "it was stopped");
  return result;
}

Expected<RepairResult> RepairRun::work() {
  if (Status looked = look(); !looked) return std::move(looked.error()).pass();
  if (is_for_some()) {
    result_.saw_nothing = targets_.empty();
    if (targets_.empty())
      return finished(RepairEnd::kNotRepaired, "the command does not complain of this place");
  } else if (now_.passed()) {
    return finished(RepairEnd::kPassedBefore, "the command passes");
  }
  for (int round = 0; round < request_.rounds_max && !is_out_of_time(); ++round) {
    Expected<bool> kept = run_round();
    if (!kept) return std::move(kept.error()).pass();
    if (is_done()) return confirm();
    if (!*kept) break;
  }
  if (is_for_some() && !kept_.empty()) return confirm();
  if (is_out_of_time())
    return finished(RepairEnd::kOutOfTime, now_.end == sandbox::CommandEnd::kTimeLimit
                                               ? reason_not_repaired()
                                               : "the time was up");
  return finished(RepairEnd::kNotRepaired, reason_not_repaired());
}

Expected<std::vector<Proposals>> RepairRun::list() {
  if (Status looked = look(); !looked) return std::move(looked.error()).pass();
  std::vector<Proposals> all;
  for (Diagnostic& complaint : complaints()) {
    if (all.size() == kComplaintsMax) break;
    std::vector<Candidate> candidates = candidates_.find(complaint, now_.tests_run >= 0);
    all.push_back({std::move(complaint), std::move(candidates)});
  }
  return all;
}

Status RepairRun::look() {
  // Where a hang can be told from tests that take long, it is not waited for. Who asks for single
  // complaints has seen the command end.
  if (!is_for_some())
    checker_.limit_runs(checker_.can_rehearse()
                            ? std::clamp(request_.budget / kHangShare, kRunMin, kHangMax)
                            : run_limit());
  if (Status ran = run_as_it_is(); !ran) return ran;
  if (Status traced = trace_tests(); !traced) return traced;
  if (now_.end == sandbox::CommandEnd::kTimeLimit && !rehearses_ && checker_.can_rehearse()) {
    checker_.limit_runs(run_limit());
    if (Status ran = run_as_it_is(); !ran) return ran;
    return trace_tests();
  }
  return {};
}

Status RepairRun::run_as_it_is() {
  Expected<CheckResult> first = checker_.check({}, stop_);
  if (!first) return std::move(first.error()).pass();
  note_run(*first);
  tests_wanted_ = first->tests_run;
  now_ = first_ = std::move(*first);
  if (is_for_some()) find_targets();
  return {};
}

bool RepairRun::is_out_of_time() const {
  return Clock::now() - began_ > request_.budget;
}

void RepairRun::note_run(const CheckResult& result) {
  ++result_.runs;
  if (result.end != sandbox::CommandEnd::kExited) return;
  const auto ms = static_cast<std::int64_t>(result.seconds * 1000);
  longest_run_ = std::max(longest_run_, std::chrono::milliseconds(ms));
}

std::chrono::milliseconds RepairRun::run_limit() const {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(began_ + request_.budget -
                                                                          Clock::now());
  const std::chrono::milliseconds most = std::max(left, kRunMin);
  return now_.tests_run < 0 ? most : std::min(most, std::max(kRunMin, longest_run_ * kHangs));
}

bool RepairRun::is_for_some() const {
  return !request_.only.empty();
}

// A test that says what should be, not one that is broken itself.
bool RepairRun::is_expectation(const Diagnostic& complaint) {
  return !complaint.test.empty() &&
         (complaint.code.empty() || complaint.code.ends_with("AssertionError") ||
          complaint.code.ends_with("AssertionFailedError"));
}

void RepairRun::find_targets() {
  for (const Diagnostic& other : request_.only)
    if (const Diagnostic* seen = seen_by_command(now_.diagnostics, other))
      if (count_same(targets_, *seen) == 0) targets_.push_back(*seen);
  if (!targets_.empty() && std::ranges::all_of(targets_, is_expectation)) candidates_.leave_tests();
}

std::vector<Diagnostic> RepairRun::complaints() const {
  if (!is_for_some()) {
    std::vector<Diagnostic> all = complaints_of(now_);
    // A command that says nothing we can read: what was changed last may be to blame.
    if (all.empty() && !now_.passed() &&
        (!request_.committed.empty() || candidates_.suspects_any()))
      all.push_back({.message = "the command fails", .source = "command"});
    return all;
  }
  std::vector<Diagnostic> left;
  for (const Diagnostic& d : now_.diagnostics)
    if (count_same(targets_, d) > 0) left.push_back(d);
  return left;
}

bool RepairRun::is_done() const {
  return is_for_some() ? complaints().empty() : now_.passed();
}

Expected<bool> RepairRun::run_round() {
  RepairRound& round = result_.rounds.emplace_back();
  round.command_exit = now_.exit_code;
  round.diagnostics = complaints();
  const std::vector<Diagnostic> all = round.diagnostics;
  bool kept = false;
  for (std::size_t i = 0; i < std::min(all.size(), kComplaintsMax); ++i) {
    if (is_done() || is_out_of_time()) break;
    if (count_same(complaints(), all[i]) == 0) continue;
    Expected<bool> removed = remove(all[i]);
    if (!removed) return std::move(removed.error()).pass();
    kept |= *removed;
  }
  result_.rounds.back().verified = now_.passed();
  return kept;
}

Expected<bool> RepairRun::remove(const Diagnostic& complaint) {
  if (Status chosen = choose_focus(complaint); !chosen) return std::move(chosen.error()).pass();
  std::vector<Candidate> likely = candidates_.find(complaint, now_.tests_run >= 0);
  const auto models_turn = std::ranges::find_if(
      likely, [](const Candidate& candidate) { return candidate.chance < kModelsTurn; });
  std::vector<Candidate> rest(std::make_move_iterator(models_turn),
                              std::make_move_iterator(likely.end()));
  likely.erase(models_turn, likely.end());
  RepairProgress shown{static_cast<int>(result_.rounds.size()), 0,
                       static_cast<int>(likely.size() + rest.size()), ""};
  shown.what = said_of(complaint).substr(0, kWhatBytesMax);
  const std::vector<ModelPlace> places = places_for_model(complaint, likely, rest);
  further_.reset();
  Expected<bool> kept = try_all(likely, complaint, shown);
  if (kept && !*kept && keep_further()) return true;
  if (kept && !*kept) kept = try_answers(places, complaint, shown);
  if (kept && !*kept) {
    if (Status added = add_lines(places, rest); !added) return std::move(added.error()).pass();
    shown.candidates = static_cast<int>(likely.size() + rest.size());
    kept = try_all(rest, complaint, shown);
    if (kept && !*kept && keep_further()) return true;
  }
  if (kept && !*kept && (rest.empty() || has_c(rest))) kept = try_anywhere(complaint, shown);
  return kept;
}

Status RepairRun::choose_focus(const Diagnostic& complaint) {
  focus_.reset();
  const bool is_worth_it = !complaint.test.empty() && now_.seconds > kAllSecondsMin &&
                           !is_rehearsed(complaint) && now_.end == sandbox::CommandEnd::kExited;
  if (!is_worth_it || !checker_.focus_on(&complaint)) return {};
  checker_.limit_runs(run_limit());
  const Expected<CheckResult> alone = checker_.check(kept_, stop_);
  checker_.focus_on(nullptr);
  if (!alone) return Error(alone.error()).pass();
  note_run(*alone);
  const bool is_the_one = alone->end == sandbox::CommandEnd::kExited && alone->tests_run > 0 &&
                          count_same(alone->diagnostics, complaint) > 0;
  if (is_the_one && alone->seconds < kAloneShare * now_.seconds) focus_ = complaint;
  return {};
}

Expected<bool> RepairRun::try_all(const std::vector<Candidate>& candidates,
                                  const Diagnostic& complaint, RepairProgress& shown) {
  if (is_rehearsed(complaint)) return try_rehearsed(candidates, complaint, shown);
  if (is_varied(complaint) && has_varied(candidates))
    return try_varied(candidates, complaint, shown);
  trials_.start_small();
  for (auto next = candidates.begin(); next != candidates.end() && !is_out_of_time();) {
    if (progress_) progress_(shown);
    std::vector<Trial> trials;
    for (; next != candidates.end() && trials.size() < trials_.width(); ++next) {
      if (is_out_of_time()) return false;
      ++shown.tried;
      if (auto trial = trial_of(*next)) trials.push_back(std::move(*trial));
    }
    Expected<bool> kept = try_these(trials, complaint);
    if (!kept || *kept) return kept;
  }
  return false;
}

std::optional<Trial> RepairRun::trial_of(const Candidate& candidate, Parses parses) {
  const Expected<std::string> before = current(candidate.path);
  if (!before || !candidates_.keeps_verdicts(candidate)) return std::nullopt;
  Expected<std::string> after = apply_edits(*before, candidate.edits);
  if (!after || *after == *before) return std::nullopt;
  last_outcome_ = "it does not parse";
  if (parses == Parses::kCheckNow && candidates_.parses_worse(candidate.path, *before, *after))
    return std::nullopt;
  Trial trial{&candidate, kept_};
  trial.changes[candidate.path] = std::move(*after);
  if (!tried_.insert(hash_of(trial.changes)).second) return std::nullopt;
  return trial;
}

Expected<bool> RepairRun::try_these(std::span<Trial> trials, const Diagnostic& complaint) {
  if (trials.empty()) return false;
  std::vector<Changes> changes;
  for (Trial& trial : trials) changes.push_back(std::move(trial.changes));
  Expected<bool> kept = false;
  const auto judge = [&](std::size_t idx, CheckResult result) {
    note_run(result);
    ++result_.rounds.back().tried;
    kept = judge_trial(*trials[idx].candidate, changes[idx], complaint, std::move(result));
    return !kept || *kept;
  };
  const Trials::Way way{run_limit(), focus_ ? &*focus_ : nullptr};
  if (Status ran = trials_.run(changes, way, stop_, judge); !ran)
    return std::move(ran.error()).pass();
  return kept;
}

Expected<bool> RepairRun::judge_trial(const Candidate& candidate, Changes& changes,
                                      const Diagnostic& complaint, CheckResult result) {
  if (focus_ && result.passed() && result.tests_run > 0) {
    checker_.limit_runs(run_limit());
    Expected<CheckResult> all = checker_.check(changes, stop_);
    if (!all) return std::move(all.error()).pass();
    note_run(*all);
    result = std::move(*all);
  } else if (focus_) {
    last_outcome_ = outcome(complaint, result);
    return false;
  }
  if (!is_better(complaint, result)) {
    if (!further_ && comes_further(candidate, complaint, changes, result) &&
        !loses_verdicts(changes)) {
      further_ = Further{{candidate, complaint}, std::move(changes), std::move(result)};
      return false;
    }
    last_outcome_ = outcome(complaint, result);
    note_nearest(candidate, complaint, changes, result);
    return false;
  }
  if (loses_verdicts(changes)) return false;
  kept_ = std::move(changes);
  now_ = std::move(result);
  result_.rounds.back().kept.push_back({candidate, complaint});
  return true;
}

// What mends one fault and shows another that it hid; where another change mends all, it is that one.
bool RepairRun::keep_further() {
  if (!further_) return false;
  kept_ = std::move(further_->changes);
  now_ = std::move(further_->result);
  result_.rounds.back().kept.push_back(std::move(further_->change));
  further_.reset();
  return true;
}

bool RepairRun::loses_verdicts(const Changes& changes) const {
  return std::ranges::any_of(changes, [&](const auto& change) {
    const Expected<std::string> before = checker_.text(change.first);
    return before && candidates_.loses_verdicts(change.first, *before, change.second);
  });
}

std::string RepairRun::outcome(const Diagnostic& complaint, const CheckResult& result) const {
  const std::vector<Diagnostic> fresh = new_complaints(now_.diagnostics, result.diagnostics);
  if (!fresh.empty()) return fmt::format("now: {}", fresh.front().message);
  return fmt::format("still: {}", complaint.message);
}

bool RepairRun::is_better(const Diagnostic& complaint, const CheckResult& result) const {
  if (result.end != sandbox::CommandEnd::kExited || result.tests_run < tests_wanted_) return false;
  // A command that fails and says nothing any more has not come nearer.
  if (!result.passed() && (result.diagnostics.empty() || now_.passed())) return false;
  if (is_for_some()) return is_progress(complaint, now_.diagnostics, result.diagnostics);
  return result.passed() || is_progress(complaint, complaints_of(now_), complaints_of(result));
}

// What was hidden is a complaint that was there before.
bool RepairRun::comes_further(const Candidate& candidate, const Diagnostic& complaint,
                              const Changes& changes, const CheckResult& result) {
  if (is_for_some() || result.end != sandbox::CommandEnd::kExited ||
      result.tests_run < tests_wanted_ || result.diagnostics.empty() || now_.passed())
    return false;
  const std::vector<Diagnostic> before = complaints_of(now_), after = complaints_of(result);
  if (count_same(after, complaint) >= count_same(before, complaint)) return false;
  const Expected<std::string> text = current(candidate.path);
  if (!text) return false;
  const std::string& changed = changes.at(candidate.path);
  const int errors = candidates_.errors_in(candidate.path, *text);
  if (errors > 0)
    return candidates_.errors_in(candidate.path, changed) == 0 &&
           are_uncovered(new_complaints(before, after));
  return candidate.path == complaint.place.path &&
         renames_what_is_wrong(complaint, candidate, *text) &&
         runs_further(complaint, before, after);
}

// None new and fewer than there were: the nearest that any try has come, where none is kept.
void RepairRun::note_nearest(const Candidate& candidate, const Diagnostic& complaint,
                             const Changes& changes, const CheckResult& result) {
  if (!kept_.empty() || result.end != sandbox::CommandEnd::kExited || result.diagnostics.empty() ||
      result.tests_run < tests_wanted_ || is_for_some())
    return;
  const std::size_t before = complaints_of(now_).size(), left = complaints_of(result).size();
  if (left >= before || (nearest_ && left >= nearest_->left) ||
      !new_complaints(complaints_of(now_), complaints_of(result)).empty() ||
      loses_verdicts(changes))
    return;
  nearest_ = Nearest{{candidate, complaint}, changes, left};
}

std::uint64_t RepairRun::hash_of(const Changes& changes) {
  std::string all;
  for (const auto& [path, text] : changes)
    all += fmt::format("{}\n{:x}\n", path, indexer::content_hash(text));
  return indexer::content_hash(all);
}

Expected<std::string> RepairRun::current(const std::string& path) {
  if (const auto kept = kept_.find(path); kept != kept_.end()) return kept->second;
  return checker_.text(path);
}

Expected<RepairResult> repair(Checker& checker, const indexer::Index* index,
                              const RepairRequest& request, const RepairCallback& progress,
                              std::stop_token stop) {
  return RepairRun(checker, index, request, progress, std::move(stop)).run();
}

Expected<std::vector<Proposals>> list_proposals(Checker& checker, const indexer::Index* index,
                                                const RepairRequest& request,
                                                std::stop_token stop) {
  return RepairRun(checker, index, request, nullptr, std::move(stop)).list();
}

}  // namespace curlew::assist
