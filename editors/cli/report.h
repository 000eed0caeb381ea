// How the commands speak: exit codes, errors, and text that a person reads. stdout is for results
// only.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace curlew::cli {

enum ExitCode {
  kExitDone = 0,
  kExitFound = 1,  // the command's own "no": findings, not repaired, nothing matched
  kExitUsage = 2,  // bad usage or input
  kExitInternal = 3,
};

// Prints "curlew: error: <message>" to stderr and returns `code`.
int report_error(std::string_view message, ExitCode code = kExitUsage);
void report_warning(std::string_view message);

// The exit code of an error value of any wing: what the user gave was wrong, or we failed.
template <class Error>
int report(const Error& error) {
  using Errc = decltype(error.kind());
  return report_error(error.message(),
                      error.kind() == Errc::kInternal ? kExitInternal : kExitUsage);
}

// Writes to stdout and checks it: a full disk or a closed pipe is an error, not silence.
[[nodiscard]] int print(std::string_view text, int code_when_written = kExitDone);

// What others wrote, so that no terminal takes orders from it: control characters but line breaks and tabs as
// "\\x1b", "\\x9b".
std::string harmless(std::string_view text);
// The same where standard output is a terminal: elsewhere a diff must stay what it is, byte by byte.
std::string harmless_on_terminal(std::string text);

// "12.3 kB", "4.1 MB"
std::string human_bytes(double bytes);

bool stderr_is_terminal();

// One line on a terminal's stderr that rewrites itself; nothing when stderr is no terminal.
class ProgressLine {
 public:
  void show(double fraction, std::string_view text);
  void clear();
  ~ProgressLine() { clear(); }

 private:
  bool shown_ = false;
};

}  // namespace curlew::cli
