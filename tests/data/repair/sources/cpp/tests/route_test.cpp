#include "../src/route.h"

#include <cassert>

using shelf::RoadMap;

static RoadMap island() {
  RoadMap map;
  map.add_two_way("harbour", "market", 4);
  map.add_two_way("harbour", "beach", 1);
  map.add_two_way("beach", "market", 2);
  map.add_road("market", "castle", 5);
  map.add_road("castle", "harbour", 1);
  map.add_road("cave", "castle", 3);
  return map;
}

static void finds_the_shortest() {
  const RoadMap map = island();
  const auto route = map.shortest("harbour", "castle");
  assert(route.has_value());
  assert(route->length == 8);
  assert((route->stops == std::vector<std::string>{"harbour", "beach", "market", "castle"}));
  const auto back = map.shortest("castle", "market");
  assert(back.has_value() && back->length == 4 && back->stops.size() == 4);
  const auto stay = map.shortest("beach", "beach");
  assert(stay.has_value() && stay->length == 0 && stay->stops.size() == 1);
}

static void says_when_there_is_none() {
  const RoadMap map = island();
  assert(!map.shortest("harbour", "cave").has_value());
  assert(!map.shortest("atlantis", "harbour").has_value());
  assert(!map.shortest("harbour", "atlantis").has_value());
}

static void lists_what_is_near() {
  const auto near = island().reachable("harbour", 3);
  assert(near.size() == 3);
  assert(near.at("harbour") == 0 && near.at("beach") == 1 && near.at("market") == 3);
  assert(island().reachable("cave", 4).size() == 3);
  assert(island().reachable("atlantis", 100).empty());
}

int main() {
  finds_the_shortest();
  says_when_there_is_none();
  lists_what_is_near();
}
