#include "model/text/word_cache.h"

#include <algorithm>
#include <atomic>

namespace curlew::model {

WordCache& WordCache::here() {
  thread_local WordCache cache;
  return cache;
}

std::uint32_t WordCache::new_owner() {
  static std::atomic<std::uint32_t> last{0};
  return ++last;
}

void WordCache::Entry::store(std::uint32_t who, std::string_view text,
                             std::span<const TokenId> result) {
  if (result.size() > kTokensMax) return;
  owner = who;
  word_bytes = static_cast<std::uint8_t>(text.size());
  tokens = static_cast<std::uint8_t>(result.size());
  std::memcpy(word, text.data(), text.size());
  std::copy(result.begin(), result.end(), ids);
}

std::size_t WordCache::hash(std::uint32_t owner, std::string_view word) {
  constexpr std::uint64_t kMix = 0x9e3779b97f4a7c15u;
  std::uint64_t h = (owner + word.size()) * kMix;
  while (!word.empty()) {
    std::uint64_t part = 0;
    const std::size_t bytes = std::min<std::size_t>(word.size(), 8);
    std::memcpy(&part, word.data(), bytes);
    h = (h ^ part) * kMix;
    h ^= h >> 29;
    word.remove_prefix(bytes);
  }
  return static_cast<std::size_t>(h >> 7);
}

}  // namespace curlew::model
