// The tokens of a piece of code as expressions, near enough for changes to be proposed: where an operand
// begins and ends. What comes of it is parsed before anybody sees it. Thread-safe as long as the code
// lives.
#pragma once

#include <string>

#include "lsp/assist/repair/mutations.h"

namespace curlew::assist {

class Expressions {
 public:
  Expressions(const MutatedCode& code, std::vector<Candidate>& out);

  std::size_t size() const { return own_.size(); }
  const CodeToken& token(std::size_t i) const { return own_[i]; }
  std::string_view word(std::size_t i) const;  // "" behind the last
  bool is_word(std::size_t i) const { return i < own_.size() && own_[i].kind == TokenKind::kWord; }
  bool is_number(std::size_t i) const { return own_[i].kind == TokenKind::kNumber; }
  bool is_assigned(std::size_t i) const { return word(i + 1) == "=" || word(i + 1) == ":="; }
  // A name for a value: no keyword, nothing that is a member or called.
  bool is_value(std::size_t i) const;
  bool is_python() const { return is_python_; }
  // Words that begin or join statements, and stand for no value.
  static bool is_keyword(std::string_view name);
  // "and", "||", ...
  static bool is_join(std::string_view word);

  std::string text_of(std::size_t first, std::size_t last) const;
  // The operand that ends, or begins, at i: a name or number with its members, calls and brackets.
  std::size_t operand_begin(std::size_t i) const;
  std::size_t operand_end(std::size_t i) const;
  // The bracket that closes the one at `open`; size() where none does.
  std::size_t closing(std::size_t open) const;
  // The last token of i's line.
  std::size_t line_end(std::size_t i) const;

  // Candidates.
  void replace(std::size_t first, std::size_t last, std::string text, double weight) const;
  void insert(std::size_t offset, std::string text, double weight) const;
  void drop(std::size_t first, std::size_t last, double weight) const;

 private:
  const MutatedCode& code_;
  const std::span<const CodeToken> own_;
  std::vector<Candidate>& out_;
  bool is_python_ = false;
};

}  // namespace curlew::assist
