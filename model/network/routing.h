// Which experts a token goes to, and the step's tokens in the order of experts. Sparse mixtures:
// arXiv:1701.06538, arXiv:2101.03961.
#pragma once

#include <span>
#include <vector>

#include "model/network/architecture.h"

namespace curlew::model {

// The `used` experts with the best scores, best first, of two equal ones the earlier; and what each
// one's output counts for.
//
//   logits          [count]  the router's
//   selection_bias  [count]  added to the scores for choosing only, or null
//   chosen, weight  [used]
//   scores          [2 * count]  working memory
void choose_experts(const ExpertConfig& config, const float* logits, const float* selection_bias,
                    int* chosen, float* weight, float* scores);

// The choices of a step, sorted by expert, so that each expert's tokens stand together. A slot is a
// place in that order; tokens of one expert keep theirs.
class ExpertGroups {
 public:
  ExpertGroups() = default;
  ExpertGroups(int experts, int choices_max);

  // chosen  [tokens * used], of token t at t * used
  void group(std::span<const int> chosen, int used);

  int slots() const { return slots_; }
  int first(int expert) const { return first_[static_cast<std::size_t>(expert)]; }
  int count(int expert) const { return first(expert + 1) - first(expert); }
  int token_in(int slot) const { return token_in_[static_cast<std::size_t>(slot)]; }
  int slot_of(int choice) const { return slot_of_[static_cast<std::size_t>(choice)]; }

 private:
  int slots_ = 0;
  std::vector<int> first_;     // [experts + 1] slots of an expert begin here
  std::vector<int> next_;      // [experts] while sorting
  std::vector<int> token_in_;  // [slots]
  std::vector<int> slot_of_;   // [choices]
};

}  // namespace curlew::model
