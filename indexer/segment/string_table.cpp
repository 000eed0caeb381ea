#include "indexer/segment/string_table.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <numeric>

namespace curlew::indexer {
namespace {

constexpr std::size_t kSlotsMin = 1024;
constexpr std::size_t kSlotsKept = 1 << 16;

// The first eight letters as a number that orders as they do: most comparisons end here.
std::uint64_t leading_letters(std::string_view text) {
  std::uint64_t letters = 0;
  for (std::size_t i = 0; i < 8; ++i)
    letters = letters << 8 | (i < text.size() ? static_cast<unsigned char>(folded(text[i])) : 0);
  return letters;
}

}  // namespace

std::uint32_t StringTable::hash_of(std::string_view text) {
  return static_cast<std::uint32_t>(XXH3_64bits(text.data(), text.size()));
}

std::uint32_t StringTable::add(std::string_view text, std::uint32_t hash) {
  if (2 * (std::size_t{size()} + 1) > slots_.size()) grow();
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = hash & mask;
  for (; slots_[slot] != 0; slot = (slot + 1) & mask) {
    const std::uint32_t i = slots_[slot] - 1;
    if (list_.hashes[i] == hash && list_[i] == text) return i;
  }
  list_.bytes.append(text);
  list_.ends.push_back(static_cast<std::uint32_t>(list_.bytes.size()));
  list_.hashes.push_back(hash);
  slots_[slot] = size();
  return size() - 1;
}

void StringTable::grow() {
  slots_.assign(std::max(kSlotsMin, slots_.size() * 2), 0);
  const std::size_t mask = slots_.size() - 1;
  for (std::uint32_t i = 0; i < size(); ++i) {
    std::size_t slot = list_.hashes[i] & mask;
    while (slots_[slot] != 0) slot = (slot + 1) & mask;
    slots_[slot] = i + 1;
  }
}

void StringTable::clear() {
  list_.bytes.clear();
  list_.ends.clear();
  list_.hashes.clear();
  if (slots_.size() > kSlotsKept) slots_ = {};
  std::fill(slots_.begin(), slots_.end(), 0);
}

std::string folded(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = folded(c);
  return out;
}

bool dictionary_less(std::string_view a, std::string_view b) {
  const std::size_t common = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < common; ++i) {
    const auto x = static_cast<unsigned char>(folded(a[i]));
    const auto y = static_cast<unsigned char>(folded(b[i]));
    if (x != y) return x < y;
  }
  if (a.size() != b.size()) return a.size() < b.size();
  return a < b;
}

std::vector<std::uint32_t> dictionary_order(const StringList& table,
                                            std::vector<std::uint32_t> numbers) {
  struct Key {
    std::uint64_t letters;
    std::uint32_t number;
  };
  std::vector<Key> keys;
  keys.reserve(numbers.size());
  for (const std::uint32_t number : numbers)
    keys.push_back({leading_letters(table[number]), number});
  std::sort(keys.begin(), keys.end(), [&](const Key& a, const Key& b) {
    if (a.letters != b.letters) return a.letters < b.letters;
    return dictionary_less(table[a.number], table[b.number]);
  });
  std::transform(keys.begin(), keys.end(), numbers.begin(), [](const Key& k) { return k.number; });
  return numbers;
}

}  // namespace curlew::indexer
