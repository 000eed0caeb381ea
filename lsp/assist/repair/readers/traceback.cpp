#include "lsp/assist/repair/readers/traceback.h"

#include <algorithm>

namespace curlew::assist {

SourcePlace Frames::place(const Report& report, Innermost innermost) const {
  if (frames_.empty()) return {};
  const auto own = [&](const Diagnostic::Note& frame) { return report.is_own(frame.place.path); };
  if (innermost == Innermost::kFirst) {
    const auto found = std::find_if(frames_.begin(), frames_.end(), own);
    return found == frames_.end() ? frames_.front().place : found->place;
  }
  const auto found = std::find_if(frames_.rbegin(), frames_.rend(), own);
  return found == frames_.rend() ? frames_.back().place : found->place;
}

void Frames::note(Report& report, const SourcePlace& except) const {
  for (const Diagnostic::Note& frame : frames_) {
    const bool same = frame.place.path == except.path && frame.place.line == except.line;
    if (!same && report.is_own(frame.place.path)) report.note("in " + frame.message, frame.place);
  }
}

}  // namespace curlew::assist
