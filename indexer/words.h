// Words of a text: what the full-text index holds and what similarity is measured on.
//
// A word is a run of letters, digits, '_', '$' and bytes from 0x80 that does not begin with a
// digit, so an identifier of any of our languages is one word. Pure and thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace curlew::indexer {

// Shorter pieces say nothing, longer ones are data, not names.
constexpr std::size_t kTermBytesMin = 2;
constexpr std::size_t kTermBytesMax = 40;

constexpr bool is_word_byte(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$' || c >= 0x80;
}

struct Word {
  std::size_t offset;
  std::string_view text;
};

// Calls `take(Word)` for every word of `text`, in order.
template <class Take>
void for_each_word(std::string_view text, Take take) {
  std::size_t i = 0;
  while (i < text.size()) {
    if (!is_word_byte(text[i])) {
      ++i;
      continue;
    }
    const std::size_t start = i;
    while (i < text.size() && is_word_byte(text[i])) ++i;
    if (text[start] < '0' || text[start] > '9') take(Word{start, text.substr(start, i - start)});
  }
}

// Calls `take(std::string_view)` for every search term of one word: its pieces as split_identifier
// gives them, but for those too short or too long. Nothing is allocated; a piece is valid inside
// the call only.
template <class Take>
void for_each_term(std::string_view word, Take take) {
  enum Class : char { kOther, kLower, kUpper, kDigit };
  const auto class_of = [](char c) {
    if ((c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80) return kLower;
    if (c >= 'A' && c <= 'Z') return kUpper;
    return c >= '0' && c <= '9' ? kDigit : kOther;
  };
  char piece[kTermBytesMax];
  std::size_t bytes = 0;  // of the piece, also those that did not fit
  const auto close = [&] {
    if (bytes >= kTermBytesMin && bytes <= kTermBytesMax) take(std::string_view(piece, bytes));
    bytes = 0;
  };
  Class last = kOther;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const Class now = class_of(word[i]);
    const bool acronym_ends =
        now == kUpper && last == kUpper && i + 1 < word.size() && class_of(word[i + 1]) == kLower;
    if (now == kOther || (now == kDigit) != (last == kDigit) || (now == kUpper && last == kLower) ||
        acronym_ends)
      close();
    if (now != kOther) {
      if (bytes < kTermBytesMax)
        piece[bytes] = now == kUpper ? static_cast<char>(word[i] + 32) : word[i];
      ++bytes;
    }
    last = now;
  }
  close();
}

// Pieces of the words of `text` (split at case and underscores, lower case), each once, sorted.
std::vector<std::string> search_terms(std::string_view text);

// Words of the languages themselves: two pieces of code are not alike for sharing them.
bool is_keyword(std::string_view word);

// The distinct words of a text, keywords left out, as sorted hashes.
using WordSet = std::vector<std::uint32_t>;
WordSet word_set(std::string_view text);

// |a and b| / sqrt(|a| |b|): 1 for equal sets, 0 for disjoint or empty ones. Like Jaccard's
// measure, but kinder to a short query against a long chunk.
double likeness(const WordSet& a, const WordSet& b);

// Of a name, to look it up by.
std::uint32_t name_hash(std::string_view name);

// Of a file's bytes (XXH3, 64 bits): whether it changed. Never 0, which stands for "unknown".
std::uint64_t content_hash(std::string_view bytes);

}  // namespace curlew::indexer
