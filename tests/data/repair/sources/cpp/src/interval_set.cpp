#include "interval_set.h"

#include <algorithm>

namespace shelf {

void IntervalSet::insert(Interval added) {
  if (added.length() <= 0) return;
  std::vector<Interval> result;
  bool placed = false;
  for (const Interval& old : intervals_) {
    if (old.last < added.first) {
      result.push_back(old);
    } else if (added.last < old.first) {
      if (!placed) result.push_back(added);
      placed = true;
      result.push_back(old);
    } else {
      added.first = std::min(added.first, old.first);
      added.last = std::max(added.last, old.last);
    }
  }
  if (!placed) result.push_back(added);
  intervals_ = result;
}

void IntervalSet::erase(Interval removed) {
  if (removed.length() <= 0) return;
  std::vector<Interval> result;
  for (const Interval& old : intervals_) {
    const Interval before{old.first, std::min(old.last, removed.first)};
    const Interval after{std::max(old.first, removed.last), old.last};
    if (before.length() > 0) result.push_back(before);
    if (after.length() > 0) result.push_back(after);
  }
  intervals_ = result;
}

bool IntervalSet::contains(int value) const {
  std::size_t low = 0;
  std::size_t high = intervals_.size();
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (intervals_[middle].last <= value) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < intervals_.size() && intervals_[low].holds(value);
}

long IntervalSet::total_length() const {
  long total = 0;
  for (const Interval& interval : intervals_) total += interval.length();
  return total;
}

std::vector<Interval> IntervalSet::gaps(Interval within) const {
  std::vector<Interval> result;
  int reached = within.first;
  for (const Interval& interval : intervals_) {
    if (interval.last <= within.first) continue;
    if (interval.first >= within.last) break;
    if (reached < interval.first) result.push_back({reached, interval.first});
    reached = std::max(reached, interval.last);
  }
  if (reached < within.last) result.push_back({reached, within.last});
  return result;
}

}  // namespace shelf
