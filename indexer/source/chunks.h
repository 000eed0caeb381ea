// Symbols of one file -> its chunks: definitions with their doc comments, and what stands between
// them. Every line that is not blank is in exactly one chunk; no chunk starts or ends with a blank
// line.
//
// A definition within the limits is one chunk. A longer one is cut where its inner definitions
// begin and end, and what is still too long where the shallowest syntax node starts (so between
// statements, not inside them). Without a tree: before unindented lines and after blank ones.
// Neighbours of fewer than lines_min lines are joined. Only a single line longer than bytes_max
// makes a chunk larger than the limits.
#pragma once

#include <vector>

#include "indexer/source/extract.h"
#include "indexer/source/flat_tree.h"
#include "indexer/source/lines.h"
#include "indexer/source/parse.h"

namespace curlew::indexer {

// `tree` may be null.
std::vector<Chunk> cut_chunks(const LineTable& lines, const Extracted& extracted,
                              const FlatTree* tree, const ChunkLimits& limits);

}  // namespace curlew::indexer
