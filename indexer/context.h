// What is worth showing a model at a place, chosen in three steps:
//
//   look_around   what stands near the cursor                            (cursor.h)
//   sources       candidates: digests of files with the symbols that are likely used next
//                 (context_symbols.cpp, likely.h), similar code, recently edited code, callers and
//                 tests, sibling implementations                         (context_sources.cpp)
//   select        the best of all within the budget, in a stable order   (context_select.cpp)
//
// Deterministic in the store, the buffers and the query. Weights and thresholds: rank.h; why and
// what it is worth: docs/retrieval.md.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "indexer/cursor.h"
#include "indexer/index.h"
#include "indexer/view.h"

namespace curlew::indexer {

// A symbol that a digest shows.
struct DigestSymbol {
  SymbolRow row;
  double chance = 0;
  enum class Detail : std::uint8_t { kSignature, kWhole } detail = Detail::kSignature;
};

// A chunk that could be shown. Its text is made only when it is chosen.
struct Candidate {
  enum class Shape : std::uint8_t {
    kDigest,      // `symbols` of one file: whole, or their signatures
    kDefinition,  // the lines of `symbol` with its comment, or their skeleton
    kLines,       // [start_line, end_line)
  };
  ContextSource source = ContextSource::kDefinition;
  Shape shape = Shape::kLines;
  std::string path;
  std::uint32_t start_line = 0, end_line = 0;  // end exclusive
  double score = 0;                            // of its source, 0..1
  std::string why;
  std::string_view text;              // of lines that were read; valid as long as the view
  SymbolRow symbol;                   // of a definition
  std::vector<DigestSymbol> symbols;  // of a digest, in the file's order
};

// The place of a query with what the sources need to know about it.
struct Place {
  const ContextQuery& query;
  CursorView cursor;
  std::vector<std::string> imported;  // files of the workspace, in the order of the imports
};

// What stands in `similar` speaks for the names that it uses.
Expected<std::vector<Candidate>> symbol_candidates(View& view, const Place& place,
                                                   const std::vector<Candidate>& similar);
Expected<std::vector<Candidate>> similar_candidates(View& view, const Place& place);
Expected<std::vector<Candidate>> recent_candidates(View& view, const Place& place);
Expected<std::vector<Candidate>> usage_candidates(View& view, const Place& place);
Expected<std::vector<Candidate>> sibling_candidates(View& view, const Place& place);

// The symbols in reach, best first: what symbol_candidates chooses from. With their features it is
// what the weights are fitted on.
struct SymbolsInReach;
enum class Keep : std::uint8_t { kBest, kAllWithFeatures };
Expected<std::unique_ptr<SymbolsInReach>> symbols_in_reach(View& view, const Place& place,
                                                           const std::vector<Candidate>& similar,
                                                           Keep keep = Keep::kBest);
Expected<Place> place_of(View& view, const ContextQuery& query);

Expected<std::vector<ContextChunk>> select_chunks(View& view, const ContextQuery& query,
                                                  std::vector<Candidate> candidates);

Expected<std::vector<ContextChunk>> retrieve_context(View& view, const ContextQuery& query);

}  // namespace curlew::indexer
