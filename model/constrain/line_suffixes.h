// Where runs of whole lines occur in a text: the line beginnings, sorted by what follows them.
//
// The text is kept with a line feed after every line and carriage returns at the ends of lines
// taken away. Built in O(n log^2 n) for n lines, by doubling (Manber & Myers 1993, over lines
// instead of bytes). Immutable.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace curlew::model {

class LineSuffixes {
 public:
  explicit LineSuffixes(std::string_view text);

  std::uint32_t n_lines() const { return static_cast<std::uint32_t>(lines_.size() - 1); }
  const std::string& text() const { return text_; }
  // Where a line begins; the end of the text for the line past the last.
  std::uint32_t begin_of(std::uint32_t line) const { return lines_[line]; }
  std::uint32_t line_at(std::uint32_t offset) const;  // that contains this byte
  bool is_marker(std::uint32_t line) const { return barriers_[line] == line; }

  std::uint32_t sorted(std::uint32_t rank) const { return sorted_[rank]; }  // a line

  // Of the ranks [first, last), which share their first `depth` bytes: those that go on by `byte`.
  struct Ranks {
    std::uint32_t first, last;
  };
  Ranks narrow(Ranks ranks, std::uint32_t depth, std::uint8_t byte) const;
  // The ranks that share the first `depth` bytes of this one, given the first of them.
  Ranks sharing(std::uint32_t first, std::uint32_t depth) const;

  // The first line that a run from this line cannot contain: the next marker, or n_lines().
  std::uint32_t barrier(std::uint32_t line) const { return barriers_[line]; }
  // A run from this line that is long enough occurs once, and contains no marker.
  bool is_findable(std::uint32_t line) const { return unique_end_[line] <= barriers_[line]; }
  // The last findable line; -1 where there is none.
  std::int64_t last_findable() const { return last_findable_; }

 private:
  void sort_lines();
  void find_unique_ends();
  int byte_at(std::uint32_t rank, std::uint32_t depth) const;  // -1: past the end

  std::string text_;
  std::vector<std::uint32_t> lines_;     // [n_lines + 1] where they begin
  std::vector<std::uint32_t> sorted_;    // [n_lines] lines
  std::vector<std::uint32_t> ranks_;     // [n_lines] inverse of sorted_
  std::vector<std::uint32_t> contents_;  // [n_lines] equal lines have equal numbers
  std::vector<std::uint32_t> barriers_;  // [n_lines + 1]
  std::vector<std::uint32_t>
      unique_end_;  // [n_lines] the shortest run [line, end) that occurs once
  std::int64_t last_findable_ = -1;
};

}  // namespace curlew::model
