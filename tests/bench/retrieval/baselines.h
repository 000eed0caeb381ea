// What others do, written anew after their published descriptions, to measure beside. Each ranks
// pieces of a package for a place; best first.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "tests/bench/retrieval/corpus.h"

namespace curlew::bench {

class Baseline {
 public:
  virtual ~Baseline() = default;
  virtual std::string_view name() const = 0;
  // `prefix` is the file's text before the cursor.
  virtual std::vector<Item> rank(const Case& c, std::string_view prefix, int limit) const = 0;
};

// BM25 (k1 1.2, b 0.75) over the parser's chunks; the query is the terms of the last ten lines.
std::unique_ptr<Baseline> bm25_over_chunks(const Corpus& corpus);
// Copilot: windows of 60 lines, Jaccard index of their words with the 60 lines before the cursor,
// the best window of a file. (It looks into 20 open files; here into all of the same language.)
std::unique_ptr<Baseline> jaccard_windows(const Corpus& corpus);
// aider: PageRank over files, an edge from user to definer for every name, weighted by the root of
// its uses, tenfold for names seen and long compound names, a tenth for private and for much-defined
// ones, fiftyfold from the file at hand; the rank of a file flows to the definitions used.
std::unique_ptr<Baseline> page_rank_map(const Corpus& corpus);
// Definitions of the names before the cursor, by nearness and rarity.
std::unique_ptr<Baseline> symbol_lookup(const Corpus& corpus);

}  // namespace curlew::bench
