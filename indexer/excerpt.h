// The text of a chosen candidate: whole, or what matters of it.
#pragma once

#include "indexer/context.h"

namespace curlew::indexer {

struct Excerpt {
  std::uint32_t start_line = 0, end_line = 0;  // end exclusive
  std::string text;                            // whole lines; "" when there is nothing to show
};

// A definition longer than rank::kDefinitionLinesMax is shown as a skeleton: its comment, its head
// and its first lines, or, for what has members, its head and the members' signatures.
Expected<Excerpt> excerpt(View& view, const Candidate& candidate);

}  // namespace curlew::indexer
