// The names that a segment's documents define, laid out in memory for looking through all of them:
// what was typed may begin a name, or be spread over it ("gne" for getNextEdit), and no order of the
// dictionary brings such names together, nor the best ones to the front.
//
// Names lie by length, and by the dictionary's order where they are equally long: among names that
// match alike the shorter one is the better answer, so who asks goes from short to long and stops
// when it has enough. For each of 128 properties ("holds a g", "a hump begins with g", "holds gn, or
// another pair of the same hash") there is a bit a name, all of one property together: a question is
// a few of these rows, anded and ored 64 names at a time; what is left is looked at. (Bit-sliced
// signatures: Faloutsos & Chan, VLDB 1988.)
//
// Immutable, so thread-safe. Takes the names' bytes and 20 more each.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/segment/dictionary.h"
#include "indexer/segment/postings.h"

namespace curlew::indexer {

// Whether a word within the name begins at `i`: at its start, after '_', '-' or '.', and where
// capitals begin.
bool is_hump(std::string_view name, std::size_t i);

// How a name may answer what was typed, the better way first; none minds the case of letters.
enum class NameMatch : std::uint8_t {
  kPrefix,  // it begins so
  kHumps,   // every typed letter begins a hump or follows the one before: "gne", "getne"
  kPiece,   // it holds it in one piece
  kSpread,  // it holds all its letters, in order, from some hump on
};
constexpr std::size_t kNameMatches = 4;
constexpr std::size_t kNamePieceBytesMin = 3;  // shorter pieces stand in every other name

// What was typed, made ready for asking any number of segments.
class NamePattern {
 public:
  explicit NamePattern(std::string_view typed);
  const std::string& typed() const { return typed_; }  // without case

 private:
  friend class DefinedNames;
  struct Clause {  // a name has one property or the other
    std::uint8_t one = 0, other = 0;
    bool operator==(const Clause&) const = default;
  };
  using Clauses = std::vector<Clause>;  // it has all of these

  std::string typed_;
  Clauses letters_;             // whatever the way
  Clauses ways_[kNameMatches];  // besides
};

class DefinedNames {
 public:
  DefinedNames(const Dictionary& words, const Postings& postings);

  std::size_t size() const { return by_dictionary_.size(); }
  // The names that begin with what was typed, in their order; at most `most`.
  using Take = std::function<void(std::string_view)>;
  void beginning_with(const NamePattern& pattern, std::size_t most, const Take& take) const;

  // The least length of a name that is not less than `length`; kNoLength: there is none.
  static constexpr std::size_t kNoLength = SIZE_MAX;
  std::size_t length_from(std::size_t length) const;
  // Calls take(name, how) for all names of `length` bytes that match as kHumps, kPiece or kSpread,
  // but not worse than `weakest`; `how` is the best way that is possible. Others come too.
  using TakeAs = std::function<void(std::string_view, NameMatch how)>;
  void of_length(std::size_t length, const NamePattern& pattern, NameMatch weakest,
                 const TakeAs& take) const;
  // Brings what fewest of these names have to the front of the pattern.
  void order(NamePattern& pattern) const;

 private:
  struct Group {  // names of one length
    std::size_t length = 0;
    std::size_t first = 0, end = 0;
    std::size_t bytes_start = 0;
  };
  std::vector<Group>::const_iterator group_from(std::size_t length) const;
  std::string_view name(const Group& group, std::size_t i) const {
    return {bytes_.data() + group.bytes_start + (i - group.first) * group.length, group.length};
  }
  std::string_view name(std::size_t i) const;
  void lay_out(const std::string& bytes, const std::vector<std::uint32_t>& lengths);
  void mark_properties(const Group& group);
  void count_properties();
  static constexpr std::size_t kWordsAtOnce = 8;  // of 64 names: a line of the cache
  using Bits = std::array<std::uint64_t, kWordsAtOnce>;
  bool keep_those_with(const NamePattern::Clauses& clauses, std::size_t word, Bits& names) const;

  std::size_t row_words_ = 0;  // a multiple of kWordsAtOnce
  std::string bytes_;
  std::vector<Group> groups_;                 // by length
  std::vector<std::uint32_t> by_dictionary_;  // places of the names, in the dictionary's order
  std::vector<std::uint64_t> rows_;           // [property][row_words_], a bit a name
  std::vector<std::uint32_t> counts_;         // of the names that have a property, in a sample
};

}  // namespace curlew::indexer
