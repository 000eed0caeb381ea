#include "lsp/assist/repair/checker.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "lsp/assist/repair/count_tests.h"
#include "lsp/assist/repair/one_test.h"
#include "lsp/assist/repair/rehearse/go_coverage.h"
#include "lsp/assist/repair/rehearse/rehearsal.h"
#include "lsp/assist/repair/rehearse/variant_rehearsal.h"
#include "lsp/assist/repair/rehearse/variant_scripts.h"

namespace curlew::assist {
namespace {

Error lifted(sandbox::Error error) {
  switch (error.kind()) {
    case sandbox::Errc::kInvalidInput:
      return {Errc::kInvalidInput, error.message()};
    case sandbox::Errc::kNotFound:
      return {Errc::kNotFound, error.message()};
    case sandbox::Errc::kCancelled:
      return {Errc::kCancelled, error.message()};
    case sandbox::Errc::kUnavailable:
    case sandbox::Errc::kIo:
      break;
  }
  return {Errc::kUnavailable, error.message()};
}

// What a rehearsal may take beyond its own limits; what one change may.
constexpr std::chrono::milliseconds kScriptExtra{3'000}, kOneChangeMax{2'000};
constexpr std::size_t kCoveredMax = 3;  // failing tests of Go that are traced, a run each
constexpr std::size_t kScriptOutputMax = std::size_t{64} << 20;

class SandboxChecker final : public Checker {
 public:
  SandboxChecker(sandbox::SandboxOptions options, sandbox::Command command,
                 std::unique_ptr<sandbox::Sandbox> box, const CheckerOptions& checker)
      : options_(std::move(options)),
        command_(std::move(command)),
        box_(std::move(box)),
        checker_options_(checker),
        rehearsal_(rehearsal_of(command_.argv)) {}

  std::unique_ptr<Checker> another() override {
    auto box = box_->clone();
    if (!box) return nullptr;
    auto made =
        std::make_unique<SandboxChecker>(options_, command_, std::move(*box), checker_options_);
    made->originals_ = originals_;
    made->put_ = put_;
    made->last_ = last_;
    return made;
  }

  Expected<std::string> text(const std::string& path) override {
    if (const auto original = originals_.find(path); original != originals_.end())
      return original->second;
    // What a command has built is in the shadow copy only.
    std::error_code error;
    if (!std::filesystem::exists(options_.workspace / path, error))
      return fail(Errc::kNotFound, "{}: no such file in the workspace", path);
    auto text = box_->original(path);  // a command may have rewritten its copy (sed -i)
    if (!text) return lifted(std::move(text.error())).pass();
    originals_.emplace(path, *text);
    return std::move(*text);
  }

  void limit_runs(std::chrono::milliseconds wall) override { wall_max_ = wall; }

  bool focus_on(const Diagnostic* failure) override {
    focused_ = failure == nullptr ? std::nullopt : only_test(command_.argv, *failure);
    return failure == nullptr || focused_;
  }

  Expected<CheckResult> check(const Changes& changes, std::stop_token stop) override {
    if (Status put = bring_to(changes); !put) return std::move(put.error()).pass();
    auto result = run(*box_, limited(focused_ ? *focused_ : command_.argv), std::move(stop));
    if (result && !focused_ && changes.empty()) last_.emplace(changes, *result);
    return result;
  }

  bool can_rehearse() const override { return rehearsal_.has_value(); }
  bool can_vary() const override {
    return !rehearsal_ &&
           (varies_scripts() ? may_vary(command_.argv) : may_compile_c(command_.argv));
  }
  bool varies_scripts() const override { return checker_options_.varies_scripts; }
  bool can_trace() const override {
    return can_rehearse() || go_coverage_command(command_.argv, "Test", "");
  }

