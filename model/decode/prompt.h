// A request's prompt as token ids. Private to model/decode.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "model/decode/loaded_model.h"
#include "model/generator.h"

namespace curlew::model {

inline bool is_fim(const GenerateRequest& request) {
  return std::holds_alternative<FimText>(request.prompt);
}

inline bool is_chat(const GenerateRequest& request) {
  return std::holds_alternative<ChatPrompt>(request.prompt);
}

inline bool is_next_edit(const GenerateRequest& request) {
  return std::holds_alternative<NextEditText>(request.prompt);
}

struct LaidOutPrompt {
  std::vector<TokenId> tokens;   // 1 to the context, each within the vocabulary
  std::size_t context_used = 0;  // blocks of a FimText
  // The same tokens in the order of the source they show: the text that the generation goes on
  // with, and what else stands in the prompt.
  std::vector<TokenId> text;
  std::vector<std::vector<TokenId>> around;
  // Of a NextEditText: itself, with the region that the prompt is about.
  std::optional<NextEditText> next_edit;
  std::string copy_from;
  int answer_tokens_max = std::numeric_limits<int>::max();
};

// Thread-safe. A fill-in-the-middle prompt goes on the burst it belongs to, and is remembered.
Expected<LaidOutPrompt> lay_out_prompt(LoadedModel& model, const GenerateRequest& request);

}  // namespace curlew::model
