// Checkers and complaints for tests of repairs: a workspace in memory, a command that is a function.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "lsp/assist/repair/repair.h"

namespace curlew::assist {

// A workspace in memory, and a command that is a function of its texts.
class FakeChecker : public Checker {
 public:
  using Command = std::function<CheckResult(const Changes& texts)>;
  FakeChecker(Changes files, Command command)
      : files_(std::move(files)), command_(std::move(command)), afresh_(command_) {}

  Expected<std::string> text(const std::string& path) override {
    const auto file = files_.find(path);
    if (file == files_.end()) return fail(Errc::kNotFound, "{}: no such file", path);
    return file->second;
  }
  Expected<CheckResult> check(const Changes& changes, std::stop_token stop) override {
    ++runs;
    if (stop.stop_requested()) return fail(Errc::kCancelled, "stopped");
    return command_(with(changes));
  }
  Expected<CheckResult> check_afresh(const Changes& changes, std::stop_token) override {
    return afresh_(with(changes));
  }
  void limit_runs(std::chrono::milliseconds wall) override { limits.push_back(wall); }
  void set_afresh(Command command) { afresh_ = std::move(command); }

  int runs = 0;
  std::vector<std::chrono::milliseconds> limits;  // of the runs

 private:
  Changes with(const Changes& changes) const {
    Changes all = files_;
    for (const auto& [path, text] : changes) all[path] = text;
    return all;
  }
  Changes files_;
  Command command_, afresh_;
};

inline Diagnostic complaint(const std::string& path, int line, int column,
                            const std::string& message) {
  Diagnostic d;
  d.place = {path, line, column, 0, 0};
  d.message = message;
  d.source = "gcc";
  return d;
}

inline CheckResult failed(std::vector<Diagnostic> diagnostics, int tests = -1) {
  CheckResult result;
  result.exit_code = 1;
  result.diagnostics = std::move(diagnostics);
  result.tests_run = tests;
  return result;
}
inline CheckResult passed(int tests = -1) {
  CheckResult result;
  result.tests_run = tests;
  return result;
}

inline bool has(const Changes& texts, const std::string& path, std::string_view part) {
  return texts.at(path).find(part) != std::string::npos;
}

inline RepairResult run(FakeChecker& checker, RepairRequest request = {}) {
  auto result = repair(checker, nullptr, request, {}, {});
  EXPECT_TRUE(result) << result.error().message();
  return result ? *result : RepairResult{};
}

}  // namespace curlew::assist
