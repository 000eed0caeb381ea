// Words that were encoded lately, and their tokens: source code says the same few thousand words
// over and over, and looking one up is ten times cheaper than merging it again.
//
// One cache per thread, for all tokenizers of the process: no locks, and a tokenizer stays
// immutable. Direct-mapped: a word takes the place of whatever was there. Long words, and words of
// many tokens, are not kept.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

#include "model/text/tokenizer.h"

namespace curlew::model {

class WordCache {
 public:
  static constexpr std::size_t kWordBytesMax = 30;
  static constexpr std::size_t kTokensMax = 7;

  // This thread's.
  static WordCache& here();
  // A number that no other tokenizer of the process has, nor will have.
  static std::uint32_t new_owner();

  // A place for the word, to be read or written before the cache is used again; null where the word
  // is too long to be kept.
  struct Entry {
    std::uint32_t owner = 0;  // 0: nobody
    std::uint8_t word_bytes = 0, tokens = 0;
    char word[kWordBytesMax] = {};
    TokenId ids[kTokensMax] = {};

    bool holds(std::uint32_t who, std::string_view text) const {
      return owner == who && word_bytes == text.size() &&
             std::memcmp(word, text.data(), text.size()) == 0;
    }
    std::span<const TokenId> result() const { return {ids, tokens}; }
    void store(std::uint32_t who, std::string_view text, std::span<const TokenId> result);
  };
  Entry* entry(std::uint32_t owner, std::string_view word) {
    if (word.size() > kWordBytesMax) return nullptr;
    return &(*entries_)[hash(owner, word) & (kEntries - 1)];
  }

 private:
  static constexpr std::size_t kEntries = 1u << 14;  // 64 bytes each: 1 MiB a thread
  static_assert(sizeof(Entry) == 64);

  WordCache() : entries_(std::make_unique<std::array<Entry, kEntries>>()) {}
  static std::size_t hash(std::uint32_t owner, std::string_view word);

  std::unique_ptr<std::array<Entry, kEntries>> entries_;
};

}  // namespace curlew::model
