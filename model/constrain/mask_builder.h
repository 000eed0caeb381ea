// Masks of states, by the bytes of all tokens at once.
//
// The trie of the vocabulary is walked in step with the automaton: a byte that leads nowhere rules
// out every token below it. Most of that work does not depend on the stack, so it is done once for
// the nodes on the top of a stack, whatever lies below, and kept (Dong et al. 2024, "XGrammar",
// arXiv:2411.15100): which tokens stay inside the rule, and, of the tokens that run past its end,
// what is left of them there. Only those rests are followed at run time, from the place the rule
// returns to. Nodes that kAlikeBytes bytes cannot tell apart share one such entry; the few tokens
// that are longer are always followed byte by byte.
//
// Rules that several grammars share (Rules::alike) have their entries in SharedMasks, learnt once a
// vocabulary.
//
// A MaskBuilder is not thread-safe; SharedMasks is.
#pragma once

#include <array>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "model/constrain/constraint.h"
#include "model/constrain/state_table.h"
#include "model/constrain/token_set.h"
#include "model/constrain/token_trie.h"

namespace curlew::model {

// What the masks need of a vocabulary. Immutable; the tokenizer outlives it.
struct TokenVocabulary {
  explicit TokenVocabulary(const Tokenizer& tokenizer);

  const Tokenizer& tokenizer;
  TokenTrie tokens;       // of at most kAlikeBytes bytes
  TokenTrie long_tokens;  // the others
  TokenMask all;          // those of `tokens`
  std::vector<TokenId> end_of_generation;
};

class SharedMasks;

class MaskBuilder {
 public:
  // `shared` may be null: then every entry is made here.
  MaskBuilder(const TokenVocabulary& vocabulary, const Rules& rules, SharedMasks* shared)
      : vocabulary_(vocabulary), rules_(rules), shared_(shared), states_(rules) {}

  StateTable& states() { return states_; }

  // The mask of a state, into `mask`.
  void build(StateId state, TokenMask& mask);

  std::size_t size_bytes() const { return states_.size_bytes() + inside_bytes_; }

 private:
  friend class SharedMasks;
  enum class Exits { kIgnore, kCollect };
  // What is known of some nodes whatever the stack below them.
  struct Inside {
    TokenSet tokens;                   // stay in the rule, or end with it
    TokenTrie rests;                   // what is left of other tokens where the rule may end
    std::vector<std::uint32_t> exits;  // nodes with so many rests below that the vocabulary serves
    int reach = 0;                     // frames needed, counted from the bottom
  };
  struct Walk {
    const TokenTrie& trie;
    std::vector<RankRange> found;
    std::vector<std::uint32_t> exits;  // nodes, where asked for
    int reach = 0;
  };

  static constexpr std::uint32_t kRestsMax = 64;  // tokens below an exit that are listed as rests

  const Inside& inside_of(std::span<const StateTable::Config> configs);
  const Inside& inside_anywhere(std::span<const StateTable::Config> configs, Exits exits);
  const Inside& inside_from(StateId from, Exits exits);
  Inside make_inside(StateId from, Exits exits);
  void list_rests(const Walk& walk, Inside& inside) const;
  void follow(StateId from, std::uint32_t node, Exits exits, Walk& walk);
  void add_found(const Walk& walk, TokenMask& mask) const;
  void add_all(StateId from, const TokenTrie& trie, std::uint32_t node, TokenMask& mask);
  std::uint64_t loops(StateId state);

  const TokenVocabulary& vocabulary_;
  const Rules& rules_;
  SharedMasks* const shared_;
  StateTable states_;
  std::array<std::unordered_map<StateId, Inside>, 2> inside_;  // by Exits
  std::unordered_map<StateId, std::uint64_t> loops_;
  std::size_t inside_bytes_ = 0;
  std::vector<StateId> path_;  // of follow(): the state at each depth
};

class SharedMasks {
 public:
  explicit SharedMasks(const TokenVocabulary& vocabulary) : vocabulary_(vocabulary) {}

  // The entry stays valid for as long as this does.
  const MaskBuilder::Inside& inside(const Rules& rules, std::span<const NodeId> nodes,
                                    MaskBuilder::Exits exits);

 private:
  const TokenVocabulary& vocabulary_;
  std::mutex mutex_;
  std::unordered_map<const Rules*, MaskBuilder>
      builders_;  // guarded by mutex_; none is ever taken out
};

}  // namespace curlew::model
