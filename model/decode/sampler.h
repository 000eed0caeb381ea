// From logits to a token.
//
// Temperature 0 takes the likeliest token, the lowest id among equals. Otherwise one is drawn from
// softmax(logits / temperature), cut by min-p and top-p, as kernels/sampling.h says. The same seed
// and logits give the same tokens on every machine and on a card.
#pragma once

#include <random>
#include <span>
#include <vector>

#include "kernels/sampling.h"
#include "model/error.h"
#include "model/generator.h"

namespace curlew::model {

class Sampler {
 public:
  // Takes scratch for the vocabulary when the options need it; sampling allocates nothing.
  Sampler(const SamplingOptions& options, int n_vocab);

  // Error kInvalidInput, naming the field.
  static Status check(const SamplingOptions& options);

  // -1 when no logit is a finite number: the network is broken, not the request.
  TokenId sample(std::span<const float> logits);

  const SamplingOptions& options() const { return options_; }
  // For draws that are made elsewhere: the random numbers of those to come, and that so many were
  // made. Greedy sampling needs none.
  void peek(std::span<std::uint64_t> next) const;
  void skip(int draws);

 private:
  SamplingOptions options_;
  std::mt19937_64 random_;
  std::vector<kernels::DrawCandidate> candidates_;
};

}  // namespace curlew::model