  Expected<std::vector<TestTrace>> trace(const Changes& base,
                                         const std::vector<std::string>& failing,
                                         std::chrono::milliseconds limit,
                                         std::stop_token stop) override {
    if (Status put = bring_to(base); !put) return std::move(put.error()).pass();
    if (!rehearsal_) return trace_go(failing, limit, std::move(stop));
    const std::string request =
        trace_request(*rehearsal_, {box_->visible_root().string(), failing, limit, limit});
    auto output = run_script(request, limit + kScriptExtra, std::move(stop));
    if (!output) return std::move(output.error()).pass();
    return read_traces(*output);
  }

  Expected<std::vector<Rehearsed>> rehearse(const Changes& base, std::span<const Changes> changes,
                                            const std::vector<std::string>& tests,
                                            std::chrono::milliseconds limit,
                                            std::stop_token stop) override {
    if (Status put = bring_to(base); !put) return std::move(put.error()).pass();
    Expected<Changes> texts = texts_before(base, changes);
    if (!texts) return std::move(texts.error()).pass();
    const Changes& before = *texts;
    if (!rehearsal_) return rehearse_by_variants(base, before, changes, limit, std::move(stop));
    double& known_limit = known_limits_[tests.empty() ? "" : tests.front()];
    const std::string request = rehearse_request(
        *rehearsal_, {box_->visible_root().string(), tests, kOneChangeMax, limit, known_limit},
        before, changes);
    auto output = run_script(request, limit + kOneChangeMax + kScriptExtra, std::move(stop));
    // However it ended: what the script changed is as it was.
    if (Status put = put_all(before); !put) return std::move(put.error()).pass();
    if (!output) return std::move(output.error()).pass();
    known_limit = read_limit(*output);
    return read_rehearsed(*output, changes.size());
  }

  // Afresh: what has been built already is not compiled.
  Expected<std::vector<std::string>> compiled(const Changes& base, std::stop_token stop) override {
    if (!may_compile_c(command_.argv)) return std::vector<std::string>();
    auto box = sandbox::Sandbox::open(options_);
    if (!box) return lifted(std::move(box.error())).pass();
    const std::filesystem::path root = (*box)->visible_root(), folder = root / kRehearsalFolder;
    Changes texts = base;
    const std::string script = std::string(kRehearsalFolder) + "/" + std::string(kBuildScript);
    texts[script] = build_script(folder.string());
    for (const auto& [path, text] : texts)
      if (auto put = (*box)->put(path, text); !put) return lifted(std::move(put.error())).pass();
    std::vector<std::string> argv = {"sh", (root / script).string()};
    argv.insert(argv.end(), command_.argv.begin(), command_.argv.end());
    if (auto ran = (*box)->run(command_in(**box, argv), std::move(stop)); !ran)
      return lifted(std::move(ran.error())).pass();
    const auto listed =
        (*box)->text(std::string(kRehearsalFolder) + "/" + std::string(kSourcesFile));
    return read_sources(listed ? *listed : "", root.string());
  }

  Expected<CheckResult> check_afresh(const Changes& changes, std::stop_token stop) override {
    auto box = sandbox::Sandbox::open(options_);
    if (!box) return lifted(std::move(box.error())).pass();
    for (const auto& [path, text] : changes)
      if (auto put = (*box)->put(path, text); !put) return lifted(std::move(put.error())).pass();
    return run(**box, command_in(**box, command_.argv), std::move(stop));
  }

 private:
  // The present texts of all that changes.
  Expected<Changes> texts_before(const Changes& base, std::span<const Changes> changes) {
    Changes before = base;
    for (const Changes& change : changes)
      for (const auto& [path, text] : change) {
        if (before.contains(path)) continue;
        auto original = this->text(path);
        if (!original) return std::move(original.error()).pass();
        before[path] = std::move(*original);
      }
    return before;
  }

  Status put_all(const Changes& texts) {
    for (const auto& [path, text] : texts)
      if (auto put = box_->put(path, text); !put) return lifted(std::move(put.error())).pass();
    return {};
  }

