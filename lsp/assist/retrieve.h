// Context of a completion: what the index thinks is worth showing, for the prompt, for the copy
// predictor and for the answer.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "indexer/index.h"
#include "lsp/assist/complete.h"
#include "model/text/fim.h"

namespace curlew::assist {

struct Retrieved {
  std::vector<indexer::ContextChunk> chunks;  // best first
  double ms = 0;
};

// A chunk of the completed file itself is kept only where the editor's text still has it: the index
// may hold the file as it was on the disk.
Expected<Retrieved> retrieve(const indexer::Index* index, const CompletionRequest& request);

std::vector<model::ContextBlock> context_blocks(const Retrieved& retrieved);
ContextEntry context_entry(const indexer::ContextChunk& chunk);

// The open documents and the retrieved chunks; views into both.
std::vector<model::CopySource> copy_sources(const CompletionRequest& request,
                                            const Retrieved& retrieved);

}  // namespace curlew::assist
