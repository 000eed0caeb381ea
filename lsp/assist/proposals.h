// What the copy predictor and the model propose for a place, each shaped, checked and weighed.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "lsp/assist/retrieve.h"
#include "lsp/assist/shape.h"

namespace curlew::assist {

struct Proposal {
  Shaped shaped;         // empty text: shaped.refused says why
  float confidence = 0;  // calibrated chance that the line is exactly right
};

// The likeliest copy that survives shaping and parsing.
Proposal propose_copy(model::CopyPredictor& copy, const CompletionPlace& place,
                      const CompletionRequest& request, const Retrieved& retrieved);

struct ModelProposal {
  Proposal proposal;
  model::Generation generation;
  std::vector<std::size_t> context_chunk_idxs;  // of Retrieved::chunks, those in the prompt
};

Expected<ModelProposal> propose_model(model::Generator& generator, const CompletionPlace& place,
                                      const CompletionRequest& request, const Retrieved& retrieved,
                                      std::optional<std::chrono::steady_clock::time_point> deadline,
                                      std::stop_token stop);

// Only evaluates the prompt that propose_model() would, in the background lane.
Status evaluate_prompt(model::Generator& generator, const CompletionPlace& place,
                       const CompletionRequest& request, const Retrieved& retrieved,
                       std::stop_token stop);

}  // namespace curlew::assist
