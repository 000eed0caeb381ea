#include "lsp/assist/repair/repair.h"

#include <algorithm>
#include <set>

#include "indexer/source/ignore.h"
#include "indexer/words.h"
#include "lsp/assist/edit/parse_errors.h"

namespace curlew::assist {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kComplaintsMax = 6;  // worked at in a round
constexpr std::size_t kWhatBytesMax = 120;
constexpr std::size_t kCausesMax = 4;  // places of one complaint
constexpr double kElsewhere = 0.4;     // what a change elsewhere is worth, where the place is said
constexpr double kNextCause = 0.9;     // how much less likely each is than the one before
// In a text that does not parse: what a candidate that makes it parse better, or not, is worth beside
// one that makes it parse.
constexpr double kParsesBetter = 0.6, kParsesAsBadly = 0.15;
constexpr std::size_t kWeighedBytesMax = 16u << 20;  // parsed to find out, per complaint

bool is_allowed(const RepairRequest& request, const std::string& path) {
  if (path.empty() || path.front() == '/' || path.starts_with("..")) return false;
  if (!request.may_change_tests && is_test_path(path)) return false;
  return request.files.empty() || std::ranges::any_of(request.files, [&](const std::string& glob) {
           return indexer::glob_matches(glob, path);
         });
}

// Code that fails as it runs may fail for what stands anywhere before; but of a name that is not
// there, or of text that is no code, the interpreter says itself which and where.
bool says_what(const Diagnostic& complaint) {
  for (const std::string_view sign :
       {"is not defined", "has no attribute", "cannot import name", "No module named",
        "is not a function", "not associated with a value"})
    if (complaint.message.find(sign) != std::string::npos) return true;
  return complaint.code == "SyntaxError" || complaint.code == "IndentationError";
}

// What a command complains of: its errors; where it names none, everything it says.
std::vector<Diagnostic> complaints_of(const CheckResult& result) {
  std::vector<Diagnostic> errors;
  for (const Diagnostic& diagnostic : result.diagnostics)
    if (diagnostic.severity == Severity::kError) errors.push_back(diagnostic);
  return errors.empty() ? result.diagnostics : errors;
}

// The complaint is gone (or there once less), and none is new.
bool is_progress(const Diagnostic& complaint, const std::vector<Diagnostic>& before,
                 const std::vector<Diagnostic>& after) {
  return count_same(after, complaint) < count_same(before, complaint) &&
         new_complaints(before, after).empty();
}

// What the command says of the place that somebody else complains of: on its line, else on one
// beside it, where tools differ over which token is at fault.
const Diagnostic* seen_by_command(const std::vector<Diagnostic>& all, const Diagnostic& other) {
  const Diagnostic* best = nullptr;
  const auto distance = [&](const Diagnostic& d) {
    return std::abs(d.place.line - other.place.line);
  };
  for (const Diagnostic& d : all) {
    if (d.place.path != other.place.path || distance(d) > 1) continue;
    if (d.severity == Severity::kNote) continue;
    const bool is_nearer = best == nullptr || distance(d) < distance(*best) ||
                           (distance(d) == distance(*best) && d.message == other.message &&
                            best->message != other.message);
    if (is_nearer) best = &d;
  }
  return best;
}

class Repair {
 public:
  Repair(Checker& checker, const indexer::Index* index, const RepairRequest& request,
         const RepairCallback& progress, std::stop_token stop)
      : checker_(checker),
        index_(index),
        request_(request),
        progress_(progress),
        stop_(std::move(stop)),
        began_(Clock::now()) {}

