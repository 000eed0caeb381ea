// Where did the last tokens stand before, and what came then? An online suffix automaton
// (Blumer et al. 1985; for several texts, Mohri et al. 2009) over texts that are likely to be
// copied from and over what is being written.
//
// Texts are added one after the other; a match never runs across the border of two. Appending
// takes about 0.1 us, memory about 80 bytes a token. Not thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/text/tokenizer.h"

namespace curlew::model {

class TokenAutomaton {
 public:
  explicit TokenAutomaton(std::size_t tokens_expected = 0);

  // Begins a text; everything before stays to be copied from.
  void begin_text();
  void append(TokenId id);

  // The longest suffix of the text so far that stood at an earlier place too, and the latest such
  // place that is remembered.
  struct Match {
    int length = 0;       // 0: the last token is new
    std::size_t end = 0;  // all()[end] came next at that place
  };
  const Match& match() const { return match_; }

  // Every text, in order, kBorder before each.
  std::span<const TokenId> all() const { return all_; }
  static constexpr TokenId kBorder = -1;

 private:
  friend class Continuations;

  struct State {
    std::int32_t length = 0, link = kNone;
    std::int32_t last_end = 0;        // index behind one of its places, the latest or nearly so
    std::int32_t first_edge = kNone;  // list of edges that leave it
    std::int32_t places = 0;          // that end a prefix of a text; those of the states that link
                                      // here come on top
  };
  struct Edge {
    std::int32_t from;
    TokenId token;
    std::int32_t to, next;
  };
  static constexpr std::int32_t kNone = -1;

  Edge* find(std::int32_t from, TokenId token);  // null: there is none
  void connect(std::int32_t from, TokenId token, std::int32_t to);
  std::int32_t add_state(const State& state);
  std::int32_t step(std::int32_t from, TokenId token);  // to an edge's state of length + 1
  std::int32_t clone_for(std::int32_t from, TokenId token, std::int32_t state);
  void note_place(std::int32_t state, std::int32_t end);
  std::size_t slot_of(std::int32_t from, TokenId token) const;
  void grow_table();

  std::vector<TokenId> all_;
  std::vector<State> states_;
  std::vector<Edge> edges_;
  std::vector<std::int32_t> table_;  // open addressing: index of an edge, or kNone
  std::int32_t last_ = 0;            // state of the text so far
  Match match_;
};

}  // namespace curlew::model
