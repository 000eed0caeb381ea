// The tokens of a piece of code, near enough for changes to be proposed: words, numbers, operators,
// strings; comments are left out. One lexer for every language: what it takes for a token is checked
// by a parser or a compiler before anybody sees it. Never fails; linear.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "indexer/source/language.h"

namespace curlew::assist {

enum class TokenKind : std::uint8_t { kWord, kNumber, kString, kOperator };

struct CodeToken {
  TokenKind kind = TokenKind::kWord;
  std::size_t start = 0, end = 0;  // bytes of the text

  std::string_view in(std::string_view text) const { return text.substr(start, end - start); }
};

std::vector<CodeToken> code_tokens(std::string_view text, const indexer::Language* language);

// Of tokens in order, the first that ends behind `offset`.
std::size_t first_token_at(const std::vector<CodeToken>& tokens, std::size_t offset);

// Blanks and tabs that a line begins with; all of a blank line.
std::size_t indent_bytes(std::string_view line);

// Lines count from 1. line_start of the line after the last is the text's end.
class LineTable {
 public:
  explicit LineTable(std::string_view text);
  std::size_t start(int line) const;      // clamped into the text
  std::size_t end(int line) const;        // of its text, the line break left out
  std::string_view text(int line) const;  // without the line break; "" where there is none
  int line_of(std::size_t offset) const;
  int count() const { return static_cast<int>(starts_.size()); }

 private:
  std::string_view text_;
  std::vector<std::size_t> starts_;
};

}  // namespace curlew::assist
