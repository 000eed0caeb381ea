// Goes through the names of a dictionary's block and says which of them may match what was typed.
//
// Two automata read a name byte by byte, a bit each letter typed: one for letters in order anywhere,
// one for humps. (Shift-and: Baeza-Yates & Gonnet, CACM 1992.) Their states are kept for each byte,
// so what a name has in common with the one before it, and is not stored again, is not read again.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/packed.h"

namespace curlew::indexer {

class NameBlock {
 public:
  // `typed` has no capitals; of a long one only the beginning counts.
  explicit NameBlock(std::string_view typed);

  void begin(std::string_view block);  // its bytes must outlive the names
  // False at the end, and where the bytes make no sense.
  bool next();
  std::string_view name() const { return {text_.data(), size_}; }
  // Whether it holds what was typed letter by letter, in order; whether by humps.
  bool may_match() const { return (states_[size_].held & wanted_) != 0; }
  bool has_humps() const { return (states_[size_].humps & wanted_) != 0; }

 private:
  struct State {
    std::uint64_t held = 0;   // bit i: i letters of those typed
    std::uint64_t humps = 0;  // the same, by humps
    std::uint64_t last = 0;   // of these, which end at the last byte
  };
  struct Letter {
    std::uint64_t places = 0;                     // bit i + 1: it is the letter i of those typed
    std::uint64_t ends_hump = 0, is_capital = 0;  // all bits or none
  };

  void read_bytes(std::size_t at);

  std::array<Letter, 256> letters_;
  std::uint64_t wanted_ = 0;
  VarintReader reader_{{}};
  bool is_first_ = true;
  std::size_t size_ = 0;
  std::string text_;
  std::vector<State> states_;  // after so many bytes
};

}  // namespace curlew::indexer
