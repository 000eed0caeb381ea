#include "lsp/assist/repair/suspicion.h"

#include <cmath>

namespace curlew::assist {
namespace {

// What is run before all tests may be at fault, too, but mostly it only says what there is.
constexpr double kBeforeTests = 0.4;
// Of a line that does not run itself: behind one that does (an argument in a line of its own, what an
// early return keeps from running), or before one.
constexpr double kBehind = 0.5, kBefore = 0.35;
constexpr int kBehindMax = 3;

}  // namespace

Suspicion::Suspicion(std::span<const TestTrace> traces) {
  struct Count {
    int failing = 0, passing = 0;
  };
  std::map<std::string, std::map<int, Count>> counts;
  int failing = 0, passing = 0;
  for (const TestTrace& trace : traces) {
    if (trace.test.empty()) continue;
    ++(trace.failed ? failing : passing);
    for (const auto& [path, lines] : trace.lines)
      for (const int line : lines) {
        Count& count = counts[path][line];
        ++(trace.failed ? count.failing : count.passing);
      }
  }
  if (failing == 0) return;
  const auto ochiai = [&](Count count) {
    return count.failing /
           std::sqrt(static_cast<double>(failing) * (count.failing + count.passing));
  };
  for (const auto& [path, lines] : counts)
    for (const auto& [line, count] : lines)
      if (count.failing > 0) lines_[path][line] = ochiai(count);
  const double before = kBeforeTests * ochiai({failing, passing});
  for (const TestTrace& trace : traces) {
    if (!trace.test.empty()) continue;
    for (const auto& [path, lines] : trace.lines)
      for (const int line : lines) lines_[path].try_emplace(line, before);
  }
}

double Suspicion::of(const std::string& path, int line) const {
  const auto file = lines_.find(path);
  if (file == lines_.end()) return 0;
  const auto behind = file->second.upper_bound(line);  // the first that stands below
  double found = 0;
  if (behind != file->second.begin()) {
    const auto& [last, suspicion] = *std::prev(behind);
    if (last == line) return suspicion;
    if (line - last <= kBehindMax) found = kBehind * suspicion;
  }
  if (behind != file->second.end() && behind->first == line + 1)
    found = std::max(found, kBefore * behind->second);
  return found;
}

}  // namespace curlew::assist
