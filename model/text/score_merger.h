// SentencePiece's byte-pair encoding (Kudo & Richardson 2018, arXiv:1808.06226): the characters of
// a text are merged pair by pair; of all neighbours whose joined text is a piece, always those
// whose piece has the best score, the leftmost of equals.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/text/vocabulary.h"

namespace curlew::model {

// Keeps its memory from text to text; one per thread.
class ScoreMerger {
 public:
  explicit ScoreMerger(const Vocabulary& vocabulary) : vocabulary_(vocabulary) {}

  // The pieces that text, well-formed and with "▁" for spaces, is merged to; together they are the
  // text. Valid until the next call. A piece may be a character that the vocabulary does not have.
  // Pieces of type "unused" are taken apart again, into what they were made of.
  const std::vector<std::string_view>& merge(std::string_view text);

 private:
  struct Symbol {
    std::string_view text;    // empty once it is part of its left neighbour
    std::int32_t prev, next;  // neighbours still alive, -1 at the ends
  };
  struct Candidate {
    float score;
    std::int32_t left, right;
    std::size_t bytes;  // of both: other than that, one of them has been merged since
    // For a heap whose top is the best score, then the leftmost.
    bool operator<(const Candidate& other) const {
      return score != other.score ? score < other.score : left > other.left;
    }
  };

  void propose(std::int32_t left, std::int32_t right);
  void apply(const Candidate& best);
  void take_apart(std::string_view piece);

  const Vocabulary& vocabulary_;
  std::vector<Symbol> symbols_;
  std::vector<Candidate> heap_;
  std::vector<std::string_view> pieces_;
  // Of unused pieces that were proposed: the two parts.
  std::unordered_map<std::string_view, std::pair<std::string_view, std::string_view>> parts_;
};

}  // namespace curlew::model
