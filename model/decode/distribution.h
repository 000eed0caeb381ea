// What is done to the logits of one position before a token is drawn from them. All in place,
// [n_vocab] float32.
#pragma once

#include <span>

#include "model/constrain/constraint.h"
#include "model/decode/mixer.h"
#include "model/text/tokenizer.h"

namespace curlew::model {

// The largest logit, the lowest id among equals; -1 when none is a finite number. NaN never wins.
TokenId likeliest(std::span<const float> logits);

// log sum exp(logits).
double log_sum_exp(std::span<const float> logits);

// log p of `id` under softmax(logits).
float log_probability(std::span<const float> logits, TokenId id);

// softmax(logits) becomes (1 - weight) softmax(logits) + weight * shares.
void mix_in(const Mixture& mixture, std::span<float> logits);

// log p of `id` in that mix, where the first summand's own is `own_logprob`.
float mixed_log_probability(const Mixture& mixture, float own_logprob, TokenId id);

// Tokens outside the mask get -infinity.
void mask_out(const TokenMask& mask, std::span<float> logits);

}  // namespace curlew::model
