#include "model/text/prompt_writer.h"

#include <utility>

namespace curlew::model {

void PromptWriter::words(std::string_view text) {
  while (!text.empty()) {
    std::size_t first = std::string_view::npos;
    std::string_view marker;
    for (const std::string_view candidate : markers_) {
      const std::size_t at = text.find(candidate);
      if (at < first || (at == first && candidate.size() > marker.size()))
        first = at, marker = candidate;
    }
    if (first == std::string_view::npos) break;
    pending_ += text.substr(0, first);
    if (const std::optional<TokenId> id = tokenizer_.find(marker))
      token(*id);
    else
      pending_ += marker;
    text.remove_prefix(first + marker.size());
  }
  pending_ += text;
}

void PromptWriter::token(TokenId id) {
  if (id < 0) return;
  flush();
  tokens_.push_back(id);
}

std::vector<TokenId> PromptWriter::finish() {
  flush();
  return std::exchange(tokens_, {});
}

void PromptWriter::flush() {
  if (pending_.empty()) return;
  const std::vector<TokenId> more =
      tokenizer_.encode(pending_, {.literal = true, .continues = true});
  tokens_.insert(tokens_.end(), more.begin(), more.end());
  pending_.clear();
}

}  // namespace curlew::model
