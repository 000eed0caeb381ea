// The body of a completion request: what of the prompt goes out, and in which form.
#pragma once

#include <string>

#include "model/error.h"
#include "model/generator.h"
#include "model/remote/openai_client.h"

namespace curlew::model {

int estimate_tokens(std::size_t bytes);

struct RemotePrompt {
  std::string body;  // JSON
  std::size_t context_used = 0;
  int prompt_tokens = 0;  // by estimate
};

// Cuts the prefix at its start and the suffix at its end, at line borders, and drops context blocks
// from the back, until the estimate fits. Error kInvalidInput for a prompt of token ids.
Expected<RemotePrompt> remote_prompt(const RemoteOptions& options, const GenerateRequest& request);

}  // namespace curlew::model
