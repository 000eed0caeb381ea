// Words and punctuation of C-like source: as much of a lexer as macros.cpp needs.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace curlew::indexer {

struct CToken {
  enum class Kind : std::uint8_t { kWord, kPunctuation, kLiteral, kDirective };
  std::uint32_t start = 0, end = 0;
  Kind kind = Kind::kPunctuation;  // one byte of it; a directive is a whole "#" line
};

// Without comments. Never fails: what is not closed ends with the text.
std::vector<CToken> c_tokens(std::string_view text);

}  // namespace curlew::indexer
