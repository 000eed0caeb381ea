// Half-open intervals [first, last) of integers, kept sorted and apart.
#pragma once

#include <cstddef>
#include <vector>

namespace shelf {

struct Interval {
  int first = 0;
  int last = 0;

  int length() const { return last - first; }
  bool holds(int value) const { return first <= value && value < last; }
};

class IntervalSet {
 public:
  // Joins what it overlaps or touches; empty intervals change nothing.
  void insert(Interval added);
  void erase(Interval removed);
  bool contains(int value) const;
  long total_length() const;
  // The parts of `within` that are not in the set.
  std::vector<Interval> gaps(Interval within) const;
  const std::vector<Interval>& intervals() const { return intervals_; }

 private:
  std::vector<Interval> intervals_;
};

}  // namespace shelf
