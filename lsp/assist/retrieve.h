// Context of a completion: what the index thinks is worth showing, for the prompt, for the copy
// predictor and for the answer.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "indexer/index.h"
#include "lsp/assist/complete.h"
#include "model/generator.h"

namespace curlew::assist {

constexpr std::size_t kOpenDocumentBytesMax = 1 << 20;  // of one that is searched or mixed in

struct Retrieved {
  std::vector<indexer::ContextChunk> chunks;  // best first
  double ms = 0;
};

// A chunk of the completed file itself is kept only where the editor's text still has it: the index
// may hold the file as it was on the disk.
Expected<Retrieved> retrieve(const indexer::Index* index, const CompletionRequest& request);

// The chunks that go into a prompt with room for so many tokens of context, in the order they were
// retrieved in: the best by score that fit, the next one cut at a line's end where a few lines of
// it fit. What does not fit is still searched by the copy predictor.
struct PromptContext {
  std::vector<model::ContextBlock> blocks;
  std::vector<std::size_t> chunk_idxs;  // of each block, into Retrieved::chunks
};
PromptContext fit_context(const model::Generator& generator, const Retrieved& retrieved,
                          int tokens_max);
// Chunks come laid out as a prompt wants them; people read the best first.
void put_best_first(std::vector<indexer::ContextChunk>& chunks);

ContextEntry context_entry(const indexer::ContextChunk& chunk);

// The open documents and the retrieved chunks; views into both.
std::vector<model::CopySource> copy_sources(const CompletionRequest& request,
                                            const Retrieved& retrieved);

}  // namespace curlew::assist
