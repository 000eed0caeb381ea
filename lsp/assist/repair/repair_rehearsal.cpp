// Rehearsals before runs (rehearse/rehearsal.h): which lines the failing tests run, and which changes please
// them.
#include "lsp/assist/repair/repair_run.h"

#include <algorithm>

#include "lsp/assist/repair/complaints.h"

namespace curlew::assist {
namespace {

constexpr std::chrono::milliseconds kTraceMax{3'000}, kRehearsalMax{5'000};
constexpr int kTraced = 4;       // times as long as without is what it may take to see what runs
constexpr int kTraceShare = 10;  // of the budget, at most
constexpr std::size_t kFailingMax = 12;  // tests, in a rehearsal
constexpr std::size_t kBatchMax = 256;   // changes in one rehearsal

// A runner may say more of where a test stands than a tracer does, or less: "birds.Legs.test_two".
bool is_same_test(std::string_view a, std::string_view b) {
  if (a.size() < b.size()) std::swap(a, b);
  return a.ends_with(b) &&
         (a.size() == b.size() || (!b.empty() && a[a.size() - b.size() - 1] == '.'));
}

}  // namespace

Status RepairRun::trace_tests() {
  if (now_.passed()) return {};
  varies_ = checker_.can_vary() && now_.end == sandbox::CommandEnd::kExited;
  if (varies_) candidates_.widen();
  const auto names_something = [](const Diagnostic& d) {
    return !d.place.path.empty() || !d.test.empty() || !d.notes.empty();
  };
  if (varies_ && !is_for_some() && std::ranges::none_of(now_.diagnostics, names_something))
    if (Status suspected = suspect_compiled(); !suspected) return suspected;
  if (!checker_.can_trace()) return {};
  const bool hangs = now_.end == sandbox::CommandEnd::kTimeLimit;
  const std::vector<Diagnostic> all = complaints();
  if (!hangs && !std::ranges::any_of(all, is_of_running_code)) return {};
  const auto most = std::max(kTraceMax, request_.budget / kTraceShare);
  const auto limit = std::clamp(kTraced * longest_run_, kTraceMax, most);
  auto traces = checker_.trace(kept_, failing_tests(""), limit, stop_);
  if (!traces) return Error(std::move(traces.error())).pass();
  ++result_.runs;
  for (const TestTrace& trace : *traces)
    if (trace.failed) traced_failing_.push_back(trace.test);
  Suspicion ran(*traces);
  rehearses_ = !ran.is_empty() && checker_.can_rehearse();
  candidates_.suspect(std::move(ran));
  if (hangs) note_hanging(*traces);
  return {};
}

// A rehearsal says whether a test passes, or all of them; what else a command complains of goes by its words.
bool RepairRun::is_rehearsed(const Diagnostic& complaint) const {
  if (!rehearses_ || !is_of_running_code(complaint)) return false;
  const bool is_traced =
      !complaint.test.empty() && std::ranges::any_of(traced_failing_, [&](const std::string& test) {
        return is_same_test(test, complaint.test);
      });
  return is_traced || complaints().size() == 1;
}

void RepairRun::note_hanging(const std::vector<TestTrace>& traces) {
  for (const TestTrace& trace : traces) {
    if (!trace.hangs) continue;
    Diagnostic complaint{.message = "it does not end", .source = "rehearsal", .test = trace.test};
    for (const SourcePlace& frame : trace.frames) {
      if (complaint.place.path.empty() && !is_test_path(frame.path)) complaint.place = frame;
      complaint.notes.push_back({frame, ""});
    }
    now_.diagnostics.push_back(std::move(complaint));
  }
}

bool RepairRun::is_of_running_code(const Diagnostic& complaint) {
  return complaint.code != "SyntaxError" && complaint.code != "IndentationError";
}

std::vector<std::string> RepairRun::failing_tests(const std::string& first) const {
  std::vector<std::string> names;
  if (!first.empty()) names.push_back(first);
  for (const Diagnostic& complaint : now_.diagnostics)
    if (!complaint.test.empty() && std::ranges::find(names, complaint.test) == names.end() &&
        names.size() < kFailingMax)
      names.push_back(complaint.test);
  return names;
}

Expected<bool> RepairRun::try_rehearsed(const std::vector<Candidate>& candidates,
                                        const Diagnostic& complaint, RepairProgress& shown) {
  const std::vector<std::string> tests = failing_tests(complaint.test);
  std::vector<Trial> batch, hopeful;
  auto next = candidates.begin();
  while (!is_out_of_time()) {
    for (; next != candidates.end() && batch.size() < kBatchMax; ++next) {
      ++shown.tried;
      if (auto trial = trial_of(*next)) batch.push_back(std::move(*trial));
    }
    if (batch.empty()) break;
    if (progress_) progress_(shown);
    auto kept = rehearse(batch, tests, complaint, hopeful);
    if (!kept || *kept) return kept;
    if (!rehearses_) break;  // they do not work here
  }
  std::ranges::move(batch, std::back_inserter(hopeful));
  for (Trial& trial : hopeful) {
    if (is_out_of_time()) break;
    Expected<bool> kept = try_these({&trial, 1}, complaint);
    if (!kept || *kept) return kept;
  }
  if (rehearses_) return false;
  return try_all({next, candidates.end()}, complaint, shown);  // the rest, without
}

// What is behind it may fail, too: then it pleases no rehearsal, and yet is right.
bool RepairRun::may_uncover(const Candidate& candidate, const Diagnostic& complaint) {
  if (!complaint.test.empty() || candidate.path != complaint.place.path) return false;
  const Expected<std::string> text = current(candidate.path);
  return text && renames_what_is_wrong(complaint, candidate, *text);
}

Expected<bool> RepairRun::rehearse(std::vector<Trial>& batch, const std::vector<std::string>& tests,
                                   const Diagnostic& complaint, std::vector<Trial>& hopeful) {
  std::vector<Changes> changes;
  for (const Trial& trial : batch) changes.push_back(trial.changes);
  auto rehearsed = checker_.rehearse(kept_, changes, tests, kRehearsalMax, stop_);
  if (!rehearsed) return std::move(rehearsed.error()).pass();
  ++result_.runs;
  std::size_t done = 0;
  while (done < batch.size() && (*rehearsed)[done].ran) {
    const Rehearsed& said = (*rehearsed)[done];
    Trial& trial = batch[done++];
    ++result_.rounds.back().tried;
    if (said.pleases()) {
      Expected<bool> kept = try_these({&trial, 1}, complaint);
      if (!kept || *kept) return kept;
    } else if (said.passed > 0 || may_uncover(*trial.candidate, complaint)) {
      hopeful.push_back(std::move(trial));
    }
  }
  rehearses_ = done > 0;
  batch.erase(batch.begin(), batch.begin() + static_cast<std::ptrdiff_t>(done));
  return false;
}

}  // namespace curlew::assist
