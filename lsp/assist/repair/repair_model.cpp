// The model's part in a repair (propose_model.h).
#include "lsp/assist/repair/repair_run.h"

#include <algorithm>

namespace curlew::assist {
namespace {

constexpr int kAnswersMax = 3;             // of a model that is told what became of the last one
constexpr std::size_t kRewrittenMax = 12;  // lines that a model writes anew, per complaint
constexpr int kSamples = 3;                // of each: the likeliest, and others
constexpr double kAnswersShare = 0.5, kLinesShare = 0.15;  // of the budget
constexpr double kNextLine = 0.85;  // how much less likely each is than the one before

}  // namespace

std::vector<ModelPlace> RepairRun::places_for_model(const Diagnostic& complaint,
                                                    const std::vector<Candidate>& likely,
                                                    const std::vector<Candidate>& rest) {
  std::vector<ModelPlace> places;
  if (!model_) return places;
  double chance = 1;
  const auto add = [&](const std::string& path, int line, bool is_named) {
    const bool is_known = std::ranges::any_of(
        places, [&](const ModelPlace& place) { return place.path == path && place.line == line; });
    if (is_known || places.size() == kRewrittenMax) return;
    places.push_back({complaint, path, {}, line, chance, is_named && complaint.test.empty()});
    chance *= kNextLine;
  };
  for (const SourcePlace& cause : candidates_.causes(complaint)) add(cause.path, cause.line, true);
  for (const std::vector<Candidate>* candidates : {&likely, &rest})
    for (const Candidate& candidate : *candidates)
      if (places.size() < kRewrittenMax && now_.tests_run >= 0)
        if (const Expected<std::string> text = current(candidate.path))
          add(candidate.path, LineTable(*text).line_of(candidate.edits.front().start), false);
  return places;
}

Expected<bool> RepairRun::try_answers(const std::vector<ModelPlace>& places,
                                      const Diagnostic& complaint, RepairProgress& shown) {
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

RepairRun::Clock::time_point RepairRun::models_deadline(double share) {
  const auto most = std::chrono::duration_cast<Clock::duration>(request_.budget * share);
  const Clock::time_point deadline = std::min(Clock::now() + most, began_ + request_.budget);
  model_->set_deadline(deadline);
  return deadline;
}

Status RepairRun::add_lines(const std::vector<ModelPlace>& places, std::vector<Candidate>& rest) {
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

}  // namespace curlew::assist
