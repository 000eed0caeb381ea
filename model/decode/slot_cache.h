// The sequences whose keys and values are kept: one slot for each text that somebody works on,
// roughly.
//
// A request begins where it shares the longest token prefix with a slot. Where most of that slot is
// shared (the next keystroke in the same place) the slot is cut back and goes on; where little is
// (another place in the same file, another file behind the same context) a new slot is forked from
// it, sharing the blocks of the common part, and the old one stays as it was. The least recently
// used slot gives way when slots or blocks run short.
//
// Not thread-safe; the engine uses it inside its turn.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "model/network/forward.h"
#include "model/network/kv_cache.h"
#include "model/text/fim.h"

namespace curlew::model {

struct Slot {
  KvSequence sequence;
  std::vector<TokenId> tokens;  // whose keys and values `sequence` holds
  std::optional<FimText>
      burst;               // the text this slot's prompt was built from, when it was a FimText
  std::uint64_t used = 0;  // rises; the smallest is the least recently used
};

class SlotCache {
 public:
  static constexpr int kSlotsMax = 16;

  SlotCache(KvPool& pool, int context_tokens);

  // The slot for a text: its tokens are a prefix of `text`, one token short of it at least, so that
  // there is something to evaluate. Another call to open() or clear() may take it away again.
  Slot& open(std::span<const TokenId> text);

  // An empty slot, whatever is cached. For measurements.
  Slot& open_empty();
  void forget(Slot& slot);

  // Makes room for `more` tokens, dropping other slots where blocks are short. The pool holds one
  // whole context, so this cannot fail.
  void reserve(Slot& slot, int more);

  // Where the user of an earlier fill-in-the-middle request goes on typing: `text` with `typed`
  // filled in, or `text` as it is.
  FimText continue_burst(const FimText& text) const;

  void clear();
  std::span<const Slot> slots() const { return slots_; }

 private:
  Slot& least_recently_used(const Slot* except);
  Slot* least_recently_used_with_tokens(const Slot* except);

  KvPool& pool_;
  std::uint64_t clock_ = 0;
  std::vector<Slot> slots_;  // [kSlotsMax]
};

// Evaluates what of `text` the slot does not hold yet, in chunks, and writes the logits of the last
// token, [n_vocab]. False when the check said so: what was evaluated until then stays in the slot.
bool evaluate(Network& network, SlotCache& cache, Slot& slot, std::span<const TokenId> text,
              float* logits, const StopCheck& should_stop);

}  // namespace curlew::model
