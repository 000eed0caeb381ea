// Prompts as text that a test can spell out.
#pragma once

#include <string>
#include <vector>

#include "tests/model/text/small_vocabularies.h"

namespace curlew::model::testing {

inline std::vector<TokenRow> controls(const std::vector<std::string>& spellings) {
  std::vector<TokenRow> rows;
  for (const std::string& spelling : spellings) rows.push_back({spelling, kControl});
  return rows;
}

// Control tokens in brackets that no text has, so that they are told from text that spells the
// same.
inline std::string render(const Tokenizer& tokenizer, const std::vector<TokenId>& ids) {
  std::string out;
  for (const TokenId id : ids) {
    const bool special = tokenizer.type(id) == TokenType::kControl;
    out += special ? fmt::format("⟦{}⟧", tokenizer.spelling(id)) : std::string(tokenizer.piece(id));
  }
  return out;
}

}  // namespace curlew::model::testing
