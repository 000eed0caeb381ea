#include "lsp/assist/repair/repair.h"

#include <algorithm>
#include <set>

#include "indexer/words.h"
#include "lsp/assist/repair/complaints.h"
#include "lsp/assist/repair/propose_model.h"
#include "lsp/assist/repair/repair_candidates.h"
#include "lsp/assist/repair/trials.h"

namespace curlew::assist {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kComplaintsMax = 6;  // worked at in a round
constexpr std::size_t kWhatBytesMax = 120;
// The model has its turn before changes that are less likely than this.
constexpr double kModelsTurn = 0.3;
constexpr std::chrono::milliseconds kRunMin{3'000};
// A test alone is tried first where that takes less than this share of all of them, and they take
// longer than that.
constexpr double kAloneShare = 0.7, kAllSecondsMin = 0.4;
constexpr int kHangs = 5;                  // times as long as the longest run that ended by itself
constexpr int kAnswersMax = 3;             // of a model that is told what became of the last one
constexpr std::size_t kRewrittenMax = 12;  // lines that a model writes anew, per complaint
constexpr int kSamples = 3;                // of each: the likeliest, and others
constexpr double kAnswersShare = 0.5, kLinesShare = 0.15;  // of the budget
constexpr double kNextLine = 0.85;  // how much less likely each is than the one before

class Repair {
 public:
  Repair(Checker& checker, const indexer::Index* index, const RepairRequest& request,
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

  Expected<RepairResult> run() {
    Expected<CheckResult> first = checker_.check({}, stop_);
    if (!first) return std::move(first.error()).pass();
    note_run(*first);
    tests_wanted_ = first->tests_run;
    now_ = first_ = std::move(*first);
    if (is_for_some()) {
      find_targets();
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
    if (is_out_of_time()) return finished(RepairEnd::kOutOfTime, "the time was up");
    return finished(RepairEnd::kNotRepaired, reason_not_repaired());
  }

 private:
  bool is_out_of_time() const { return Clock::now() - began_ > request_.budget; }

  void note_run(const CheckResult& result) {
    ++result_.runs;
    if (result.end != sandbox::CommandEnd::kExited) return;
    const auto ms = static_cast<std::int64_t>(result.seconds * 1000);
    longest_run_ = std::max(longest_run_, std::chrono::milliseconds(ms));
  }

  // Not far beyond the time there is. A command that has once run its tests takes about as long
  // again: what takes much longer hangs.
  std::chrono::milliseconds run_limit() const {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        began_ + request_.budget - Clock::now());
    const std::chrono::milliseconds most = std::max(left, kRunMin);
    return now_.tests_run < 0 ? most : std::min(most, std::max(kRunMin, longest_run_ * kHangs));
  }

  bool is_for_some() const { return !request_.only.empty(); }

  void find_targets() {
    for (const Diagnostic& other : request_.only)
      if (const Diagnostic* seen = seen_by_command(now_.diagnostics, other))
        if (count_same(targets_, *seen) == 0) targets_.push_back(*seen);
  }

  // What is left to do.
  std::vector<Diagnostic> complaints() const {
    if (!is_for_some()) {
      std::vector<Diagnostic> all = complaints_of(now_);
      // A command that says nothing we can read: what was changed last may be to blame.
      if (all.empty() && !now_.passed() && !request_.committed.empty())
        all.push_back({.message = "the command fails", .source = "command"});
      return all;
    }
    std::vector<Diagnostic> left;
    for (const Diagnostic& d : now_.diagnostics)
      if (count_same(targets_, d) > 0) left.push_back(d);
    return left;
  }

  bool is_done() const { return is_for_some() ? complaints().empty() : now_.passed(); }

  // Every complaint in turn; those that a kept change has removed on its way are left out.
  Expected<bool> run_round() {
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

  // First what is likely without a model, then the model's own, then all there is by its chance.
  Expected<bool> remove(const Diagnostic& complaint) {
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
    Expected<bool> kept = try_all(likely, complaint, shown);
    if (kept && !*kept) kept = try_answers(places, complaint, shown);
    if (kept && !*kept) {
      if (Status added = add_lines(places, rest); !added) return std::move(added.error()).pass();
      shown.candidates = static_cast<int>(likely.size() + rest.size());
      kept = try_all(rest, complaint, shown);
    }
    return kept;
  }

  // A failing test alone tells most changes apart from the right one, and is quicker than all.
  Status choose_focus(const Diagnostic& complaint) {
    focus_.reset();
    const bool is_worth_it = !complaint.test.empty() && now_.seconds > kAllSecondsMin;
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

  struct Trial {
    const Candidate* candidate = nullptr;
    Changes changes;  // all that is kept, and this
  };

  // True when one of them is kept.
  Expected<bool> try_all(const std::vector<Candidate>& candidates, const Diagnostic& complaint,
                         RepairProgress& shown) {
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

  // Nothing where the change is none, parses worse, or was tried before.
  std::optional<Trial> trial_of(const Candidate& candidate) {
    const Expected<std::string> before = current(candidate.path);
    if (!before) return std::nullopt;
    Expected<std::string> after = apply_edits(*before, candidate.edits);
    if (!after || *after == *before) return std::nullopt;
    last_outcome_ = "it does not parse";
    if (candidates_.parses_worse(candidate.path, *before, *after)) return std::nullopt;
    Trial trial{&candidate, kept_};
    trial.changes[candidate.path] = std::move(*after);
    if (!tried_.insert(hash_of(trial.changes)).second) return std::nullopt;
    return trial;
  }

  // The first in their order that is better is kept.
  Expected<bool> try_these(std::span<Trial> trials, const Diagnostic& complaint) {
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

  // True when the change is kept. One that a test alone likes must please all of them.
  Expected<bool> judge_trial(const Candidate& candidate, Changes& changes,
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
      last_outcome_ = outcome(complaint, result);
      return false;
    }
    kept_ = std::move(changes);
    now_ = std::move(result);
    result_.rounds.back().kept.push_back({candidate, complaint});
    return true;
  }

  // What a run says of a change that was not kept.
  std::string outcome(const Diagnostic& complaint, const CheckResult& result) const {
    const std::vector<Diagnostic> fresh = new_complaints(now_.diagnostics, result.diagnostics);
    if (!fresh.empty()) return fmt::format("now: {}", fresh.front().message);
    return fmt::format("still: {}", complaint.message);
  }

  // --- The model -------------------------------------------------------------------------------

  // The lines that may be at fault: those that the complaint names; of running code those, too, that
  // the likeliest changes are about.
  std::vector<ModelPlace> places_for_model(const Diagnostic& complaint,
                                           const std::vector<Candidate>& likely,
                                           const std::vector<Candidate>& rest) {
    std::vector<ModelPlace> places;
    if (!model_) return places;
    double chance = 1;
    const auto add = [&](const std::string& path, int line, bool is_named) {
      const bool is_known = std::ranges::any_of(places, [&](const ModelPlace& place) {
        return place.path == path && place.line == line;
      });
      if (is_known || places.size() == kRewrittenMax) return;
      places.push_back({complaint, path, {}, line, chance, is_named && complaint.test.empty()});
      chance *= kNextLine;
    };
    for (const SourcePlace& cause : candidates_.causes(complaint))
      add(cause.path, cause.line, true);
    for (const std::vector<Candidate>* candidates : {&likely, &rest})
      for (const Candidate& candidate : *candidates)
        if (places.size() < kRewrittenMax && now_.tests_run >= 0)
          if (const Expected<std::string> text = current(candidate.path))
            add(candidate.path, LineTable(*text).line_of(candidate.edits.front().start), false);
    return places;
  }

  // Of a model that follows instructions: it is told what became of each answer.
  Expected<bool> try_answers(const std::vector<ModelPlace>& places, const Diagnostic& complaint,
                             RepairProgress& shown) {
    std::vector<FailedAnswer> failed;
    if (places.empty() || !model_->follows_instructions()) return false;
    ModelPlace place = places.front();
    const Expected<std::string> text = current(place.path);
    if (!text) return false;
    place.text = *text;
    const Clock::time_point deadline = models_deadline(kAnswersShare);
    while (failed.size() < kAnswersMax && Clock::now() < deadline) {
      if (progress_) progress_(shown);
      auto answer = model_->edit(place, failed, stop_);
      if (!answer && answer.error().kind() == Errc::kCancelled)
        return std::move(answer.error()).pass();
      if (!answer) result_.model_error = answer.error().message();
      if (!answer || !*answer) return false;
      std::optional<Trial> trial = trial_of(**answer);
      Expected<bool> kept = trial ? try_these({&*trial, 1}, complaint) : Expected<bool>(false);
      if (!kept || *kept) return kept;
      const Expected<std::string> after = apply_edits(*text, (*answer)->edits);
      if (!after) return false;
      failed.push_back({unified_diff(place.path, *text, *after), last_outcome_});
    }
    return false;
  }

  // What the model takes is taken from the runs.
  Clock::time_point models_deadline(double share) {
    const auto most = std::chrono::duration_cast<Clock::duration>(request_.budget * share);
    const Clock::time_point deadline = std::min(Clock::now() + most, began_ + request_.budget);
    model_->set_deadline(deadline);
    return deadline;
  }

  // Of a model that fills in: its lines go where their chances put them. What it cannot do is no
  // reason not to try the rest.
  Status add_lines(const std::vector<ModelPlace>& places, std::vector<Candidate>& rest) {
    if (!model_ || !model_->fills_in()) return {};
    std::vector<Candidate> written;
    const Clock::time_point deadline = models_deadline(kLinesShare);
    for (int sample = 0; sample < kSamples; ++sample)
      for (ModelPlace place : places) {
        const Expected<std::string> text = current(place.path);
        if (!text || Clock::now() > deadline) continue;
        place.text = *text;
        auto lines = model_->lines(place, sample, stop_);
        if (!lines && lines.error().kind() == Errc::kCancelled)
          return std::move(lines.error()).pass();
        if (!lines) {
          result_.model_error = lines.error().message();
          return {};
        }
        std::ranges::move(*lines, std::back_inserter(written));
      }
    candidates_.rank(written);
    std::ranges::move(written, std::back_inserter(rest));
    std::ranges::stable_sort(
        rest, [](const Candidate& a, const Candidate& b) { return a.chance > b.chance; });
    return {};
  }

  // ---------------------------------------------------------------------------------------------

  bool is_better(const Diagnostic& complaint, const CheckResult& result) const {
    if (result.end != sandbox::CommandEnd::kExited || result.tests_run < tests_wanted_)
      return false;
    // A command that fails and says nothing any more has not come nearer.
    if (!result.passed() && (result.diagnostics.empty() || now_.passed())) return false;
    if (is_for_some()) return is_progress(complaint, now_.diagnostics, result.diagnostics);
    return result.passed() || is_progress(complaint, complaints_of(now_), complaints_of(result));
  }

  static std::uint64_t hash_of(const Changes& changes) {
    std::string all;
    for (const auto& [path, text] : changes)
      all += fmt::format("{}\n{:x}\n", path, indexer::content_hash(text));
    return indexer::content_hash(all);
  }

  Expected<std::string> current(const std::string& path) {
    if (const auto kept = kept_.find(path); kept != kept_.end()) return kept->second;
    return checker_.text(path);
  }

  // Nothing counts that only holds where earlier tries have left something behind.
  Expected<RepairResult> confirm() {
    ++result_.runs;
    Expected<CheckResult> afresh = checker_.check_afresh(kept_, stop_);
    if (!afresh) return std::move(afresh.error()).pass();
    const bool holds = is_for_some() ? holds_for_some(*afresh) : afresh->passed();
    if (holds && afresh->end == sandbox::CommandEnd::kExited && afresh->tests_run >= tests_wanted_)
      return finished(RepairEnd::kRepaired, reason_repaired());
    result_.rounds.back().verified = false;
    return finished(RepairEnd::kNotRepaired,
                    "what held once did not hold when the command was run again from the start");
  }

  bool holds_for_some(const CheckResult& afresh) const {
    if (!afresh.passed() && (afresh.diagnostics.empty() || first_.passed())) return false;
    return new_complaints(now_.diagnostics, afresh.diagnostics).empty();
  }

  std::string reason_repaired() const {
    if (!is_for_some()) return "the command passes";
    std::size_t left = 0;
    for (const Diagnostic& target : targets_)
      left += count_same(now_.diagnostics, target) > 0 ? 1u : 0u;
    if (left == 0) return "the command does not complain of it any more";
    return fmt::format("the command does not complain of {} of {} any more", targets_.size() - left,
                       targets_.size());
  }

  std::string reason_not_repaired() const {
    int tried = 0;
    for (const RepairRound& round : result_.rounds) tried += round.tried;
    if (complaints().empty())
      return fmt::format("the command fails (exit {}) and names no place in the workspace",
                         now_.exit_code);
    return fmt::format("{} changes tried, none repairs it", tried);
  }

  Expected<RepairResult> finished(RepairEnd end, std::string reason) {
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

  Checker& checker_;
  const RepairRequest& request_;
  const RepairCallback& progress_;
  const std::stop_token stop_;
  const Clock::time_point began_;
  Trials trials_;
  RepairCandidates candidates_;
  std::optional<ModelProposer> model_;
  int tests_wanted_ = -1;
  std::chrono::milliseconds longest_run_{0};
  Changes kept_;
  CheckResult first_, now_;          // without changes; with what is kept
  std::vector<Diagnostic> targets_;  // the command's own words for request_.only
  std::set<std::uint64_t> tried_;    // hashes of all changes
  std::string last_outcome_;         // of the last try that was not kept
  std::optional<Diagnostic> focus_;  // the test that is run alone, at first
  RepairResult result_;
};

}  // namespace

std::string said_of(const Diagnostic& complaint) {
  if (complaint.place.path.empty()) return complaint.message;
  return fmt::format("{}:{}: {}", complaint.place.path, complaint.place.line, complaint.message);
}

std::string_view repair_end_name(RepairEnd end) {
  constexpr std::string_view kNames[] = {"passed before", "repaired", "not repaired",
                                         "out of time"};
  return kNames[static_cast<std::size_t>(end)];
}

std::string RepairResult::diff() const {
  std::string all;
  for (const auto& [path, text] : after) all += unified_diff(path, before.at(path), text);
  return all;
}

Expected<RepairResult> repair(Checker& checker, const indexer::Index* index,
                              const RepairRequest& request, const RepairCallback& progress,
                              std::stop_token stop) {
  return Repair(checker, index, request, progress, std::move(stop)).run();
}

}  // namespace curlew::assist
