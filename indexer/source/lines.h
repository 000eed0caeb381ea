// Where the lines of a text begin; bytes -> lines and columns.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "indexer/source/flat_tree.h"
#include "indexer/source/parse.h"

namespace curlew::indexer {

// Lines end with '\n'. What stands behind the last one is a line too, even where it is empty: the
// place behind a text that ends in '\n' is column 0 of a line of its own, as tree-sitter has it.
class LineTable {
 public:
  explicit LineTable(std::string_view text) : text_(text) {
    starts_.reserve(text.size() / 32 + 2);
    starts_.push_back(0);
    add_starts(text);
    has_last_ = starts_.back() != text.size();
    starts_.push_back(static_cast<std::uint32_t>(text.size()));
  }

  std::string_view text() const { return text_; }
  // Lines with bytes in them; an empty one behind the last '\n' is not counted.
  int count() const { return static_cast<int>(starts_.size()) - (has_last_ ? 1 : 2); }
  // Of lines up to and with count().
  std::uint32_t start(int line) const { return starts_[static_cast<std::size_t>(line)]; }

  // The line of a byte (or of the text's end). Fast when `near` is a line a little before it.
  std::uint32_t line_of(std::uint32_t byte, std::uint32_t near = 0) const {
    constexpr std::uint32_t kSteps = 16;
    const auto last = static_cast<std::uint32_t>(starts_.size()) - 2;
    if (starts_[near] <= byte) {
      for (const std::uint32_t stop = std::min(last, near + kSteps); near < stop; ++near) {
        if (starts_[near + 1] > byte) return near;
      }
      if (near == last) return last;
    }
    const auto behind = std::upper_bound(starts_.begin(), starts_.end() - 1, byte);
    return static_cast<std::uint32_t>(behind - starts_.begin()) - 1;
  }

  Range range_of(ByteSpan span, std::uint32_t near = 0) const {
    const std::uint32_t first = line_of(span.start, near), last = line_of(span.end, first);
    return {
        span.start, span.end, first, span.start - starts_[first], last, span.end - starts_[last]};
  }

 private:
  // Eight bytes at a time: lines are so short that a call of memchr for each takes longer.
  void add_starts(std::string_view text) {
    constexpr std::uint64_t kOnes = 0x0101010101010101, kLow = 0x7f7f7f7f7f7f7f7f;
    std::size_t at = 0;
    for (; at + 8 <= text.size(); at += 8) {
      std::uint64_t bytes;
      std::memcpy(&bytes, text.data() + at, 8);
      if constexpr (std::endian::native == std::endian::big) break;
      bytes ^= kOnes * '\n';
      // The top bit of each byte that is zero now.
      std::uint64_t found = ~(((bytes & kLow) + kLow) | bytes | kLow);
      for (; found != 0; found &= found - 1) {
        starts_.push_back(static_cast<std::uint32_t>(at + std::countr_zero(found) / 8 + 1));
      }
    }
    for (; at < text.size(); ++at) {
      if (text[at] == '\n') starts_.push_back(static_cast<std::uint32_t>(at + 1));
    }
  }

  std::string_view text_;
  std::vector<std::uint32_t> starts_;  // of each line, and the text's size
  bool has_last_ = false;              // bytes stand behind the last '\n'
};

// Finds lines of places asked in nearly rising order.
class LineFinder {
 public:
  explicit LineFinder(const LineTable& lines) : lines_(lines) {}
  Range range_of(ByteSpan span) {
    const Range range = lines_.range_of(span, near_);
    near_ = range.start_line;
    return range;
  }

 private:
  const LineTable& lines_;
  std::uint32_t near_ = 0;
};

}  // namespace curlew::indexer
