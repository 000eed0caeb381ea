#include "model/decode/slot_cache.h"

#include <algorithm>
#include <cassert>

namespace curlew::model {
namespace {

constexpr std::size_t kTypedBytesMax = 64;  // of a burst; then its prompt is built anew

std::size_t common_prefix(std::span<const TokenId> a, std::span<const TokenId> b) {
  const auto ends = std::ranges::mismatch(a, b);
  return static_cast<std::size_t>(ends.in1 - a.begin());
}

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

void cut(Slot& slot, std::size_t tokens) {
  slot.tokens.resize(tokens);
  slot.sequence.truncate(static_cast<int>(tokens));
}

}  // namespace

SlotCache::SlotCache(KvPool& pool, int context_tokens) : pool_(pool) {
  slots_.reserve(kSlotsMax);
  for (int i = 0; i < kSlotsMax; ++i) {
    slots_.push_back({.sequence = KvSequence(pool)});
    slots_.back().tokens.reserve(static_cast<std::size_t>(context_tokens));
  }
}

Slot& SlotCache::open(std::span<const TokenId> text) {
  const std::span<const TokenId> reusable = text.first(text.size() - 1);
  Slot* best = nullptr;
  std::size_t shared = 0;
  for (Slot& slot : slots_) {
    const std::size_t common = common_prefix(slot.tokens, reusable);
    if (common > shared || (best != nullptr && common == shared && slot.used > best->used)) {
      best = &slot;
      shared = common;
    }
  }

  Slot* slot = best;
  if (best == nullptr) {
    slot = &open_empty();
  } else if (2 * shared < best->tokens.size()) {
    slot = &least_recently_used(best);
    slot->sequence = best->sequence.fork(static_cast<int>(shared));
    slot->tokens.assign(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(shared));
    slot->burst.reset();
  } else {
    cut(*slot, shared);
  }
  slot->used = ++clock_;
  return *slot;
}

Slot& SlotCache::open_empty() {
  Slot& slot = least_recently_used(nullptr);
  forget(slot);
  slot.used = ++clock_;
  return slot;
}

void SlotCache::forget(Slot& slot) {
  cut(slot, 0);
  slot.burst.reset();
  slot.used = 0;
}

void SlotCache::reserve(Slot& slot, int more) {
  while (!slot.sequence.reserve(more)) {
    Slot* oldest = least_recently_used_with_tokens(&slot);
    assert(oldest != nullptr);
    forget(*oldest);
  }
}

FimText SlotCache::continue_burst(const FimText& text) const {
  const Slot* latest = nullptr;
  for (const Slot& slot : slots_)
    if (slot.burst && continues(*slot.burst, text) &&
        (latest == nullptr || slot.used > latest->used))
      latest = &slot;
  FimText burst = text;
  if (latest != nullptr) burst.typed = text.prefix.substr(latest->burst->prefix.size());
  return burst;
}

void SlotCache::clear() {
  for (Slot& slot : slots_) forget(slot);
}

Slot& SlotCache::least_recently_used(const Slot* except) {
  Slot* oldest = nullptr;
  for (Slot& slot : slots_)
    if (&slot != except && (oldest == nullptr || slot.used < oldest->used)) oldest = &slot;
  return *oldest;
}

Slot* SlotCache::least_recently_used_with_tokens(const Slot* except) {
  Slot* oldest = nullptr;
  for (Slot& slot : slots_) {
    if (&slot == except || slot.tokens.empty()) continue;
    if (oldest == nullptr || slot.used < oldest->used) oldest = &slot;
  }
  return oldest;
}

bool evaluate(Network& network, SlotCache& cache, Slot& slot, std::span<const TokenId> text,
              float* logits, const StopCheck& should_stop) {
  while (slot.tokens.size() < text.size()) {
    const std::span<const TokenId> rest = text.subspan(slot.tokens.size());
    const std::size_t chunk =
        std::min(rest.size(), static_cast<std::size_t>(network.chunk_tokens()));
    const bool last = chunk == rest.size();
    cache.reserve(slot, static_cast<int>(chunk));
    const Segment segment = {.ids = rest.first(chunk),
                             .sequence = &slot.sequence,
                             .rows = last ? LogitRows::kLast : LogitRows::kNone};
    if (!network.forward({&segment, 1}, logits, should_stop)) return false;
    slot.tokens.insert(slot.tokens.end(), segment.ids.begin(), segment.ids.end());
  }
  return true;
}

}  // namespace curlew::model
