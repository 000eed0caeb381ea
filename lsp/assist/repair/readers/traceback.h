// The frames of an exception, and which of them its user wants to see.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lsp/assist/repair/readers/report.h"

namespace curlew::assist {

constexpr std::size_t kFramesMax = 256;  // of one exception; a recursion prints thousands

// Frames in the order printed. Innermost first or last is the language's custom.
class Frames {
 public:
  void add(SourcePlace place, std::string function) {
    if (frames_.size() < kFramesMax) frames_.push_back({std::move(place), std::move(function)});
  }
  bool empty() const { return frames_.empty(); }

  enum class Innermost { kFirst, kLast };
  // Where the user's own code was left: the innermost frame in the workspace, else of all.
  SourcePlace place(const Report& report, Innermost innermost) const;
  // The workspace's other frames become notes of the open diagnostic.
  void note(Report& report, const SourcePlace& except) const;

 private:
  std::vector<Diagnostic::Note> frames_;
};

}  // namespace curlew::assist
