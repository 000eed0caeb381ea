// The vocabulary of a GGUF file, checked: what every kind of tokenizer starts from.
//
// Owns its strings, so it outlives the file. Not copyable: the index points into the strings.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/error.h"
#include "model/files/model_file.h"
#include "model/text/tokenizer.h"

namespace curlew::model {

inline constexpr std::size_t kVocabularyTokensMax = 1u << 20;
inline constexpr std::size_t kTokenBytesMax = 4096;

struct Vocabulary {
  Vocabulary() = default;
  Vocabulary(Vocabulary&&) = default;
  Vocabulary& operator=(Vocabulary&&) = default;

  std::optional<TokenId> find(std::string_view spelling) const;
  int size() const { return static_cast<int>(spellings.size()); }
  bool holds(TokenId id) const { return id >= 0 && id < size(); }

  std::string model, pre;              // tokenizer.ggml.model, .pre
  std::vector<std::string> spellings;  // as the file writes them
  std::vector<TokenType> types;
  std::vector<float> scores;                          // empty when the file has none
  std::unordered_map<std::string_view, TokenId> ids;  // the first of equal spellings
  SpecialTokens special;
};

// Reads tokens, types and scores and finds the special tokens (special_tokens.h). Refuses arrays
// whose lengths disagree, types and ids out of range, and more than the limits above.
Expected<Vocabulary> load_vocabulary(const ModelFile& file);

}  // namespace curlew::model
