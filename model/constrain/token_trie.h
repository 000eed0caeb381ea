// Tokens by their bytes: a trie in flat arrays, nodes in the order of a depth-first walk.
//
// Tokens are numbered by rank, the order of their bytes, so those below a node are one range of
// ranks, and to leave a subtree out is to jump to its end. Immutable.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "model/constrain/byte_set.h"
#include "model/text/tokenizer.h"

namespace curlew::model {

// Kinds of bytes, at most 64, that grammars tend to treat alike: letters of one case, digits, each
// sign by itself, continuation bytes. A set of kinds is one word.
const std::array<std::uint8_t, 256>& byte_kinds();
constexpr int kByteKindsMax = 64;

class TokenTrie {
 public:
  using Entry = std::pair<std::string_view, TokenId>;  // bytes, not empty

  struct Node {
    std::uint8_t byte = 0;
    std::uint16_t depth = 0;        // bytes from the root; 0: the root
    std::uint32_t end = 0;          // the first node that is not below
    std::uint32_t ranks_begin = 0;  // of the tokens that end here or below
    std::uint64_t kinds_below = 0;  // of all bytes below
  };
  static constexpr std::size_t kBytesMax = UINT16_MAX;  // longer tokens are left out

  TokenTrie() : TokenTrie(std::vector<Entry>{}) {}
  explicit TokenTrie(std::vector<Entry> entries);

  // Node 0 is the root. The last element is no node: it ends the ranks of the one before.
  const std::vector<Node>& nodes() const { return nodes_; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(nodes_.size() - 1); }  // nodes
  std::uint32_t ranks_end(std::uint32_t node) const { return nodes_[nodes_[node].end].ranks_begin; }
  const std::vector<TokenId>& tokens() const { return tokens_; }  // by rank
  int depth_max() const { return depth_max_; }

 private:
  std::vector<Node> nodes_;
  std::vector<TokenId> tokens_;
  int depth_max_ = 0;
};

}  // namespace curlew::model
