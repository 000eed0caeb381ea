#include "route.h"

#include <algorithm>
#include <queue>
#include <utility>

namespace shelf {

void RoadMap::add_road(const std::string& from, const std::string& to, int length) {
  roads_[from].push_back({to, length});
  roads_[to];
}

void RoadMap::add_two_way(const std::string& a, const std::string& b, int length) {
  add_road(a, b, length);
  add_road(b, a, length);
}

std::map<std::string, int> RoadMap::distances(
    const std::string& from, std::map<std::string, std::string>* previous) const {
  using Item = std::pair<int, std::string>;
  std::priority_queue<Item, std::vector<Item>, std::greater<Item>> waiting;
  std::map<std::string, int> best;
  if (roads_.count(from) == 0) return best;
  best[from] = 0;
  waiting.push({0, from});
  while (!waiting.empty()) {
    const auto [distance, place] = waiting.top();
    waiting.pop();
    if (distance > best.at(place)) continue;
    for (const Road& road : roads_.at(place)) {
      const int through = distance + road.length;
      const auto known = best.find(road.to);
      if (known != best.end() && known->second <= through) continue;
      best[road.to] = through;
      if (previous != nullptr) (*previous)[road.to] = place;
      waiting.push({through, road.to});
    }
  }
  return best;
}

std::optional<Route> RoadMap::shortest(const std::string& from, const std::string& to) const {
  std::map<std::string, std::string> previous;
  const auto best = distances(from, &previous);
  const auto goal = best.find(to);
  if (goal == best.end()) return std::nullopt;
  Route route;
  route.length = goal->second;
  std::string place = to;
  while (place != from) {
    route.stops.push_back(place);
    place = previous.at(place);
  }
  route.stops.push_back(from);
  std::reverse(route.stops.begin(), route.stops.end());
  return route;
}

std::map<std::string, int> RoadMap::reachable(const std::string& from, int length_max) const {
  std::map<std::string, int> result;
  for (const auto& [place, distance] : distances(from, nullptr)) {
    if (distance <= length_max) result[place] = distance;
  }
  return result;
}

}  // namespace shelf
