// Rehearsals by variants (rehearse/variant_rehearsal.h): most changes are put into the program
// at once; what pleases its tests there is run by the command, and so is what cannot be a variant.
#include <algorithm>

#include "lsp/assist/repair/rehearse/variant_blame.h"
#include "lsp/assist/repair/repair_run.h"

namespace curlew::assist {
namespace {

constexpr std::size_t kBatchMax = 1'200;  // changes in one build
constexpr std::size_t kBatchBytesMax = std::size_t{96} << 20;
constexpr std::size_t kWorthMin = 5;  // fewer changes are run at once
// What a rehearsal may take: at least this, and so many times what the command takes.
constexpr std::chrono::milliseconds kVariedMin{15'000};
constexpr int kVariedTimes = 10;
constexpr int kPlainShare = 4;  // of the time that goes to rehearsals: what runs take in between

bool is_c(const Candidate& candidate) {
  const auto* language = indexer::language_of(candidate.path, "");
  return has_variants(language) && !is_script(language);
}

}  // namespace

// Whoever has a `main` may be the test itself.
Status RepairRun::suspect_compiled() {
  if (knows_compiled_) return {};
  auto paths = checker_.compiled(kept_, stop_);
  if (!paths) return Error(std::move(paths.error())).pass();
  ++result_.runs;
  std::erase_if(*paths, [&](const std::string& path) { return !candidates_.may_change(path); });
  const auto has_main = [&](const std::string& path) {
    return current(path).value_or("").find("main(") != std::string::npos;
  };
  if (!std::ranges::all_of(*paths, has_main)) std::erase_if(*paths, has_main);
  candidates_.suspect_all_of(std::move(*paths));
  knows_compiled_ = true;
  return {};
}

bool RepairRun::has_c(const std::vector<Candidate>& candidates) {
  return std::ranges::any_of(candidates, is_c);
}
bool RepairRun::can_be_variant(const Candidate& candidate) const {
  return is_c(candidate) ||
         (checker_.varies_scripts() && is_script(indexer::language_of(candidate.path, "")));
}
bool RepairRun::has_varied(const std::vector<Candidate>& candidates) const {
  return std::ranges::any_of(candidates,
                             [&](const Candidate& candidate) { return can_be_variant(candidate); });
}

Expected<bool> RepairRun::try_anywhere(const Diagnostic& complaint, RepairProgress& shown) {
  if (!is_varied(complaint) || is_for_some() || is_out_of_time()) return false;
  if (Status suspected = suspect_compiled(); !suspected) return std::move(suspected.error()).pass();
  const std::vector<Candidate> candidates = candidates_.find_anywhere(complaint);
  shown.candidates += static_cast<int>(candidates.size());
  return try_all(candidates, complaint, shown);
}

// A program that fails as it runs, and compiles.
bool RepairRun::is_varied(const Diagnostic& complaint) const {
  return varies_ && !is_of_build(complaint) && std::ranges::none_of(now_.diagnostics, is_of_build);
}

Expected<bool> RepairRun::try_varied(const std::vector<Candidate>& candidates,
                                     const Diagnostic& complaint, RepairProgress& shown) {
  std::vector<Trial> batch, plain;
  auto next = candidates.begin();
  while (!is_out_of_time() && varies_) {
    std::size_t bytes = 0;
    for (; next != candidates.end() && batch.size() < kBatchMax && bytes < kBatchBytesMax; ++next) {
      ++shown.tried;
      auto trial = trial_of(*next, Parses::kCheckLater);
      if (!trial) continue;
      bytes += trial->changes.at(next->path).size();
      (can_be_variant(*next) ? batch : plain).push_back(std::move(*trial));
    }
    if (progress_) progress_(shown);
    const Clock::time_point began = Clock::now();
    if (batch.size() < kWorthMin) {
      std::ranges::move(batch, std::back_inserter(plain));
      batch.clear();
      if (next == candidates.end()) break;
      continue;
    }
    Expected<bool> kept = vary(batch, complaint, plain);
    if (!kept || *kept) return kept;
    const auto share = (Clock::now() - began) / kPlainShare;
    kept = try_plain(plain, complaint, Clock::now() + share);
    if (!kept || *kept) return kept;
  }
  std::ranges::move(batch, std::back_inserter(plain));
  Expected<bool> kept = try_plain(plain, complaint, began_ + request_.budget);
  if (!kept || *kept || next == candidates.end()) return kept;
  return try_all({next, candidates.end()}, complaint, shown);
}

// Takes from `batch` what has had its turn; what is to be run goes to `plain`.
Expected<bool> RepairRun::vary(std::vector<Trial>& batch, const Diagnostic& complaint,
                               std::vector<Trial>& plain) {
  std::vector<Changes> changes;
  for (const Trial& trial : batch) changes.push_back(trial.changes);
  const auto command = std::chrono::milliseconds(static_cast<std::int64_t>(now_.seconds * 1000));
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(began_ + request_.budget -
                                                                          Clock::now());
  const auto limit = std::max(kVariedMin, std::min(kVariedTimes * command, left));
  auto rehearsed = checker_.rehearse(kept_, changes, {}, limit, stop_);
  if (!rehearsed) return std::move(rehearsed.error()).pass();
  changes.clear();
  ++result_.runs;
  std::vector<Trial> rest, pleasing;
  bool has_run = false;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const Rehearsed& said = (*rehearsed)[i];
    has_run |= said.ran;
    if (said.ran) ++result_.rounds.back().tried;
    if (said.pleases())
      pleasing.push_back(std::move(batch[i]));
    else if (said.cannot || (said.ran && said.passed > 0))
      plain.push_back(std::move(batch[i]));
    else if (!said.ran)
      rest.push_back(std::move(batch[i]));
  }
  batch = std::move(rest);
  varies_ = has_run;
  for (Trial& trial : pleasing) {
    Expected<bool> kept = try_these({&trial, 1}, complaint);
    if (!kept || *kept) return kept;
  }
  return false;
}

// In their order, for as long.
Expected<bool> RepairRun::try_plain(std::vector<Trial>& plain, const Diagnostic& complaint,
                                    Clock::time_point until) {
  std::size_t done = 0;
  Expected<bool> kept = false;
  trials_.start_small();
  while (done < plain.size() && Clock::now() < until && !is_out_of_time() && kept && !*kept) {
    std::vector<Trial> some;
    for (; done < plain.size() && some.size() < trials_.width() && !is_out_of_time(); ++done) {
      const std::string& path = plain[done].candidate->path;
      const Expected<std::string> before = current(path);
      if (before && !candidates_.parses_worse(path, *before, plain[done].changes.at(path)))
        some.push_back(std::move(plain[done]));
    }
    kept = try_these(some, complaint);
  }
  plain.erase(plain.begin(), plain.begin() + static_cast<std::ptrdiff_t>(done));
  return kept;
}

}  // namespace curlew::assist
