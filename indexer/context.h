// What is worth showing a model at a place, chosen in three steps:
//
//   look_around   what stands near the cursor                            (cursor.h)
//   sources       candidates: definitions of what is used near, similar code, recently edited code,
//                 outlines of imported files                             (context_sources.cpp)
//   select        the best of all within the budget, in a stable order   (context_select.cpp)
//
// Deterministic in the store, the buffers and the query. Weights and thresholds: rank.h; why and
// what it is worth: docs/retrieval.md.
#pragma once

#include <string>
#include <vector>

#include "indexer/cursor.h"
#include "indexer/index.h"
#include "indexer/view.h"

namespace curlew::indexer {

// A chunk that could be shown. Its text is made only when it is chosen.
struct Candidate {
  enum class Shape : std::uint8_t {
    kDefinition,  // the lines of `symbol` with its comment, or their skeleton
    kLines,       // [start_line, end_line)
    kOutline,     // the signatures of the file
  };
  ContextSource source = ContextSource::kDefinition;
  Shape shape = Shape::kLines;
  std::string path;
  std::uint32_t start_line = 0, end_line = 0;  // end exclusive
  double score = 0;                            // of its source, 0..1
  std::string why;
  SymbolRow symbol;  // of a definition
};

// The place of a query with what the sources need to know about it.
struct Place {
  const ContextQuery& query;
  CursorView cursor;
  std::vector<std::string> imported;  // files of the workspace, in the order of the imports
};

Expected<std::vector<Candidate>> definition_candidates(View& view, const Place& place);
Expected<std::vector<Candidate>> similar_candidates(View& view, const Place& place);
Expected<std::vector<Candidate>> recent_candidates(View& view, const Place& place);
Expected<std::vector<Candidate>> import_candidates(View& view, const Place& place);

Expected<std::vector<ContextChunk>> select_chunks(View& view, const ContextQuery& query,
                                                  std::vector<Candidate> candidates);

Expected<std::vector<ContextChunk>> retrieve_context(View& view, const ContextQuery& query);

}  // namespace curlew::indexer
