// A sorted list of strings, front-coded in blocks of 16: found by name, by number and by prefix.
//
//   block    the first string: counted bytes; each other one: shared << 4 | more, then varints of
//            what exceeds 15 in either, then the `more` bytes that follow the `shared` first ones
//            of the string before it
//
// About 7 bytes an identifier of C. Order: dictionary_less. A reader owns nothing; what it reads
// may be damaged, then strings are missing, never read from elsewhere.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "indexer/packed.h"
#include "indexer/segment/checked_bytes.h"

namespace curlew::indexer {

class DictionaryWriter {
 public:
  void add(std::string_view text);  // in ascending order
  std::uint32_t size() const { return count_; }
  std::string words, blocks;  // the two sections

 private:
  std::string last_;
  std::uint32_t count_ = 0;
};

// A string as it is stored: so many bytes of the one before it, then these.
struct FrontCoded {
  static constexpr std::uint32_t kNibbleMax = 15;  // of either number; what exceeds it comes behind
  std::uint64_t shared = 0;
  std::string_view tail;
};
// None at the end of a block, and where the bytes make no sense.
inline std::optional<FrontCoded> next_front_coded(VarintReader& block, bool is_first) {
  if (block.done()) return std::nullopt;
  FrontCoded coded;
  std::uint64_t more = 0;
  if (is_first) {
    more = block.next();
  } else {
    const auto tag = static_cast<unsigned char>(block.take(1)[0]);
    coded.shared = tag >> 4;
    more = tag & FrontCoded::kNibbleMax;
    if (coded.shared == FrontCoded::kNibbleMax) coded.shared += block.next();
    if (more == FrontCoded::kNibbleMax) more += block.next();
  }
  coded.tail = block.take(more);
  if (block.broken()) return std::nullopt;
  return coded;
}

class Dictionary {
 public:
  Dictionary() = default;
  Dictionary(Section words, Section blocks, std::uint32_t count)
      : words_(words), blocks_(blocks), count_(count) {}

  std::uint32_t size() const { return count_; }
  std::optional<std::uint32_t> find(std::string_view text) const;
  // The number of the first string that is not less.
  std::uint32_t lower_bound(std::string_view text) const;
  // The numbers of the strings that begin so, whatever their case; `folded` has no capitals.
  std::pair<std::uint32_t, std::uint32_t> beginning_with(std::string_view folded) const;
  std::string at(std::uint32_t number) const;  // "" when there is none
  // Calls take(number, text) for numbers from `first` until it answers false or `end` is reached.
  using Take = std::function<bool(std::uint32_t, std::string_view)>;
  // The strings from 16 * i on, as they are stored.
  std::string_view block(std::uint32_t i) const;
  void scan(std::uint32_t first, std::uint32_t end, const Take& take) const;

 private:
  template <class Before>
  std::uint32_t first_not(const Before& before) const;

  Section words_, blocks_;
  std::uint32_t count_ = 0;
};

}  // namespace curlew::indexer
