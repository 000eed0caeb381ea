// A map from name hashes to small values: open addressing, no removal. Ranking looks up some words
// of every symbol in reach, which std::unordered_map makes twice as slow.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace curlew::indexer {

template <class Value>
class FlatMap {
 public:
  explicit FlatMap(std::size_t expected = 8) {
    std::size_t slots = 16;
    while (slots < 2 * expected) slots *= 2;
    slots_.resize(slots);
  }

  // Null when there is none. Valid until the next insertion.
  const Value* find(std::uint32_t key) const {
    const Slot& slot = slots_[place_of(key)];
    return slot.used ? &slot.value : nullptr;
  }
  Value* find(std::uint32_t key) {
    Slot& slot = slots_[place_of(key)];
    return slot.used ? &slot.value : nullptr;
  }
  bool contains(std::uint32_t key) const { return find(key) != nullptr; }

  Value& operator[](std::uint32_t key) {
    if (2 * (count_ + 1) > slots_.size()) grow();
    Slot& slot = slots_[place_of(key)];
    if (!slot.used) {
      slot.used = true;
      slot.key = key;
      ++count_;
    }
    return slot.value;
  }

  template <class Take>
  void for_each(Take take) const {
    for (const Slot& slot : slots_) {
      if (slot.used) take(slot.key, slot.value);
    }
  }

 private:
  struct Slot {
    std::uint32_t key = 0;
    bool used = false;
    Value value{};
  };
  // Of the key, or the empty slot where it belongs. Keys are hashes already.
  std::size_t place_of(std::uint32_t key) const {
    std::size_t at = key & (slots_.size() - 1);
    while (slots_[at].used && slots_[at].key != key) at = (at + 1) & (slots_.size() - 1);
    return at;
  }
  void grow() {
    std::vector<Slot> old(2 * slots_.size());
    old.swap(slots_);
    for (Slot& slot : old) {
      if (slot.used) slots_[place_of(slot.key)] = std::move(slot);
    }
  }
  std::vector<Slot> slots_;
  std::size_t count_ = 0;
};

}  // namespace curlew::indexer
