#include "editors/cli/report.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace curlew::cli {

int report_error(std::string_view message, ExitCode code) {
  fmt::print(stderr, "curlew: error: {}\n", harmless(message));
  return code;
}

void report_warning(std::string_view message) {
  fmt::print(stderr, "curlew: {}\n", harmless(message));
}

int print(std::string_view text, int code_when_written) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (!written || std::fflush(stdout) != 0)
    return report_error("standard output: cannot write the result (closed, or the disk is full)",
                        kExitInternal);
  return code_when_written;
}

std::string harmless(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    const bool is_c1 = c == 0xC2 && next >= 0x80 && next < 0xA0;  // U+0080 to U+009F
    if (is_c1) {
      out += fmt::format("\\x{:02x}", next);
      ++i;
    } else if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7F) {
      out += fmt::format("\\x{:02x}", c);
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string harmless_on_terminal(std::string text) {
  return ::isatty(STDOUT_FILENO) == 1 ? harmless(text) : text;
}

std::string human_bytes(double bytes) {
  static constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB"};
  std::size_t unit_idx = 0;
  while (bytes >= 1000 && unit_idx + 1 < std::size(kUnits)) bytes /= 1000, ++unit_idx;
  return unit_idx == 0 ? fmt::format("{:.0f} B", bytes)
                       : fmt::format("{:.1f} {}", bytes, kUnits[unit_idx]);
}

bool stderr_is_terminal() {
  return ::isatty(STDERR_FILENO) == 1;
}

void ProgressLine::show(double fraction, std::string_view text) {
  if (!stderr_is_terminal()) return;
  constexpr int kWidth = 24;
  const int done = static_cast<int>(std::clamp(fraction, 0.0, 1.0) * kWidth);
  fmt::print(stderr, "\r\033[K[{:█<{}}{:░<{}}] {}", "", done, "", kWidth - done, harmless(text));
  std::fflush(stderr);
  shown_ = true;
}

void ProgressLine::clear() {
  if (!shown_) return;
  fmt::print(stderr, "\r\033[K");
  std::fflush(stderr);
  shown_ = false;
}

}  // namespace curlew::cli