  class Stage final : public VariantStage {
   public:
    explicit Stage(SandboxChecker& checker) : checker_(checker) {}
    Status put(const std::string& path, std::string_view text) override {
      if (auto put = checker_.box_->put(path, text); !put)
        return lifted(std::move(put.error())).pass();
      return {};
    }
    Expected<std::string> text(const std::string& path) override {
      auto text = checker_.box_->text(path);
      if (!text) return lifted(std::move(text.error())).pass();
      return std::move(*text);
    }
    Expected<CheckResult> run(std::string_view script, std::chrono::milliseconds limit,
                              std::stop_token stop) override {
      std::vector<std::string> argv = {"sh", folder() + "/" + std::string(script)};
      argv.insert(argv.end(), checker_.command_.argv.begin(), checker_.command_.argv.end());
      sandbox::Command command = checker_.command_in(*checker_.box_, argv);
      command.limits.wall = limit;
      command.limits.output_bytes = kScriptOutputMax;
      if (script == kBuildScript) return checker_.run(*checker_.box_, command, std::move(stop));
      auto ran = checker_.box_->run(command, std::move(stop));  // of many runs: to be taken apart
      if (!ran) return lifted(std::move(ran.error())).pass();
      CheckResult result;
      result.exit_code = ran->exit_code;
      result.end = ran->end;
      result.seconds = ran->seconds;
      result.output = std::move(ran->output);
      return result;
    }
    std::string folder() const override {
      return (checker_.box_->visible_root() / kRehearsalFolder).string();
    }
    std::vector<Diagnostic> read(std::string_view output) const override {
      return checker_.read(*checker_.box_, output);
    }

   private:
    SandboxChecker& checker_;
  };

  Expected<std::vector<Rehearsed>> rehearse_by_variants(const Changes& base, const Changes& before,
                                                        std::span<const Changes> changes,
                                                        std::chrono::milliseconds limit,
                                                        std::stop_token stop) {
    if (!last_ || last_->first != base) {  // of all tests, whatever the focus
      auto said = run(*box_, limited(command_.argv), stop);
      if (!said) return std::move(said.error()).pass();
      last_.emplace(base, std::move(*said));
    }
    const CheckResult said = last_->second;
    Stage stage(*this);
    auto all = rehearse_variants(stage, {before, changes, said, limit}, std::move(stop));
    if (Status put = put_all(before); !put) return std::move(put.error()).pass();
    return all;
  }

  // What is as it was is not touched, so that a build does only what it must.
  Status bring_to(const Changes& changes) {
    for (const auto& [path, text] : changes) {
      if (const auto now = put_.find(path); now != put_.end() && now->second == text) continue;
      if (auto original = this->text(path); !original) return std::move(original.error()).pass();
      if (auto put = box_->put(path, text); !put) return lifted(std::move(put.error())).pass();
      put_[path] = text;
    }
    for (auto now = put_.begin(); now != put_.end();) {
      if (changes.contains(now->first)) {
        ++now;
        continue;
      }
      if (auto put = box_->put(now->first, originals_[now->first]); !put)
        return lifted(std::move(put.error())).pass();
      now = put_.erase(now);
    }
    return {};
  }

  // A run for each of the first failing tests, as long as there is time.
  Expected<std::vector<TestTrace>> trace_go(const std::vector<std::string>& failing,
                                            std::chrono::milliseconds limit, std::stop_token stop) {
    std::vector<TestTrace> traces;
    const std::string profile = std::string(kRehearsalFolder) + "/cover.out";
    const std::string go_mod = command_.folder.empty() ? "go.mod" : command_.folder + "/go.mod";
    const Expected<std::string> module = text(go_mod);
    if (!module) return traces;
    if (auto put = box_->put(profile, ""); !put) return lifted(std::move(put.error())).pass();
    const auto until = std::chrono::steady_clock::now() + limit;
    for (std::size_t i = 0; i < std::min(failing.size(), kCoveredMax); ++i) {
      const auto argv =
          go_coverage_command(command_.argv, failing[i], (box_->visible_root() / profile).string());
      if (!argv || std::chrono::steady_clock::now() > until) break;
      sandbox::Command command = command_in(*box_, *argv);
      command.limits.wall = std::min(command.limits.wall, limit);
      if (auto ran = box_->run(command, stop); !ran) return lifted(std::move(ran.error())).pass();
      const auto covered = box_->text(profile);
      if (covered)
        traces.push_back(read_go_coverage(*covered, *module, command_.folder, failing[i]));
    }
    return traces;
  }

