// The vocabulary of a GGUF file, checked: what every kind of tokenizer starts from.
//
// Owns its strings, so it outlives the file.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"
#include "model/files/model_file.h"
#include "model/text/tokenizer.h"

namespace curlew::model {

inline constexpr std::size_t kVocabularyTokensMax = 1u << 20;
inline constexpr std::size_t kTokenBytesMax = 4096;

// Where spellings stand in a list of them: open addressing over the list itself, a quarter of the
// memory of a map of its own. The list must not change while the index is in use.
class SpellingIndex {
 public:
  explicit SpellingIndex(std::span<const std::string> spellings = {});

  // The first of equal spellings; none of an empty one.
  std::optional<TokenId> find(std::span<const std::string> spellings,
                              std::string_view spelling) const;

 private:
  std::size_t slot_of(std::span<const std::string> spellings, std::string_view spelling) const;

  std::vector<TokenId> slots_;  // a power of two, -1 where free
};

struct Vocabulary {
  Vocabulary() = default;
  Vocabulary(Vocabulary&&) = default;
  Vocabulary& operator=(Vocabulary&&) = default;

  std::optional<TokenId> find(std::string_view spelling) const {
    return index.find(spellings, spelling);
  }
  int size() const { return static_cast<int>(spellings.size()); }
  bool holds(TokenId id) const { return id >= 0 && id < size(); }

  std::string model, pre;              // tokenizer.ggml.model, .pre
  std::vector<std::string> spellings;  // as the file writes them
  std::vector<TokenType> types;
  std::vector<float> scores;  // empty when the file has none
  SpellingIndex index;
  SpecialTokens special;
};

// Reads tokens, types and scores and finds the special tokens (special_tokens.h). Refuses arrays
// whose lengths disagree, types and ids out of range, and more than the limits above.
Expected<Vocabulary> load_vocabulary(const ModelFile& file);

}  // namespace curlew::model
