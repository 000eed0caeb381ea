// Finds the tokens of a vocabulary that are matched as whole strings: a trie over their spellings.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/text/tokenizer.h"

namespace curlew::model {

class SpecialMatcher {
 public:
  SpecialMatcher();

  // Non-empty; the first id added for a spelling keeps it.
  void add(std::string_view spelling, TokenId id);

  struct Match {
    TokenId id = -1;  // -1: nothing begins here
    std::size_t bytes = 0;
  };
  // The longest token that text begins with and that is allowed.
  template <class Allowed>
  Match longest(std::string_view text, const Allowed& allowed) const;

 private:
  using Node = std::uint32_t;
  static constexpr Node kNone = 0;  // the root, which no edge leads to

  static std::uint64_t edge(Node node, char byte) {
    return std::uint64_t{node} << 8 | static_cast<unsigned char>(byte);
  }
  Node child(Node node, char byte) const {
    if (node == kNone) return first_[static_cast<unsigned char>(byte)];
    const auto it = edges_.find(edge(node, byte));
    return it != edges_.end() ? it->second : kNone;
  }

  std::array<Node, 256> first_{};  // edges of the root: most bytes of a text begin no token
  std::unordered_map<std::uint64_t, Node> edges_;
  std::vector<TokenId> ends_;  // per node: the token that ends here, or -1
};

template <class Allowed>
SpecialMatcher::Match SpecialMatcher::longest(std::string_view text, const Allowed& allowed) const {
  Match match;
  Node node = kNone;
  for (std::size_t i = 0; i < text.size(); ++i) {
    node = child(node, text[i]);
    if (node == kNone) break;
    if (ends_[node] >= 0 && allowed(ends_[node])) match = {ends_[node], i + 1};
  }
  return match;
}

}  // namespace curlew::model
