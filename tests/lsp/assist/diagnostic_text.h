// Diagnostics as text, one line each and below it, indented, its fix-its and notes: what the files
// tests/data/diagnostics/*.expected hold.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "lsp/assist/repair/diagnostic.h"

namespace curlew::assist {

inline std::string to_text(const SourcePlace& place) {
  std::string text = place.path.empty() ? "-" : place.path;
  if (place.line != 0) text += fmt::format(":{}", place.line);
  if (place.column != 0) text += fmt::format(":{}", place.column);
  if (place.end_line != 0) text += fmt::format("-{}:{}", place.end_line, place.end_column);
  return text;
}

inline std::string to_text(const Diagnostic& d) {
  const char* severity = d.severity == Severity::kError     ? "error"
                         : d.severity == Severity::kWarning ? "warning"
                                                            : "note";
  std::string text = fmt::format("{} {} {} {} {}", to_text(d.place), severity, d.source,
                                 d.code.empty() ? "-" : d.code, d.message);
  if (!d.test.empty()) text += fmt::format(" <{}>", d.test);
  text += '\n';
  for (const FixIt& fixit : d.fixits) {
    std::string shown;
    for (const char c : fixit.text) shown += c == '\n' ? "\\n" : std::string(1, c);
    text += fmt::format("  fix {} \"{}\"\n", to_text(fixit.place), shown);
  }
  for (const Diagnostic::Note& note : d.notes)
    text += note.place.path.empty()
                ? fmt::format("  note {}\n", note.message)
                : fmt::format("  note {} @ {}\n", note.message, to_text(note.place));
  return text;
}

inline std::string to_text(const std::vector<Diagnostic>& diagnostics) {
  std::string text;
  for (const Diagnostic& d : diagnostics) text += to_text(d);
  return text;
}

}  // namespace curlew::assist
