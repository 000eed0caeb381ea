// The tokens of a text as statements and the blocks that they stand in: by brackets, line ends and, for
// Python, indentation. Near enough for any language with such blocks; never fails; linear but for what
// is asked of single tokens. Immutable; thread-safe as long as the text lives.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "lsp/assist/repair/code_tokens.h"

namespace curlew::assist {

// Tokens, both ends included.
struct TokenSpan {
  std::size_t first = 0, last = 0;
};

class Statements {
 public:
  Statements(std::string_view text, const indexer::Language* language);

  std::size_t size() const { return tokens_.size(); }
  const CodeToken& token(std::size_t i) const { return tokens_[i]; }
  std::string_view word(std::size_t i) const;  // "" beyond the tokens
  int line_of(std::size_t i) const { return lines_.line_of(tokens_[i].start); }
  int last_line_of(std::size_t i) const { return lines_.line_of(tokens_[i].end); }
  const LineTable& lines() const { return lines_; }
  bool is_python() const { return is_python_; }

  // The statement that a token stands in: from where it begins, behind what it depends on ("if (x)"),
  // to its end; of one with a block its head.
  TokenSpan of(std::size_t i) const;
  // What decides whether the statement runs, innermost first, up to the function's own head: "if (x) {",
  // "for x in y:", of an `else` the conditions before it as well.
  std::vector<TokenSpan> heads_around(std::size_t i) const;
  // The function's head; false: none, the token stands at the top of the file.
  bool function_around(std::size_t i, TokenSpan& head) const;
  // Statements behind one that leaves the block.
  int unreachable() const;

  static bool is_control(std::string_view word);

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  struct Outside {
    bool is_function = false;      // `head` is one's
    std::vector<TokenSpan> heads;  // of the next block outwards
    std::size_t next = kNone;      // where to go on; kNone: the top
    TokenSpan head;
  };

  void find_brackets();
  void find_lines();                    // Python's logical ones
  bool ends_line(std::size_t i) const;  // a statement may end behind it for the line does
  bool is_directive(std::size_t i) const;
  std::size_t begin_of(std::size_t i) const;
  std::size_t end_of(std::size_t first) const;
  Outside outside(std::size_t i) const;
  Outside outside_of_line(std::size_t line) const;
  std::size_t line_with(std::size_t i) const;
  void add_chain(std::size_t other, Outside& out) const;
  int unreachable_lines() const;

  struct Line {
    TokenSpan span;
    std::size_t indent = 0;
  };

  std::string_view text_;
  bool is_python_ = false, ends_by_line_ = false;
  std::vector<CodeToken> tokens_;
  LineTable lines_;
  std::vector<std::size_t> parent_, partner_;  // the bracket around; the other one of a bracket
  std::vector<Line> logical_;
};

}  // namespace curlew::assist
