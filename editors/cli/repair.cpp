// curlew repair -- COMMAND: until it passes, in a sandbox.
#include "lsp/assist/repair/repair.h"
#include "editors/cli/interruption.h"
#include "editors/cli/json_output.h"
#include "editors/cli/options.h"
#include "editors/cli/report.h"
#include "editors/cli/workspace.h"
#include "indexer/source/git_changes.h"
#include "lsp/assist/edit/write_files.h"
#include "lsp/assist/repair/trials.h"

namespace curlew::cli {
namespace {

constexpr const char* kSeverityNames[] = {"error", "warning", "note"};

Json to_json(const assist::Diagnostic& d) {
  Json json{{"path", d.place.path},
            {"start_line", d.place.line},
            {"start_col", d.place.column},
            {"severity", kSeverityNames[static_cast<int>(d.severity)]},
            {"code", d.code},
            {"message", d.message},
            {"source", d.source}};
  if (!d.test.empty()) json["test"] = d.test;
  return json;
}

Json to_json(const assist::RepairRound& round) {
  Json diagnostics = Json::array(), edits = Json::array();
  for (const assist::Diagnostic& d : round.diagnostics) diagnostics.push_back(to_json(d));
  for (const assist::KeptChange& kept : round.kept)
    edits.push_back({{"path", kept.candidate.path},
                     {"why", kept.candidate.why},
                     {"removes", to_json(kept.diagnostic)}});
  return {{"command_exit", round.command_exit},
          {"diagnostics", std::move(diagnostics)},
          {"edits", std::move(edits)},
          {"candidates_tried", round.tried},
          {"verified", round.verified}};
}

// What became of the files: written, or why not.
struct Applied {
  bool done = false;
  std::string why_not;  // "" where it was not asked for
};

Json to_json(const assist::RepairResult& result, const Applied& applied) {
  Json rounds = Json::array();
  for (const assist::RepairRound& round : result.rounds) rounds.push_back(to_json(round));
  return {{"passed", result.passed()},
          {"end", repair_end_name(result.end)},
          {"reason", result.reason},
          {"rounds", std::move(rounds)},
          {"diff", result.diff()},
          {"applied", applied.done},
          {"not_applied", applied.why_not},
          {"model_error", result.model_error},
          {"runs", result.runs},
          {"seconds", result.seconds}};
}

std::string describe(const assist::RepairResult& result, const Applied& applied) {
  std::string out;
  for (const assist::RepairRound& round : result.rounds)
    for (const assist::KeptChange& kept : round.kept)
      out += harmless(
          fmt::format("{}\n   {}\n", assist::said_of(kept.diagnostic), kept.candidate.why));
  const std::string diff = result.diff();
  if (!diff.empty()) out += (out.empty() ? "" : "\n") + diff + "\n";
  const bool is_try = !diff.empty() && !result.passed();
  const std::string_view end = is_try                     ? "; the changes above are not verified"
                               : applied.done             ? "; applied"
                               : !applied.why_not.empty() ? "; not applied"
                               : diff.empty()             ? ""
                                                          : "; --apply writes it";
  out += fmt::format("{}: {} ({} runs, {:.1f} s){}\n", repair_end_name(result.end),
                     harmless(result.reason), result.runs, result.seconds, end);
  if (!result.model_error.empty()) out += "the model: " + result.model_error + "\n";
  return out;
}

Json to_json(const assist::Proposals& proposals) {
  Json candidates = Json::array();
  for (const assist::Candidate& candidate : proposals.candidates) {
    Json edits = Json::array();
    for (const assist::TextEdit& edit : candidate.edits)
      edits.push_back({{"start", edit.start}, {"end", edit.end}, {"text", edit.text}});
    candidates.push_back({{"path", candidate.path},
                          {"edits", std::move(edits)},
                          {"why", candidate.why},
                          {"chance", candidate.chance}});
  }
  return {{"diagnostic", to_json(proposals.complaint)}, {"candidates", std::move(candidates)}};
}

std::string describe(const assist::Proposals& proposals) {
  std::string out = harmless(assist::said_of(proposals.complaint)) + "\n";
  for (const assist::Candidate& candidate : proposals.candidates)
    out += fmt::format("  {:.2f}  {}: {}\n", candidate.chance, candidate.path, candidate.why);
  return out;
}

int list_repairs(assist::Checker& checker, const indexer::Index* index,
                 const assist::RepairRequest& request, const Interruption& interruption,
                 bool as_json) {
  const auto all = assist::list_proposals(checker, index, request, interruption.token());
  if (interruption.exit_code() != 0) return interruption.report();
  if (!all) return report(all.error());
  Json json = Json::array();
  std::string text;
  for (const assist::Proposals& proposals : *all) {
    if (as_json)
      json.push_back(to_json(proposals));
    else
      text += describe(proposals);
  }
  return print(as_json ? dump(json) + "\n" : text, all->empty() ? kExitDone : kExitFound);
}

std::filesystem::path current_folder() {
  std::error_code error;
  return std::filesystem::current_path(error);
}

// The command runs where it was called from, as far as that is in the workspace.
std::string folder_below(const std::filesystem::path& root) {
  std::error_code error;
  const auto real = std::filesystem::canonical(root, error);
  const std::string folder = relative_path(current_folder(), real);
  return folder == "." || folder.starts_with("..") || folder.starts_with("/") ? "" : folder;
}

// A repair that cannot be written is one all the same.
Applied apply(const std::filesystem::path& root, const assist::RepairResult& result) {
  const assist::Status written = assist::write_files(root, result.before, result.after);
  if (!written) report_error("not applied: " + written.error().message());
  return written ? Applied{.done = true} : Applied{.why_not = written.error().message()};
}

sandbox::SandboxOptions sandbox_options(const std::filesystem::path& root,
                                        const RepairOptions& options) {
  sandbox::SandboxOptions sandbox{.workspace = root};
  if (options.without_sandbox) {
    sandbox.isolation = sandbox::Isolation::kNone;
    report_warning("without a sandbox: the command runs on a copy, and may do all that you may");
  }
  return sandbox;
}

}  // namespace

int run_repair(const CommonOptions& common, const RepairOptions& options) {
  const Interruption interruption;
  const std::filesystem::path root = workspace_root(common, current_folder());
  const server::Settings settings = effective_settings(common, root);
  sandbox::Command command{.argv = options.command, .folder = folder_below(root)};
  command.limits.wall = std::chrono::seconds(options.command_seconds);
  auto checker = assist::make_sandbox_checker(sandbox_options(root, options), command,
                                              {.varies_scripts = options.script_variants});
  if (!checker) return report(checker.error());
  std::unique_ptr<indexer::Index> index;
  if (settings.index_enabled) {
    auto opened = open_index(settings, root, interruption.token());
    if (!opened && interruption.exit_code() == 0) return report(opened.error());
    if (opened) index = std::move(*opened);
  }
  if (interruption.exit_code() != 0) return interruption.report();
  const auto generator = open_generator(settings);
  if (!generator) return report(generator.error());
  const assist::RepairRequest request{
      .rounds_max = options.rounds,
      .jobs = options.jobs > 0 ? options.jobs : assist::repair_jobs(),
      .budget = std::chrono::seconds(options.seconds),
      .files = options.files,
      .may_change_tests = options.tests,
      .committed = indexer::changed_since_commit(root),
      .generator = generator->get(),
      .result_when_stopped = true};
  if (options.list) return list_repairs(**checker, index.get(), request, interruption, common.json);
  ProgressLine line;
  const auto progress = [&](const assist::RepairProgress& p) {
    const double share = static_cast<double>(p.tried) / std::max(1, p.candidates);
    line.show(share,
              fmt::format("round {}, {} of {}: {}", p.round, p.tried + 1, p.candidates, p.what));
  };
  auto result = assist::repair(**checker, index.get(), request, progress, interruption.token());
  line.clear();
  if (!result) return report(result.error());
  Applied applied;
  if (options.apply && result->end == assist::RepairEnd::kRepaired && interruption.exit_code() == 0)
    applied = apply(root, *result);
  const int code = interruption.exit_code() != 0                 ? interruption.exit_code()
                   : result->passed() && applied.why_not.empty() ? kExitDone
                                                                 : kExitFound;
  return print(common.json ? dump(to_json(*result, applied)) + "\n"
                           : harmless_on_terminal(describe(*result, applied)),
               code);
}

}  // namespace curlew::cli