  // In place of the command, as the command would run.
  Expected<std::string> run_script(const std::string& request, std::chrono::milliseconds limit,
                                   std::stop_token stop) {
    const std::string folder(kRehearsalFolder);
    const std::string script = folder + "/rehearse.py", told = folder + "/request.json";
    if (auto put = box_->put(script, kRehearseScript); !put)
      return lifted(std::move(put.error())).pass();
    if (auto put = box_->put(told, request); !put) return lifted(std::move(put.error())).pass();
    const std::filesystem::path root = box_->visible_root();
    sandbox::Command command =
        command_in(*box_, {rehearsal_->python, (root / script).string(), (root / told).string()});
    command.limits.wall = limit;
    command.limits.output_bytes = kScriptOutputMax;
    auto ran = box_->run(command, std::move(stop));
    if (!ran) return lifted(std::move(ran.error())).pass();
    return std::move(ran->output);
  }

  sandbox::Command limited(const std::vector<std::string>& argv) const {
    sandbox::Command command = command_in(*box_, argv);
    if (wall_max_) command.limits.wall = std::min(command.limits.wall, *wall_max_);
    return command;
  }

  // Arguments that name the workspace are led to where the command sees it.
  sandbox::Command command_in(const sandbox::Sandbox& box,
                              const std::vector<std::string>& argv) const {
    sandbox::Command command = command_;
    command.argv = argv;
    const std::string here = options_.workspace.string(), there = box.visible_root().string();
    if (here == there) return command;
    for (std::string& word : command.argv)
      for (std::size_t at = word.find(here); at != word.npos; at = word.find(here, at)) {
        const std::size_t end = at + here.size();
        const bool is_whole = end == word.size() || word[end] == '/';
        if (is_whole) word.replace(at, here.size(), there);
        at += is_whole ? there.size() : here.size();
      }
    return command;
  }

  std::vector<Diagnostic> read(const sandbox::Sandbox& box, std::string_view output) const {
    return read_diagnostics(output,
                            {.root = box.visible_root().string(), .folder = command_.folder});
  }

  Expected<CheckResult> run(sandbox::Sandbox& box, const sandbox::Command& command,
                            std::stop_token stop) {
    auto ran = box.run(command, std::move(stop));
    if (!ran) return lifted(std::move(ran.error())).pass();
    CheckResult result;
    result.exit_code = ran->exit_code;
    result.end = ran->end;
    result.seconds = ran->seconds;
    result.diagnostics = read(box, ran->output);
    result.tests_run = count_tests(ran->output);
    result.output = std::move(ran->output);
    return result;
  }

  const sandbox::SandboxOptions options_;
  const sandbox::Command command_;
  std::unique_ptr<sandbox::Sandbox> box_;
  const CheckerOptions checker_options_;
  const std::optional<RehearsalCommand> rehearsal_;
  std::map<std::string, double> known_limits_;  // of changes in rehearsals, by the first test
  std::optional<std::chrono::milliseconds> wall_max_;
  std::optional<std::vector<std::string>> focused_;      // runs one test
  std::map<std::string, std::string> originals_;         // of files that were ever changed or read
  Changes put_;                                          // what the shadow copy has now
  std::optional<std::pair<Changes, CheckResult>> last_;  // what was said of a base
};

}  // namespace

Expected<std::unique_ptr<Checker>> make_sandbox_checker(const sandbox::SandboxOptions& options,
                                                        const sandbox::Command& command,
                                                        const CheckerOptions& checker) {
  auto box = sandbox::Sandbox::open(options);
  if (!box) return lifted(std::move(box.error())).pass();
  return std::make_unique<SandboxChecker>(options, command, std::move(*box), checker);
}

}  // namespace curlew::assist
