// Another opinion on the next token, mixed with the model's before sampling:
//
//   p(id) = (1 - weight) * softmax(logits)[id] + weight * q(id)
//
// q is sparse: what an automaton over the files at hand has seen after the same context. Small
// models gain most. Sampling filters and constraints act on the mixed distribution.
#pragma once

#include <span>
#include <vector>

#include "model/text/tokenizer.h"

namespace curlew::model {

struct Mixture {
  struct Share {
    TokenId id;
    float probability;
  };
  float weight = 0.f;         // 0: the model alone
  std::vector<Share> shares;  // probabilities sum to 1; ids are unique
};

// One generation's. Called in the order of the text, once a token; never for tokens that a draft
// proposed and the model refused. Not thread-safe.
class Mixer {
 public:
  virtual ~Mixer() = default;
  // The generation begins after `prompt`.
  virtual void begin(std::span<const TokenId> prompt) = 0;
  virtual void append(TokenId id) = 0;
  // For the token that comes next. Valid until the next append().
  virtual const Mixture& next() = 0;
};

}  // namespace curlew::model
