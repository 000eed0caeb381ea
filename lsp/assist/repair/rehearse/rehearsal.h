// Rehearsals: what a command's tests would say of many changes, for a tenth of what the command takes,
// and which lines each test runs.
//
// A script (rehearse.py) runs in the sandbox in place of the command: it loads the interpreter and the
// test runner once, and forks for every change. What comes of it is an order in which to try, no more:
// no change is kept that the command itself has not passed (repair.h). Today for Python: pytest,
// unittest, and programs. Everything here is pure and thread-safe.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lsp/assist/repair/checker.h"

namespace curlew::assist {

// How the script does what a command does.
struct RehearsalCommand {
  std::string python;             // the interpreter
  std::string runner;             // "pytest", "unittest", "script"
  std::vector<std::string> argv;  // the runner's
  bool is_module = false;         // started with -m: the folder it starts in can be imported from
};
// Nothing where a command is not of these. Looks into PATH: `pytest` is a script, and names its
// interpreter.
std::optional<RehearsalCommand> rehearsal_of(const std::vector<std::string>& argv);

// Where the script and its request lie, relative to the workspace's root.
inline constexpr std::string_view kRehearsalFolder = ".curlew-rehearsal";
extern const std::string_view kRehearseScript;

// What the script is told, as JSON. `root`: where the workspace lies for it; `tests`: their names
// as Diagnostic::test has them.
struct RehearsalRequest {
  std::string root;
  std::vector<std::string> tests;
  std::chrono::milliseconds limit;  // of tracing, or of one change
  std::chrono::milliseconds total;  // of all changes
  double known_limit = 0;  // of one change, in seconds, as an earlier rehearsal found; 0: none did
};
std::string trace_request(const RehearsalCommand& command, const RehearsalRequest& request);
// `base` has the present texts of all paths that change.
std::string rehearse_request(const RehearsalCommand& command, const RehearsalRequest& request,
                             const Changes& base, std::span<const Changes> changes);

// What the script says. Lines that are not its own are passed over.
std::vector<TestTrace> read_traces(std::string_view output);
// One for each of `count` changes.
std::vector<Rehearsed> read_rehearsed(std::string_view output, std::size_t count);
double read_limit(std::string_view output);  // RehearsalRequest::known_limit for the next

}  // namespace curlew::assist
