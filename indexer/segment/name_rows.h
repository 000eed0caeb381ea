// What the defined names of each group of 16 words may hold, a bit a property and group: whoever
// looks for a name by its humps, a piece or its letters reads the few groups that hold all it needs.
//
//   row      a bit for each block of 16 words of the dictionary, in u64; rows of all properties
//            one after another
//
// Properties, of the names that some document defines; letters have no case: a name's length is of
// a class; one with a length of a band holds a letter; a hump begins with a letter; two letters stand
// side by side; a hump begins with two letters; a hump with one letter comes before a hump with
// another. The last three share rows by hash. (Bit-sliced signatures of blocks: Faloutsos & Chan,
// VLDB 1988.) 4.5 bytes a word; none in a segment of few words.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/segment/checked_bytes.h"

namespace curlew::indexer {

// Letters by number: a to z, 0 to 9, '_', all else.
constexpr std::uint32_t kNameLetters = 38;
std::uint32_t name_letter(char c);

// The rows of the properties.
namespace name_rows {

// Lengths from each number to the next one are a class, some classes a band.
constexpr std::uint32_t kLengthClasses = 16;
constexpr std::uint32_t kLengthsFrom[kLengthClasses] = {1,  5,  7,  9,  11, 13, 15, 17,
                                                        19, 21, 24, 27, 31, 36, 43, 56};
constexpr std::uint32_t kBands = 5;
constexpr std::uint32_t kBandOfClass[kLengthClasses] = {0, 0, 0, 1, 1, 2, 2, 2,
                                                        3, 3, 3, 4, 4, 4, 4, 4};
constexpr std::uint32_t kKinds = 28;  // of letters: a to z, digits, '_' and all else

constexpr std::uint32_t kLengthsRow = 0;
constexpr std::uint32_t kHoldsRow = kLengthsRow + kLengthClasses;
constexpr std::uint32_t kHumpRow = kHoldsRow + kBands * kKinds;
constexpr std::uint32_t kPairRow = kHumpRow + kKinds, kPairRows = 160;
constexpr std::uint32_t kHumpPairRow = kPairRow + kPairRows, kHumpPairRows = 96;
constexpr std::uint32_t kHumpsRow = kHumpPairRow + kHumpPairRows, kHumpsRows = 136;
constexpr std::uint32_t kRows = kHumpsRow + kHumpsRows;
static_assert(kRows == 576);

std::uint32_t length_class(std::size_t length);
std::uint32_t holds(std::uint32_t band, std::uint32_t letter);
std::uint32_t hump(std::uint32_t letter);
std::uint32_t pair(std::uint32_t a, std::uint32_t b);
std::uint32_t hump_pair(std::uint32_t a, std::uint32_t b);  // a hump begins with both
std::uint32_t humps(std::uint32_t a, std::uint32_t b);      // a hump with a, a later one with b

}  // namespace name_rows

class NameRowsWriter {
 public:
  void add(std::uint32_t word_number, std::string_view name);
  // The section; none where there are few words.
  std::string finish(std::uint32_t words) const;

 private:
  using Signature = std::array<std::uint64_t, name_rows::kRows / 64>;
  std::vector<Signature> groups_;
};

// Reads the section.
class NameRows {
 public:
  static std::uint64_t bytes_for(std::uint32_t words);

  NameRows() = default;
  NameRows(Section section, std::uint32_t words);
  // None were stored, so every group may hold anything.
  bool absent() const { return section_.bytes() == 0; }
  std::size_t words() const { return words_; }  // of 64 bits, a row
  std::uint32_t groups() const { return groups_; }
  // words() numbers, not aligned; nothing where the segment is damaged.
  std::string_view row(std::uint32_t property) const {
    const std::uint64_t bytes = std::uint64_t{words_} * sizeof(std::uint64_t);
    return section_.read(property * bytes, bytes);
  }

 private:
  Section section_;
  std::uint32_t groups_ = 0;
  std::size_t words_ = 0;
};

}  // namespace curlew::indexer
