#include "lsp/assist/repair/propose_model.h"

#include <algorithm>

#include "lsp/assist/edit/instructed_edit.h"
#include "lsp/assist/place.h"

namespace curlew::assist {
namespace {

using Clock = std::chrono::steady_clock;

constexpr float kSampleTemperature = 0.6f;
constexpr std::chrono::milliseconds kLineBudget{4'000};
constexpr std::chrono::milliseconds kEditBudget{30'000};
constexpr int kLineTokensMax = 48;
// A line that is written as sure as can be is right as often as this where it was wrong.
constexpr double kSureLine = 0.5;
constexpr double kNewLine = 0.5;        // a line that is missing beside one that is wrong
constexpr double kAnswer = 0.6;         // of a model that was told the complaint
constexpr double kLeastChance = 0.005;  // less is not worth a run
constexpr std::size_t kEditedBytesMax = 6'000;
constexpr int kEditedLines = 15;  // above and below, where the definition is longer
constexpr std::size_t kNotesMax = 3;

std::chrono::milliseconds left_until(Clock::time_point deadline, std::chrono::milliseconds most) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
  return std::clamp(left, std::chrono::milliseconds(0), most);
}

// What the tool says, as the model is told.
std::string said(const ModelPlace& place) {
  const Diagnostic& complaint = place.complaint;
  std::string out;
  if (!complaint.test.empty()) out += fmt::format("The test {} fails.\n", complaint.test);
  out += fmt::format("{} says", complaint.source.empty() ? "The check" : complaint.source);
  if (complaint.place.path == place.path && complaint.place.line == place.line) {
    const LineTable lines(place.text);
    const std::size_t start = lines.start(place.line);
    out += fmt::format(" of the line `{}`",
                       trim(place.text.substr(start, lines.end(place.line) - start)));
  } else if (complaint.place.line > 0) {
    out += fmt::format(" of {}:{}", complaint.place.path, complaint.place.line);
  }
  out += fmt::format(": {}\n", complaint.message);
  for (std::size_t i = 0; i < std::min(kNotesMax, complaint.notes.size()); ++i)
    if (!complaint.notes[i].message.empty())
      out += fmt::format("Note: {}\n", complaint.notes[i].message);
  return out;
}

std::string instruction(const ModelPlace& place, const std::vector<FailedAnswer>& failed) {
  std::string out =
      "repair the code so that the complaint goes away, with as small a change as "
      "will do.\n" +
      said(place);
  for (const FailedAnswer& answer : failed)
    out += fmt::format("This was tried and is not right ({}):\n{}", answer.outcome, answer.diff);
  return out;
}

}  // namespace

ModelProposer::ModelProposer(const Sources& sources, model::Lane lane)
    : sources_{.index = sources.index, .generator = sources.generator}, lane_(lane) {
  const model::GeneratorInfo info = sources.generator->info();
  fills_in_ = info.fim;
  follows_instructions_ = info.chat;
  name_ = info.model;
}

Expected<std::vector<Candidate>> ModelProposer::lines(const ModelPlace& place, int sample,
                                                      std::stop_token stop) const {
  std::vector<Candidate> candidates;
  for (const bool is_new : {false, true}) {
    if (is_new && !(place.may_be_gone && sample == 0)) continue;
    Expected<std::optional<Candidate>> made = line(place, is_new, sample, stop);
    if (!made) return std::move(made.error()).pass();
    if (*made) candidates.push_back(std::move(**made));
  }
  return candidates;
}

Expected<std::optional<Candidate>> ModelProposer::line(const ModelPlace& place, bool is_new,
                                                       int sample, std::stop_token stop) const {
  const LineTable lines(place.text);
  const std::size_t begin = lines.start(place.line), end = lines.end(place.line);
  const std::string_view old = place.text.substr(begin, end - begin);
  const std::size_t indent = std::min(old.find_first_not_of(" \t"), old.size());
  if (indent == old.size()) return std::nullopt;
  const std::string_view eol = place.text.substr(end).starts_with("\r\n") ? "\r\n" : "\n";
  std::string text(place.text.substr(0, begin + indent));
  if (is_new) text += eol;
  text += place.text.substr(is_new ? begin : end);

  CompletionRequest request{.path = place.path, .text = text, .cursor = begin + indent};
  request.lines = Lines::kOne;
  request.new_tokens_max = kLineTokensMax;
  request.budget = left_until(deadline_, kLineBudget);
  request.explicit_request = true;
  request.lane = lane_;
  if (sample > 0) {
    request.sampling.temperature = kSampleTemperature;
    request.sampling.seed = static_cast<std::uint64_t>(sample);
  }
  auto completion = complete(sources_, request, stop);
  if (!completion) return std::move(completion.error()).pass();
  const std::string written(trim(completion->text));
  const double chance = place.chance * kSureLine * (is_new ? kNewLine : 1) * completion->confidence;
  if (written.empty() || written == trim(old) || chance < kLeastChance) return std::nullopt;
  Candidate candidate{.path = place.path, .why = "written by " + name_, .chance = chance};
  const std::size_t code = begin + indent;
  const std::size_t code_end = begin + old.find_last_not_of(" \t\r") + 1;
  if (is_new)
    candidate.edits = {{code, code, fmt::format("{}{}{}", written, eol, old.substr(0, indent))}};
  else
    candidate.edits = {{code, code_end, written}};
  return candidate;
}

Expected<std::optional<Candidate>> ModelProposer::edit(const ModelPlace& place,
                                                       const std::vector<FailedAnswer>& failed,
                                                       std::stop_token stop) const {
  const LineTable lines(place.text);
  InstructedEditRequest request{.path = place.path, .text = place.text};
  request.start = request.end = lines.start(place.line);
  const LineRange around = edited_lines(request);
  if (around.end - around.start > kEditedBytesMax) {
    request.start = lines.start(std::max(1, place.line - kEditedLines));
    request.end = lines.start(std::min(lines.count() + 1, place.line + kEditedLines));
  }
  request.instruction = instruction(place, failed);
  request.attempts_max = 1;
  request.sample = static_cast<int>(failed.size());
  request.lane = lane_;
  request.budget = left_until(deadline_, kEditBudget);
  auto made = instructed_edit(sources_, request, stop);
  if (!made) return std::move(made.error()).pass();
  if (made->edits.empty()) return std::nullopt;
  return Candidate{.path = place.path,
                   .edits = std::move(made->edits),
                   .why = "written by " + name_,
                   .chance = kAnswer * place.chance};
}

}  // namespace curlew::assist
