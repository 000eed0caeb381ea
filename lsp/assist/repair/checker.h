// Whether a change is a repair: the command run on it says so, nobody else.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "lsp/assist/error.h"
#include "lsp/assist/repair/diagnostic.h"
#include "lsp/sandbox/sandbox.h"

namespace curlew::assist {

// Files that differ from the workspace's, with their new text.
using Changes = std::map<std::string, std::string>;

struct CheckResult {
  int exit_code = 0;
  sandbox::CommandEnd end = sandbox::CommandEnd::kExited;
  std::vector<Diagnostic> diagnostics;
  int tests_run = -1;  // -1: it does not say
  std::string output;
  double seconds = 0;

  bool passed() const { return end == sandbox::CommandEnd::kExited && exit_code == 0; }
};

// Which lines of the workspace's files a test ran. A test without a name: what is run before all of them.
struct TestTrace {
  std::string test;
  bool failed = false;
  bool hangs = false;  // it had not ended when the time was up
  std::map<std::string, std::vector<int>> lines;
  std::vector<SourcePlace> frames;  // of one that hangs: where, innermost first
};

// What a rehearsal says of a change.
struct Rehearsed {
  bool ran = false;     // false: nothing is known
  int passed = 0;       // tests, up to the first that failed
  bool failed = false;  // one did, or took too long
  bool cannot = false;  // ran is false, and will be: to be run, not to be rehearsed

  bool pleases() const { return ran && passed > 0 && !failed; }
};

// Runs one command on changed files. A test may bring its own.
class Checker {
 public:
  virtual ~Checker() = default;
  // One more that does the same, and may at the same time: on another thread, in a shadow copy of its
  // own, with what was built in this one. Null where there can be none.
  virtual std::unique_ptr<Checker> another() { return nullptr; }
  // The workspace's own text. kNotFound, kInvalidInput.
  virtual Expected<std::string> text(const std::string& path) = 0;
  // What a run of check() may take from now on, as far as the command's own limit allows it; one that
  // takes longer ends as CommandEnd::kTimeLimit.
  virtual void limit_runs(std::chrono::milliseconds /*wall*/) {}
  // From now on check() runs the test of this failure alone; null: all again. False, and all, where
  // the command cannot be told (one_test.h). check_afresh() always runs all.
  virtual bool focus_on(const Diagnostic* failure) { return failure == nullptr; }
  // With exactly these changes; what earlier runs built may be there. kCancelled.
  virtual Expected<CheckResult> check(const Changes& changes, std::stop_token stop) = 0;
  // Whether trace() and rehearse() can do anything for this command. They are hints: what they say is
  // to be confirmed by check().
  virtual bool can_trace() const { return can_rehearse(); }
  virtual bool can_rehearse() const { return false; }
  // Whether rehearse() can try to put all changes into one program: of languages that have variants
  // (rehearse/variants.h).
  // Not where can_rehearse().
  virtual bool can_vary() const { return false; }
  // Where can_vary(): changes of JavaScript and TypeScript, too.
  virtual bool varies_scripts() const { return false; }
  // C and C++ files of the workspace that the command compiles where nothing of this checker's is built.
  // Where can_vary().
  virtual Expected<std::vector<std::string>> compiled(const Changes& /*base*/,
                                                      std::stop_token /*stop*/) {
    return std::vector<std::string>();
  }
  // The lines that each test runs, those named in `failing` first, as many as `limit` allows.
  virtual Expected<std::vector<TestTrace>> trace(const Changes& /*base*/,
                                                 const std::vector<std::string>& /*failing*/,
                                                 std::chrono::milliseconds /*limit*/,
                                                 std::stop_token /*stop*/) {
    return std::vector<TestTrace>();
  }
  // For each change, all of them with what `base` has, whether these tests pass (none named: all), in order,
  // up to the first that pleases or the end of the time. Variants are of all tests.
  virtual Expected<std::vector<Rehearsed>> rehearse(const Changes& /*base*/,
                                                    std::span<const Changes> changes,
                                                    const std::vector<std::string>& /*tests*/,
                                                    std::chrono::milliseconds /*limit*/,
                                                    std::stop_token /*stop*/) {
    return std::vector<Rehearsed>(changes.size());
  }
  // check() where nothing has been built or left behind.
  virtual Expected<CheckResult> check_afresh(const Changes& changes, std::stop_token stop) = 0;
};

struct CheckerOptions {
  // Variants of JavaScript and TypeScript. Off: one run in some dozens ended in a fault that was never found.
  bool varies_scripts = false;
};

// In a sandbox. Errors are those of opening it.
Expected<std::unique_ptr<Checker>> make_sandbox_checker(const sandbox::SandboxOptions& options,
                                                        const sandbox::Command& command,
                                                        const CheckerOptions& checker = {});

}  // namespace curlew::assist
