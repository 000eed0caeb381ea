#include "model/decode/continuation_cache.h"

#include <functional>

namespace curlew::model {

std::shared_ptr<const Continuations> ContinuationCache::of(std::string_view text,
                                                           const Tokenizer& tokenizer) {
  text = text.substr(0, kTextBytesMax);
  const std::size_t hash = std::hash<std::string_view>()(text);
  if (auto kept = find(hash, text.size())) return kept;
  const std::vector<TokenId> tokens = tokenizer.encode(text, {.literal = true, .continues = true});
  auto built = std::make_shared<const Continuations>(std::span(&tokens, 1));
  std::lock_guard lock(mutex_);
  if (entries_.size() == kTextsMax) entries_.pop_back();
  entries_.push_front({hash, text.size(), built});
  return built;
}

std::shared_ptr<const Continuations> ContinuationCache::find(std::size_t hash, std::size_t bytes) {
  std::lock_guard lock(mutex_);
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    if (it->hash != hash || it->bytes != bytes) continue;
    entries_.splice(entries_.begin(), entries_, it);
    return entries_.front().continuations;
  }
  return nullptr;
}

}  // namespace curlew::model
