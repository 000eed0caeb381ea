// Which groups of 16 words of a segment may define a name that answers what was typed: those that
// hold all it takes, by the rows of name_rows.h and, where these leave many, by trigrams. None that
// matters is left out; what is left is looked at.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "indexer/segment/name_pattern.h"
#include "indexer/segment/name_rows.h"

namespace curlew::indexer {

class Segment;

// 64 groups of words, a bit each; those from 64 * word on.
struct NameGroups {
  std::uint32_t word = 0;
  std::uint64_t bits = 0;
};

class NameSieve {
 public:
  // Both must outlive this.
  NameSieve(const Segment& segment, const NamePattern& pattern);

  // The groups that may have names that match so, ascending; where the segment has no rows, all.
  std::vector<NameGroups> groups(NameMatch how);
  // Of the 64 groups from 64 * word on those with a name of that class of lengths that may match.
  std::uint64_t with_length(std::uint32_t length_class, std::uint32_t word) const;

 private:
  // What one letter after another takes of the groups: rows of properties, "" where damaged.
  using Row = std::string_view;
  std::vector<NameGroups> all() const;
  std::vector<NameGroups> beginning() const;
  std::vector<NameGroups> with_hump() const;
  std::vector<NameGroups> with_pairs() const;
  std::vector<NameGroups> with_humps() const;
  void read_trigrams();  // once
  void keep_humps(std::vector<NameGroups>& groups) const;
  void keep_pieces(std::vector<NameGroups>& groups) const;

  const Segment& segment_;
  const NamePattern& pattern_;
  const NameRows& rows_;
  std::vector<std::uint32_t> letters_;  // of the first kSievedMax typed ones
  std::array<Row, name_rows::kLengthClasses> lengths_;
  std::array<std::vector<Row>, name_rows::kBands> held_;  // of each typed letter
  // Groups that hold each letter with the two before it in one piece; empty where it was not read.
  std::vector<std::vector<std::uint64_t>> trigrams_;
  bool has_read_trigrams_ = false;
};

}  // namespace curlew::indexer
