#include "lsp/assist/repair/complaints.h"

#include <algorithm>
#include <cstdlib>

#include "lsp/assist/repair/slips.h"
#include "lsp/assist/repair/verdicts.h"

namespace curlew::assist {
namespace {

// The line of the script itself that a traceback begins with; 0: none.
int script_line(const Diagnostic& complaint) {
  if (complaint.source != "python" || !complaint.test.empty()) return 0;
  for (const Diagnostic::Note& frame : complaint.notes)
    if (frame.message == "in <module>") return frame.place.line;
  return complaint.notes.empty() ? complaint.place.line : 0;
}

}  // namespace

std::vector<Diagnostic> complaints_of(const CheckResult& result) {
  std::vector<Diagnostic> errors;
  for (const Diagnostic& diagnostic : result.diagnostics)
    if (diagnostic.severity == Severity::kError) errors.push_back(diagnostic);
  return errors.empty() ? result.diagnostics : errors;
}

bool is_progress(const Diagnostic& complaint, const std::vector<Diagnostic>& before,
                 const std::vector<Diagnostic>& after) {
  return count_same(after, complaint) < count_same(before, complaint) &&
         new_complaints(before, after).empty();
}

bool are_uncovered(const std::vector<Diagnostic>& fresh) {
  return std::ranges::none_of(fresh, [](const Diagnostic& d) {
    return d.code == "SyntaxError" || d.code == "IndentationError" || d.code == "TabError" ||
           says(d.message, {"expected", "Expected", "yntax error", "unterminated", "nterminated",
                            "never closed", "unmatched", "unexpected", "Unexpected", "stray"});
  });
}

bool renames_what_is_wrong(const Diagnostic& complaint, const Candidate& candidate,
                           std::string_view text) {
  if (!says_what(complaint) || candidate.edits.size() != 1) return false;
  const TextEdit& edit = candidate.edits.front();
  const std::vector<std::string> wrong = names_in(complaint.message);
  const std::string_view old = text.substr(edit.start, edit.end - edit.start);
  return is_name(edit.text) && std::ranges::find(wrong, old) != wrong.end();
}

bool runs_further(const Diagnostic& complaint, const std::vector<Diagnostic>& before,
                  const std::vector<Diagnostic>& after) {
  if (before.size() != 1 || after.size() != 1) return false;
  const int was = script_line(complaint), is = script_line(after.front());
  return was > 0 && is > was;
}

const Diagnostic* seen_by_command(const std::vector<Diagnostic>& all, const Diagnostic& other) {
  const Diagnostic* best = nullptr;
  const auto distance = [&](const Diagnostic& d) {
    return std::abs(d.place.line - other.place.line);
  };
  for (const Diagnostic& d : all) {
    if (d.place.path != other.place.path || distance(d) > 1) continue;
    if (d.severity == Severity::kNote) continue;
    const bool is_nearer = best == nullptr || distance(d) < distance(*best) ||
                           (distance(d) == distance(*best) && d.message == other.message &&
                            best->message != other.message);
    if (is_nearer) best = &d;
  }
  return best;
}

}  // namespace curlew::assist
