#include "../src/interval_set.h"

#include <cassert>

using shelf::Interval;
using shelf::IntervalSet;

static void joins_what_touches() {
  IntervalSet set;
  set.insert({10, 20});
  set.insert({30, 40});
  set.insert({5, 5});
  assert(set.intervals().size() == 2);
  set.insert({20, 25});
  assert(set.intervals().size() == 2);
  assert(set.intervals()[0].first == 10 && set.intervals()[0].last == 25);
  set.insert({0, 3});
  assert(set.intervals().size() == 3);
  assert(set.total_length() == 3 + 15 + 10);
  set.insert({24, 30});
  assert(set.intervals().size() == 2);
  assert(set.intervals()[1].first == 10 && set.intervals()[1].last == 40);
}

static void erases_the_middle() {
  IntervalSet set;
  set.insert({0, 100});
  set.erase({40, 60});
  assert(set.intervals().size() == 2);
  assert(set.contains(39) && !set.contains(40) && !set.contains(59) && set.contains(60));
  assert(!set.contains(100) && set.contains(0) && !set.contains(-1));
  set.erase({90, 90});
  assert(set.total_length() == 80);
  set.erase({-5, 200});
  assert(set.intervals().empty());
}

static void finds_gaps() {
  IntervalSet set;
  set.insert({2, 4});
  set.insert({8, 12});
  set.insert({20, 22});
  const auto gaps = set.gaps({0, 16});
  assert(gaps.size() == 3);
  assert(gaps[0].first == 0 && gaps[0].last == 2);
  assert(gaps[1].first == 4 && gaps[1].last == 8);
  assert(gaps[2].first == 12 && gaps[2].last == 16);
  assert(set.gaps({9, 11}).empty());
  assert(set.gaps({4, 8}).size() == 1);
}

int main() {
  joins_what_touches();
  erases_the_middle();
  finds_gaps();
}
