// A change of the past as prompts show it. Private to model/text.
#pragma once

#include <string>
#include <string_view>

#include "model/text/next_edit.h"

namespace curlew::model {

// The lines that differ, with up to this many unchanged ones on either side.
inline constexpr std::size_t kEditContextLines = 3;

struct EditHunk {
  int line = 1;                // of its first line, from 1
  std::string lead, trail;     // unchanged lines
  std::string removed, added;  // whole lines, each ended by "\n"

  std::string before() const { return lead + removed + trail; }
  std::string after() const { return lead + added + trail; }
  bool empty() const { return removed.empty() && added.empty(); }
};

EditHunk hunk_of(const RecentEdit& edit);

// "@@ -3,4 +3,5 @@\n", then the lines with ' ', '-' or '+' before each.
std::string unified(const EditHunk& hunk);

}  // namespace curlew::model
