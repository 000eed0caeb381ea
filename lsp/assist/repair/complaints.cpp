#include "lsp/assist/repair/complaints.h"

#include <algorithm>
#include <cstdlib>

namespace curlew::assist {

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
