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

class Dictionary {
 public:
  Dictionary() = default;
  Dictionary(Section words, Section blocks, std::uint32_t count)
      : words_(words), blocks_(blocks), count_(count) {}

  std::uint32_t size() const { return count_; }
  std::optional<std::uint32_t> find(std::string_view text) const;
  // The number of the first string that is not less.
  std::uint32_t lower_bound(std::string_view text) const;
  std::string at(std::uint32_t number) const;  // "" when there is none
  // Calls take(number, text) for numbers from `first` until it answers false or `end` is reached.
  using Take = std::function<bool(std::uint32_t, std::string_view)>;
  void scan(std::uint32_t first, std::uint32_t end, const Take& take) const;

 private:
  std::string_view block(std::uint32_t i) const;

  Section words_, blocks_;
  std::uint32_t count_ = 0;
};

}  // namespace curlew::indexer
