// What a step evaluates.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "model/network/kv_cache.h"
#include "model/text/tokenizer.h"

namespace curlew::model {

// True: give up now. Asked between layers, so it must be cheap.
using StopCheck = std::function<bool()>;

enum class LogitRows { kNone, kLast, kAll };

// How a row of logits becomes a token, where the device does it: as kernels/sampling.h says.
struct Pick {
  float temperature = 0.f, top_p = 1.f, min_p = 0.f;
  std::uint64_t random = 0;
  std::span<const std::uint64_t> allowed;  // TokenMask::words(); empty: every token is
};

// Tokens of one sequence within a step.
struct Segment {
  std::span<const TokenId> ids;    // 1 or more, each within the vocabulary
  KvSequence* sequence = nullptr;  // the past; room for ids is reserved
  LogitRows rows = LogitRows::kNone;
  float* hidden = nullptr;  // [ids.size(), hidden_dim] the state after the last norm; or null
  // One for each of the rows: then the device picks their tokens, and their logits are not handed
  // out. Only for an executor that can_pick().
  std::span<const Pick> picks;
  TokenId* picked = nullptr;  // [rows]; -1 where no allowed logit is a finite number
};

}  // namespace curlew::model
