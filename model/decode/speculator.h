// Drafts: tokens that will probably come, taken from where the text so far stood before. The
// network looks at all of them in one step, which costs little more than one token where weights
// are the bottleneck; what it would have said anyway is kept (arXiv:2211.17192; drafting by looking
// up, as prompt-lookup and suffix decoding do, arXiv:2411.04975).
//
// A draft changes how long a text takes, never the text: Generation is told token by token what the
// network itself chose.
//
// Where copies are taken from: the texts the caller named, the prompt, and what was generated. A
// copy that has begun goes on at its place as long as it is right. Where it breaks off (the one
// changed line of an edit) it is taken up again a few tokens further on, near the old place, before
// the longest match anywhere is asked.
//
// How much is drafted: as many tokens as make the most of a step, by how often drafts after a match
// of this length were right so far and by what steps of so many tokens cost, both measured while
// running. Where nothing is worth it, nothing is drafted.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "model/decode/token_automaton.h"

namespace curlew::model {

// What steps cost, by their number of tokens. One for an engine; used on the stepper's thread.
class StepCost {
 public:
  void add(int tokens, double ms);
  // Of a step of so many tokens over that of one token. Before it was measured: a guess.
  double ratio(int tokens) const;

 private:
  double estimate(int tokens) const;
  static constexpr std::array<int, 7> kSizes = {1, 2, 4, 8, 16, 32, 64};
  struct Sample {
    double tokens = 0, ms = 0;  // running averages
    int count = 0;
  };
  std::array<Sample, kSizes.size()> samples_;
};

// How often the next token of a copy was right, by the length of the match so far. One for an
// engine. Every token that a copy would have foretold counts, drafted or not, so that a rate that
// fell can rise again.
class DraftRecord {
 public:
  DraftRecord();
  double rate(int match_length) const;
  void add(int match_length, bool right);

 private:
  static constexpr int kBuckets = 8;
  static std::size_t bucket_of(int match_length);
  std::array<double, kBuckets> rates_;
};

class Speculator {
 public:
  static constexpr int kDraftTokensMax = 48;

  // draft_tokens_max: -1 as seems fit, 0 never. The record and the cost outlive this.
  //   text      what is gone on with
  //   originals what it may be a copy of, from the beginning on, likeliest first
  //   around    other texts it may copy from
  using Texts = std::vector<std::vector<TokenId>>;
  Speculator(DraftRecord& record, const StepCost& cost, int draft_tokens_max,
             std::vector<TokenId> text, Texts originals, Texts around);

  // The network has said `id`.
  void append(TokenId id);
  // What will probably come next, at most `max` tokens. Valid until the next append().
  std::span<const TokenId> propose(int max);

 private:
  void build();
  void advance(TokenId id);
  void find_place();
  bool take_up_again();
  bool is_copying() const;
  int choose_length(int available) const;

  DraftRecord& record_;
  const StepCost& cost_;
  const int draft_tokens_max_;
  std::vector<TokenId> text_, generated_;  // generated_: before the automaton was built
  Texts originals_, around_;

  std::optional<TokenAutomaton> automaton_;  // built when it is first asked for a draft
  std::size_t place_ = 0;                    // all()[place_] is what the copy says next
  int copied_ = 0;                           // tokens before place_ that agree; 0: no copy
  std::size_t broke_off_ = 0;                // where the last long copy went wrong; 0: nowhere
};

}  // namespace curlew::model
