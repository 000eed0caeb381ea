// Keeps the values that were used last, up to a total weight.
#pragma once

#include <functional>
#include <list>
#include <string>
#include <unordered_map>

namespace shelf {

class RecentCache {
 public:
  using Weigh = std::function<std::size_t(const std::string&)>;

  RecentCache(std::size_t weight_max, Weigh weigh);

  // The value, which becomes the most recent; null when it is not kept.
  const std::string* get(int key);
  // False when the value alone is too heavy; an older value of the key goes in any case.
  bool put(int key, std::string value);
  bool remove(int key);

  std::size_t weight() const { return weight_; }
  std::size_t size() const { return places_.size(); }
  int hits() const { return hits_; }
  int misses() const { return misses_; }

 private:
  struct Entry {
    int key;
    std::string value;
    std::size_t weight;
  };
  void drop_oldest();

  std::list<Entry> entries_;  // most recent first
  std::unordered_map<int, std::list<Entry>::iterator> places_;
  std::size_t weight_max_;
  std::size_t weight_ = 0;
  Weigh weigh_;
  int hits_ = 0;
  int misses_ = 0;
};

}  // namespace shelf