  Expected<RepairResult> run() {
    Expected<CheckResult> first = check({});
    if (!first) return std::move(first.error()).pass();
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

  Expected<CheckResult> check(const Changes& changes) {
    ++result_.runs;
    return checker_.check(changes, stop_);
  }

  bool is_for_some() const { return !request_.only.empty(); }

  void find_targets() {
    for (const Diagnostic& other : request_.only)
      if (const Diagnostic* seen = seen_by_command(now_.diagnostics, other))
        if (count_same(targets_, *seen) == 0) targets_.push_back(*seen);
  }

  // What is left to do.
  std::vector<Diagnostic> complaints() const {
    if (!is_for_some()) return complaints_of(now_);
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

  // Where the complaint may have its cause: its own place, and those of its notes (the frames of a
  // traceback, the file that a test could not load), as far as they may be changed.
  std::vector<SourcePlace> causes_of(const Diagnostic& complaint) const {
    std::vector<SourcePlace> places = {complaint.place};
    for (const Diagnostic::Note& note : complaint.notes) places.push_back(note.place);
    std::erase_if(places, [&](const SourcePlace& place) {
      return place.line < 1 || !is_allowed(request_, place.path);
    });
    if (places.size() > kCausesMax) places.resize(kCausesMax);
    return places;
  }

  std::vector<Candidate> candidates_for(const Diagnostic& complaint) {
    std::vector<Candidate> candidates;
    const auto add = [&](std::vector<Candidate> more, double weight) {
      for (Candidate& candidate : more) {
        candidate.chance *= weight;
        if (is_allowed(request_, candidate.path)) candidates.push_back(std::move(candidate));
      }
    };
    double weight = 1;
    for (const SourcePlace& cause : causes_of(complaint)) {
      const Expected<std::string> text = current(cause.path);
      if (!text) continue;
      Diagnostic there = complaint;
      there.place = cause;
      add(propose(repair_place(there, cause.path, *text, index_)), weight);
      weight *= kNextCause;
    }
    const TextOf text_of = [this](const std::string& path) { return current(path); };
    add(propose_definitions(complaint, index_, text_of), 1);
    // A complaint of running code, or about a test, may have its cause anywhere below.
    const bool is_running = !complaint.test.empty() || now_.tests_run >= 0;
    if (is_running || !is_allowed(request_, complaint.place.path)) {
      add(propose_for_test(complaint, index_, text_of), says_what(complaint) ? kElsewhere : 1);
    }
    sort_by_chance(candidates);
    weigh_by_parse(candidates);
    sort_by_chance(candidates);
    return candidates;
  }

  static void sort_by_chance(std::vector<Candidate>& candidates) {
    std::ranges::stable_sort(
        candidates, [](const Candidate& a, const Candidate& b) { return a.chance > b.chance; });
  }

  void weigh_by_parse(std::vector<Candidate>& candidates) {
    std::size_t bytes = 0;
    for (Candidate& candidate : candidates) {
      const Expected<std::string> before = current(candidate.path);
      const int errors = before ? known_errors(candidate.path, *before) : 0;
      if (errors == 0) continue;
      const Expected<std::string> after = apply_edits(*before, candidate.edits);
      if (!after) continue;
      bytes += after->size();
      const int left = bytes > kWeighedBytesMax ? errors : known_errors(candidate.path, *after);
      if (left > 0) candidate.chance *= left < errors ? kParsesBetter : kParsesAsBadly;
    }
  }

  Expected<bool> remove(const Diagnostic& complaint) {
    const std::vector<Candidate> candidates = candidates_for(complaint);
    RepairProgress shown{static_cast<int>(result_.rounds.size()), 0,
                         static_cast<int>(candidates.size()), ""};
    shown.what = fmt::format("{}:{}: {}", complaint.place.path, complaint.place.line,
                             complaint.message.substr(0, kWhatBytesMax));
    for (const Candidate& candidate : candidates) {
      if (is_out_of_time()) return false;
      if (progress_) progress_(shown);
      ++shown.tried;
      Expected<bool> kept = try_one(candidate, complaint);
      if (!kept || *kept) return kept;
    }
    return false;
  }

  // True when the candidate is kept.
  Expected<bool> try_one(const Candidate& candidate, const Diagnostic& complaint) {
    const Expected<std::string> before = current(candidate.path);
    if (!before) return false;
    Expected<std::string> after = apply_edits(*before, candidate.edits);
    if (!after || *after == *before || parses_worse(candidate.path, *before, *after)) return false;
    Changes changes = kept_;
    changes[candidate.path] = std::move(*after);
    if (!tried_.insert(hash_of(changes)).second) return false;
    ++result_.rounds.back().tried;
    Expected<CheckResult> result = check(changes);
    if (!result) return std::move(result.error()).pass();
    if (!is_better(complaint, *result)) return false;
    kept_ = std::move(changes);
    now_ = std::move(*result);
    result_.rounds.back().kept.push_back({candidate, complaint});
    return true;
  }

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

  int known_errors(const std::string& path, const std::string& text) {
    const auto [known, is_new] = parse_errors_.try_emplace(indexer::content_hash(text));
    if (is_new) known->second = parse_errors(path, text);
    return known->second;
  }
  bool parses_worse(const std::string& path, const std::string& before, const std::string& after) {
    return known_errors(path, after) > known_errors(path, before);
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
  const indexer::Index* index_;
  const RepairRequest& request_;
  const RepairCallback& progress_;
  const std::stop_token stop_;
  const Clock::time_point began_;
  int tests_wanted_ = -1;
  Changes kept_;
  CheckResult first_, now_;                    // without changes; with what is kept
  std::vector<Diagnostic> targets_;            // the command's own words for request_.only
  std::set<std::uint64_t> tried_;              // hashes of all changes
  std::map<std::uint64_t, int> parse_errors_;  // by a text's hash
  RepairResult result_;
};

}  // namespace

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
