#include "model/constrain/token_set.h"

namespace curlew::model {
namespace {

void join(TokenMask& mask, std::span<const std::uint64_t> words) {
  const std::span<std::uint64_t> into = mask.words();
  for (std::size_t i = 0; i < words.size(); ++i) into[i] |= words[i];
}

}  // namespace

TokenSet::TokenSet(const TokenTrie& trie, const TokenMask& all, std::span<const RankRange> ranges) {
  std::size_t count = 0;
  for (const RankRange& r : ranges) count += r.end - r.begin;
  const std::vector<TokenId>& tokens = trie.tokens();
  const auto list = [&](std::uint32_t begin, std::uint32_t end) {
    listed_.insert(listed_.end(), tokens.begin() + begin, tokens.begin() + end);
  };
  if (count <= kListMax) {
    for (const RankRange& r : ranges) list(r.begin, r.end);
    return;
  }
  const bool few_missing = tokens.size() - count <= kListMax;
  std::uint32_t next = 0;
  TokenMask bits = all;
  for (const RankRange& r : ranges) {
    if (few_missing) list(next, r.begin);
    for (std::uint32_t rank = next; !few_missing && rank < r.begin; ++rank)
      bits.remove(tokens[rank]);
    next = r.end;
  }
  const auto n_ranks = static_cast<std::uint32_t>(tokens.size());
  if (few_missing) list(next, n_ranks);
  for (std::uint32_t rank = next; !few_missing && rank < n_ranks; ++rank) bits.remove(tokens[rank]);
  form_ = few_missing ? Form::kAllBut : Form::kBits;
  if (form_ == Form::kBits) bits_.assign(bits.words().begin(), bits.words().end());
}

void TokenSet::add_to(TokenMask& mask, const TokenMask& all) const {
  if (form_ == Form::kBits) return join(mask, bits_);
  if (form_ == Form::kListed) {
    for (const TokenId id : listed_) mask.add(id);
    return;
  }
  std::vector<TokenId> missing;  // of those not in the set, the ones that the mask lacks too
  for (const TokenId id : listed_) {
    if (!mask.has(id)) missing.push_back(id);
  }
  join(mask, all.words());
  for (const TokenId id : missing) mask.remove(id);
}

std::size_t TokenSet::size_bytes() const {
  return sizeof(*this) + listed_.size() * sizeof(TokenId) + bits_.size() * sizeof(std::uint64_t);
}

}  // namespace curlew::model
