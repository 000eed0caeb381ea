// Segments -> one segment. Words are renumbered, rows are copied: numbers of words keep their order,
// so only each document's table of names changes.
#pragma once

#include <vector>

#include "indexer/segment/assembler.h"
#include "indexer/segment/segment.h"

namespace curlew::indexer {

constexpr std::uint32_t kDropped = ~0u;

struct MergeInput {
  Segment::Ptr segment;
  std::vector<std::uint32_t> numbers;  // of each document in the result, ascending; or kDropped
};

// Numbers the documents of `inputs` that are not kDropped, input by input. How many there are.
std::uint32_t number_documents(std::vector<MergeInput>& inputs);

// kCorrupt when an input turns out to be damaged.
Expected<std::uint64_t> merge_segments(const std::vector<MergeInput>& inputs,
                                       const SegmentAssembler::Write& write);

}  // namespace curlew::indexer
