#include "lsp/assist/repair/repair_document.h"

#include "indexer/source/git_changes.h"
#include "lsp/assist/check/buffers.h"
#include "lsp/assist/edit/parse_errors.h"
#include "lsp/assist/repair/propose_model.h"

namespace curlew::assist {
namespace {

// A change that nobody checked is offered when it is more likely right than wrong.
constexpr double kUncheckedChanceMin = 0.5;
constexpr int kParsedMax = 20;  // candidates whose whole text is parsed

std::string joined_reasons(const RepairResult& result) {
  std::string all;
  for (const RepairRound& round : result.rounds)
    for (const KeptChange& kept : round.kept) all += (all.empty() ? "" : "; ") + kept.candidate.why;
  return all;
}

// A change that needs no model, if one is likely enough; else a model's, if one follows instructions.
Expected<std::optional<Candidate>> unchecked_change(const indexer::Index* index,
                                                    const DocumentRepairRequest& request,
                                                    const Diagnostic& complaint,
                                                    std::stop_token stop) {
  const std::string& text = request.buffers.at(request.path);
  std::vector<Candidate> likely =
      likely_changes(complaint, request.path, text, index, /*count_max=*/1);
  if (!likely.empty() && likely.front().chance >= kUncheckedChanceMin)
    return std::move(likely.front());
  if (request.generator == nullptr) return std::nullopt;
  ModelProposer model({.index = index, .generator = request.generator}, request.lane);
  model.set_deadline(std::chrono::steady_clock::now() + request.budget);
  if (!model.follows_instructions()) return std::nullopt;
  auto written = model.edit({complaint, request.path, text, complaint.place.line}, {}, stop);
  if (!written && written.error().kind() != Errc::kCancelled) return std::nullopt;
  return written;
}

Expected<DocumentRepair> unchecked(const indexer::Index* index,
                                   const DocumentRepairRequest& request, std::string reason,
                                   std::stop_token stop) {
  DocumentRepair repair;
  repair.reason = std::move(reason);
  const std::string& text = request.buffers.at(request.path);
  for (const Diagnostic& complaint : request.complaints) {
    auto change = unchecked_change(index, request, complaint, stop);
    if (!change) return std::move(change.error()).pass();
    if (!*change) continue;
    Expected<std::string> after = apply_edits(text, (*change)->edits);
    if (!after) continue;
    repair.before[request.path] = text;
    repair.after[request.path] = std::move(*after);
    repair.why = (*change)->why;
    return repair;
  }
  return repair;
}

// What the check itself says of the document.
Expected<std::vector<Diagnostic>> own_complaints(Checker& checker, const std::string& path,
                                                 std::stop_token stop) {
  Expected<CheckResult> result = checker.check({}, std::move(stop));
  if (!result) return std::move(result.error()).pass();
  std::erase_if(result->diagnostics, [&](const Diagnostic& d) {
    return d.place.path != path || d.severity == Severity::kNote;
  });
  return std::move(result->diagnostics);
}

Expected<DocumentRepair> checked(const indexer::Index* index, const DocumentRepairRequest& request,
                                 const RepairCallback& progress, std::stop_token stop) {
  const CheckCommand& check = *request.check;
  auto on_disk =
      make_sandbox_checker({.workspace = request.root, .readable = check.readable}, check.command);
  if (!on_disk) return unchecked(index, request, "not checked: " + on_disk.error().message(), stop);
  auto checker = make_buffers_checker(**on_disk, request.buffers);
  if (!checker) return std::move(checker.error()).pass();
  RepairRequest repair_request{.jobs = request.jobs,
                               .budget = request.budget,
                               .committed = indexer::changed_since_commit(request.root),
                               .only = request.complaints,
                               .generator = request.generator,
                               .lane = request.lane};
  // The user looks at this file: it may itself be what is to be repaired.
  repair_request.may_change_tests = is_test_path(request.path);
  if (repair_request.only.empty()) {
    auto own = own_complaints(**checker, request.path, stop);
    if (!own) return std::move(own.error()).pass();
    repair_request.only = std::move(*own);
    if (repair_request.only.empty())
      return DocumentRepair{.reason = check.title + " has nothing to say of it",
                            .check = check.title};
  }
  auto result = repair(**checker, index, repair_request, progress, stop);
  if (!result) return std::move(result.error()).pass();
  DocumentRepair out{.reason = result->reason, .check = check.title, .tried = result->runs};
  if (result->passed()) {
    out.before = std::move(result->before);
    out.after = std::move(result->after);
    out.verified = true;
    out.why = joined_reasons(*result);
  } else if (result->saw_nothing) {
    return unchecked(index, request,
                     fmt::format("not checked: {} does not complain of this place", check.title),
                     stop);
  }
  return out;
}

}  // namespace

Expected<DocumentRepair> repair_document(const indexer::Index* index,
                                         const DocumentRepairRequest& request,
                                         const RepairCallback& progress, std::stop_token stop) {
  if (!request.buffers.contains(request.path))
    return fail(Errc::kInvalidInput, "{}: expected the text of the document", request.path);
  if (!request.check)
    return unchecked(index, request, "not checked: " + request.why_no_check, stop);
  return checked(index, request, progress, std::move(stop));
}

std::vector<Candidate> likely_changes(const Diagnostic& complaint, const std::string& path,
                                      const std::string& text, const indexer::Index* index,
                                      std::size_t count_max) {
  std::vector<Candidate> likely;
  const int errors = parse_errors(path, text);
  int parsed = 0;
  for (Candidate& candidate : propose(repair_place(complaint, path, text, index))) {
    if (likely.size() == count_max || parsed++ == kParsedMax) break;
    const Expected<std::string> after = apply_edits(text, candidate.edits);
    if (after && parse_errors(path, *after) <= errors) likely.push_back(std::move(candidate));
  }
  return likely;
}

}  // namespace curlew::assist
