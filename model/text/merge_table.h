// Byte-pair merges: which two neighbouring tokens become which, and in what order (Sennrich et al.
// 2016, arXiv:1508.07909).
#pragma once

#include <cstdint>
#include <vector>

#include "model/text/tokenizer.h"

namespace curlew::model {

// An open-addressing hash table from a pair of tokens to the rank of their merge and what comes
// out.
class MergeTable {
 public:
  struct Merge {
    std::uint32_t rank = kNone;
    TokenId result = -1;
  };
  static constexpr std::uint32_t kNone = 0xffffffff;

  explicit MergeTable(std::size_t merges_max);

  // A pair that is there already keeps its rank. Ids are not negative.
  void add(TokenId left, TokenId right, Merge merge);
  Merge find(TokenId left, TokenId right) const {
    if (left < 0 || right < 0) return {};
    for (std::size_t slot = first_slot(left, right);; slot = (slot + 1) & mask_) {
      const Entry& entry = entries_[slot];
      if (entry.left == left && entry.right == right) return entry.merge;
      if (entry.merge.rank == kNone) return {};
    }
  }

 private:
  struct Entry {
    TokenId left = -1, right = -1;
    Merge merge;
  };
  std::size_t first_slot(TokenId left, TokenId right) const {
    const auto key = static_cast<std::uint64_t>(left) << 32 | static_cast<std::uint32_t>(right);
    return static_cast<std::size_t>(key * 0x9e3779b97f4a7c15u >> 24) & mask_;
  }

  std::vector<Entry> entries_;
  std::size_t mask_;
};

// Merges the tokens of one word until no pair has a merge: always the pair of lowest rank, the
// leftmost of equals. n log n in the word's length. Keeps its memory from word to word; one per
// thread.
//
//   merger.begin();  for each byte: merger.add(token);  merger.finish(table, out);
class WordMerger {
 public:
  void begin();
  void add(TokenId token);  // -1 for what merges with nothing and is left out of the result
  void finish(const MergeTable& table, std::vector<TokenId>& out);  // appends to out

 private:
  struct Symbol {
    TokenId id;
    std::int32_t prev, next;  // neighbours still alive, -1 at the ends
  };
  struct Candidate {
    std::uint32_t rank;
    std::int32_t at;  // of the left symbol
    TokenId left, right, result;
    // For a heap whose top is the lowest rank, then the leftmost.
    bool operator<(const Candidate& other) const {
      return rank != other.rank ? rank > other.rank : at > other.at;
    }
  };

  void propose(const MergeTable& table, std::int32_t at);
  void apply(const MergeTable& table, const Candidate& best);

  std::vector<Symbol> symbols_;
  std::vector<Candidate> heap_;
};

}  // namespace curlew::model
