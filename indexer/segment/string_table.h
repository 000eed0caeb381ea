// Strings, each once, numbered in order of their first coming. What drafts and segments are built
// with: one arena for the bytes, 16 bytes a string beside it, no allocation per string.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace curlew::indexer {

// The strings themselves; below 4 GiB together.
struct StringList {
  std::string bytes;
  std::vector<std::uint32_t> ends, hashes;

  std::string_view operator[](std::uint32_t i) const {
    const std::uint32_t start = i == 0 ? 0 : ends[i - 1];
    return {bytes.data() + start, ends[i] - start};
  }
  std::uint32_t size() const { return static_cast<std::uint32_t>(ends.size()); }
};

class StringTable {
 public:
  static std::uint32_t hash_of(std::string_view text);

  // The string's number; a new one is list().size() - 1 afterwards.
  std::uint32_t add(std::string_view text, std::uint32_t hash);
  std::uint32_t add(std::string_view text) { return add(text, hash_of(text)); }

  const StringList& list() const { return list_; }
  std::uint32_t size() const { return list_.size(); }
  void clear();  // keeps the memory, unless it is out of proportion

 private:
  void grow();

  StringList list_;
  std::vector<std::uint32_t> slots_;  // 1 + number; 0: free. Linear probing, at most half full
};

// The order of a dictionary: by letters whatever their case, then by bytes, so that all spellings
// of a name stand together and a prefix is a range. ASCII letters only have a case.
bool dictionary_less(std::string_view a, std::string_view b);
inline char folded(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
std::string folded(std::string_view text);

// The numbers of the strings, in the order of a dictionary.
std::vector<std::uint32_t> dictionary_order(const StringList& strings,
                                            std::vector<std::uint32_t> numbers);

}  // namespace curlew::indexer
