#include "model/decode/burst_memory.h"

#include <algorithm>

namespace curlew::model {
namespace {

constexpr std::size_t kTypedBytesMax = 64;  // of a burst; then its prompt is built anew

bool same_blocks(const std::vector<ContextBlock>& a, const std::vector<ContextBlock>& b) {
  return std::ranges::equal(a, b, [](const ContextBlock& x, const ContextBlock& y) {
    return x.path == y.path && x.text == y.text;
  });
}

// Is `text` what `before` became by typing on at the cursor, without leaving the line?
bool continues(const FimText& before, const FimText& text) {
  if (!text.prefix.starts_with(before.prefix)) return false;
  const std::string_view typed = std::string_view(text.prefix).substr(before.prefix.size());
  return typed.size() <= kTypedBytesMax && typed.find('\n') == std::string_view::npos &&
         text.suffix == before.suffix && text.path == before.path &&
         text.repo_name == before.repo_name && same_blocks(text.context, before.context);
}

bool same_text(const FimText& a, const FimText& b) {
  return a.prefix == b.prefix && continues(a, b);
}

}  // namespace

FimText BurstMemory::continue_burst(const FimText& text) const {
  FimText burst = text;
  std::lock_guard lock(mutex_);
  for (auto it = bursts_.rbegin(); it != bursts_.rend(); ++it) {
    if (!continues(*it, text)) continue;
    burst.typed = text.prefix.substr(it->prefix.size());
    break;
  }
  return burst;
}

void BurstMemory::remember(FimText text) {
  if (text.prefix.ends_with(text.typed)) text.prefix.resize(text.prefix.size() - text.typed.size());
  text.typed.clear();
  std::lock_guard lock(mutex_);
  std::erase_if(bursts_, [&](const FimText& burst) { return same_text(burst, text); });
  if (bursts_.size() == kBurstsMax) bursts_.erase(bursts_.begin());
  bursts_.push_back(std::move(text));
}

void BurstMemory::clear() {
  std::lock_guard lock(mutex_);
  bursts_.clear();
}

}  // namespace curlew::model
