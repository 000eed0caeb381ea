// Candidates: the places that propose the same line, with what speaks for and against it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/copy/copy_confidence.h"
#include "model/copy/places.h"

namespace curlew::model {

struct Candidate {
  std::string_view line;  // rest of the cursor's line; a view into a searched text
  Place best;             // the longest match that proposes it
  int support = 0;        // places that propose it with about the best match
  CopyFeatures features{};
};

// At most kCandidatesMax, those with the longest matches. `places` in the order of find_places.
std::vector<Candidate> find_candidates(const CursorContext& context,
                                       const std::vector<SearchedText>& texts,
                                       const std::vector<Place>& places);

}  // namespace curlew::model
