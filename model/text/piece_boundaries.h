// Where a text may be cut without changing how a SentencePiece vocabulary encodes it.
//
// Merging only ever makes pieces of the vocabulary. If no piece has the characters a and b side by
// side, no merge can reach across a place where b follows a: what stands before and behind it is
// merged as if the other were not there. (The order of merges, best first and leftmost of equals,
// is the same within each part.) So the text may be cut there, exactly.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace curlew::model {

class PieceBoundaries {
 public:
  PieceBoundaries() : others_(kOthers / 64) {}

  // A piece that merges can make; well-formed. "▁" and a space are one character here, as they are
  // to the encoder.
  void add(std::string_view piece);

  // Bytes of the shortest prefix of text, which is well-formed and not empty, that ends at such a
  // place; all of it when there is none.
  std::size_t next(std::string_view text) const;

 private:
  // Pairs beyond ASCII are kept as hashes: a collision only loses a place to cut at.
  static constexpr std::size_t kOthers = 1u << 20;
  static std::size_t slot(char32_t a, char32_t b) {
    const std::uint64_t pair = std::uint64_t{a} << 21 | b;
    return static_cast<std::size_t>(pair * 0x9e3779b97f4a7c15u >> 44);
  }
  bool joins(char32_t a, char32_t b) const {
    if (a < 128 && b < 128) return ascii_[a][b];
    const std::size_t at = slot(a, b);
    return (others_[at / 64] >> (at % 64) & 1u) != 0;
  }

  std::array<std::bitset<128>, 128> ascii_{};
  std::vector<std::uint64_t> others_;
};

}  // namespace curlew::model
