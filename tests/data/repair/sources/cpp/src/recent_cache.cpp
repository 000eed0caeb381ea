#include "recent_cache.h"

#include <utility>

namespace shelf {

RecentCache::RecentCache(std::size_t weight_max, Weigh weigh)
    : weight_max_(weight_max), weigh_(std::move(weigh)) {}

const std::string* RecentCache::get(int key) {
  const auto place = places_.find(key);
  if (place == places_.end()) {
    ++misses_;
    return nullptr;
  }
  ++hits_;
  entries_.splice(entries_.begin(), entries_, place->second);
  return &place->second->value;
}

bool RecentCache::put(int key, std::string value) {
  remove(key);
  const std::size_t weight = weigh_(value);
  if (weight > weight_max_) return false;
  while (weight_ + weight > weight_max_) drop_oldest();
  entries_.push_front({key, std::move(value), weight});
  places_[key] = entries_.begin();
  weight_ += weight;
  return true;
}

bool RecentCache::remove(int key) {
  const auto place = places_.find(key);
  if (place == places_.end()) return false;
  weight_ -= place->second->weight;
  entries_.erase(place->second);
  places_.erase(place);
  return true;
}

void RecentCache::drop_oldest() {
  if (entries_.empty()) return;
  const Entry& oldest = entries_.back();
  weight_ -= oldest.weight;
  places_.erase(oldest.key);
  entries_.pop_back();
}

}  // namespace shelf
