// Sets of tokens of one trie, in the smallest of three forms: the tokens that are in it, those that
// are not, or a bit each.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/constrain/constraint.h"
#include "model/constrain/token_trie.h"

namespace curlew::model {

struct RankRange {
  std::uint32_t begin, end;
};

class TokenSet {
 public:
  TokenSet() = default;
  // The tokens of these ranks; ranges rise and do not overlap. `all`: the tokens of the trie.
  TokenSet(const TokenTrie& trie, const TokenMask& all, std::span<const RankRange> ranges);

  void add_to(TokenMask& mask, const TokenMask& all) const;
  std::size_t size_bytes() const;

 private:
  enum class Form { kListed, kAllBut, kBits };
  static constexpr std::size_t kListMax = 1024;  // beyond it bits are as small, and faster

  Form form_ = Form::kListed;
  std::vector<TokenId> listed_;  // in it, or of kAllBut, not in it
  std::vector<std::uint64_t> bits_;
};

}  // namespace curlew::model
