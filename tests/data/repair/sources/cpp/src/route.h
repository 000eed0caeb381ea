// Shortest ways in a directed graph with lengths.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace shelf {

struct Route {
  std::vector<std::string> stops;
  int length = 0;
};

class RoadMap {
 public:
  void add_road(const std::string& from, const std::string& to, int length);
  void add_two_way(const std::string& a, const std::string& b, int length);

  std::optional<Route> shortest(const std::string& from, const std::string& to) const;
  // Everything within `length_max`, by name.
  std::map<std::string, int> reachable(const std::string& from, int length_max) const;

 private:
  struct Road {
    std::string to;
    int length;
  };
  std::map<std::string, int> distances(const std::string& from,
                                       std::map<std::string, std::string>* previous) const;

  std::map<std::string, std::vector<Road>> roads_;
};

}  // namespace shelf
