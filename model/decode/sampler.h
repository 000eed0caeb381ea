// From logits to a token.
//
// Temperature 0 takes the likeliest token, the lowest id among equals. Otherwise p = softmax(logits
// / temperature) is cut to the tokens that pass both filters, each judged on p itself, so that
// their order does not matter:
//   min-p  p >= min_p * max p                                        arXiv:2407.01082
//   top-p  the smallest set of likeliest tokens that reaches top_p   arXiv:1904.09751
// and one of them is drawn in proportion to p. The same seed and logits give the same tokens on
// every machine: the generator and the way its bits become a number in [0, 1) are fixed.
#pragma once

#include <random>
#include <span>
#include <vector>

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

 private:
  struct Candidate {
    float probability;  // not yet divided by the sum of all
    TokenId id;
  };

  std::size_t keep_top_p(double sum);
  double uniform();

  SamplingOptions options_;
  std::mt19937_64 random_;
  std::vector<Candidate> candidates_;
};

}  // namespace curlew::model
