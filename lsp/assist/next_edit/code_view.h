// One text as the engines read it: tokens, brackets, lines. Made once per request and text.
//
// Immutable, thread-safe. Costs one pass over the text (docs/next_edit.md has figures).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/source/language.h"
#include "lsp/assist/repair/code_tokens.h"

namespace curlew::assist {

// Languages that write declarations alike.
enum class Family : std::uint8_t { kOther, kC, kJava, kGo, kRust, kScript, kPython, kMarkup };

constexpr std::size_t kNone = static_cast<std::size_t>(-1);  // no token

class CodeView {
 public:
  // `language_id`: LSP's, for paths that say nothing.
  CodeView(std::string path, std::string_view language_id, std::shared_ptr<const std::string> text);

  const std::string& path() const { return path_; }
  std::string_view text() const { return *text_; }
  const indexer::Language* language() const { return language_; }  // null: not one that is parsed
  Family family() const { return family_; }
  const LineTable& lines() const { return lines_; }
  std::string_view line_text(int line) const;

  std::size_t size() const { return tokens_.size(); }
  const CodeToken& token(std::size_t idx) const { return tokens_[idx]; }
  // "" outside the text, so that neighbours can be asked for at both ends.
  std::string_view spelling(std::size_t idx) const;
  bool is_word(std::size_t idx) const;  // an identifier or a keyword
  int line_of(std::size_t idx) const { return lines_.line_of(tokens_[idx].start); }

  // Of a bracket, the other one; kNone for other tokens and for brackets without one.
  std::size_t partner(std::size_t idx) const { return partners_[idx]; }
  // The innermost opening bracket around a token; kNone at the top.
  std::size_t opener_of(std::size_t idx) const { return openers_[idx]; }
  // The first token that ends behind `offset`; size() when there is none.
  std::size_t first_at(std::size_t offset) const { return first_token_at(tokens_, offset); }

  bool starts_line(std::size_t idx) const;
  std::size_t indent_of(int line) const;  // in bytes
  // Every whole word `word` outside comments; tokens inside strings are not tokens.
  std::vector<std::size_t> words(std::string_view word) const;
  // The first token of the statement, parameter or element that a token belongs to.
  std::size_t statement_start(std::size_t idx) const;

 private:
  void pair_brackets();
  bool is_directive(std::size_t idx) const;  // on a line of the preprocessor's

  const std::string path_;
  const std::shared_ptr<const std::string> text_;
  const indexer::Language* language_ = nullptr;
  Family family_ = Family::kOther;
  std::vector<CodeToken> tokens_;
  std::vector<std::size_t> partners_, openers_;
  LineTable lines_;
};

// Of any of the languages: words that are no type and no variable.
bool is_keyword(std::string_view word);
bool is_identifier(std::string_view word);  // by its letters

}  // namespace curlew::assist
