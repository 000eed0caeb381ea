// Every text whose keys and values are kept, as a radix tree over tokens: what two texts begin with
// alike is kept once.
//
//   KvSequence past = tree.open(text);      // begins with the longest prefix of `text` at hand
//   ... evaluate the rest into `past` ...
//   tree.insert(text, past);                // and the next one begins further on
//
// A node holds the tokens between two branchings and references to the blocks of its positions. A
// branching rarely falls on the border of a block; then the block is referenced from both sides,
// and whoever writes on copies it first (KvSequence::reserve). Blocks are counted by the pool, so a
// node may be dropped while sequences that were opened from it still run. When blocks run short the
// leaf that was not used for the longest time goes. After RadixAttention, arXiv:2312.07104.
//
// Not thread-safe; the stepper uses it between steps.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "model/network/kv_cache.h"
#include "model/text/tokenizer.h"

namespace curlew::model {

class PrefixTree {
 public:
  explicit PrefixTree(KvPool& pool);
  ~PrefixTree();
  PrefixTree(const PrefixTree&) = delete;
  PrefixTree& operator=(const PrefixTree&) = delete;

  // A sequence of the longest cached prefix of `text`, one token short of it at least, so that
  // there is something to evaluate. Empty when nothing is shared.
  KvSequence open(std::span<const TokenId> text);

  // Keeps what `sequence` holds: keys and values of the first sequence.tokens() of `text`.
  void insert(std::span<const TokenId> text, const KvSequence& sequence);

  // Drops the least recently used leaf. False: there is none.
  bool evict();
  void clear();

  int tokens() const;               // kept, each once
  std::vector<int> blocks() const;  // referenced, each once, in rising order; for tests

  // For storing the tree: every node after its parent, the most recently used branches first.
  struct View {
    int parent = -1;  // index of an earlier view; -1: the text begins here
    int first_pos = 0;
    std::span<const TokenId> tokens;
    std::span<const int> blocks;  // of positions first_pos / 64 * 64 and following
  };
  std::vector<View> views() const;

 private:
  struct Node;

  Node* child(const Node& node, TokenId first) const;
  Node* split(Node& node, std::size_t at);
  void extend(Node& leaf, std::span<const TokenId> rest, const KvSequence& sequence);
  void add_leaf(Node& parent, std::span<const TokenId> rest, const KvSequence& sequence);
  void absorb_only_child(Node& node);
  void release(Node& node);

  KvPool& pool_;
  std::uint64_t clock_ = 0;
  std::unique_ptr<Node> root_;
};

}  // namespace curlew::model
