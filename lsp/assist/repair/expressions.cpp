#include "lsp/assist/repair/expressions.h"

#include <algorithm>
#include <set>

#include "lsp/assist/repair/slips.h"

namespace curlew::assist {

Expressions::Expressions(const MutatedCode& code, std::vector<Candidate>& out)
    : code_(code),
      own_(code.own()),
      out_(out),
      is_python_(code.language != nullptr && code.language->name == "python") {}

std::string_view Expressions::word(std::size_t i) const {
  return i < own_.size() ? own_[i].in(code_.text) : std::string_view();
}

bool Expressions::is_value(std::size_t i) const {
  if (!is_word(i) || is_keyword(word(i)) || !is_name(word(i))) return false;
  const std::string_view before = i > 0 ? word(i - 1) : "", behind = word(i + 1);
  return before != "." && before != "->" && before != "::" && before != "def" &&
         before != "class" && before != "import" && before != "from" && behind != "(";
}

bool Expressions::is_keyword(std::string_view name) {
  static const std::set<std::string_view> kStatements = {
      "if",     "else",     "elif",  "for",   "while", "return", "def",      "fn",
      "func",   "function", "class", "in",    "not",   "and",    "or",       "is",
      "import", "from",     "as",    "with",  "try",   "raise",  "except",   "lambda",
      "let",    "var",      "const", "yield", "pass",  "break",  "continue", "global",
      "assert", "del",      "async", "await", "match", "case",   "mut",      "new"};
  return kStatements.contains(name);
}

bool Expressions::is_join(std::string_view word) {
  return word == "and" || word == "or" || word == "&&" || word == "||";
}

std::string Expressions::text_of(std::size_t first, std::size_t last) const {
  return std::string(code_.text.substr(own_[first].start, own_[last].end - own_[first].start));
}

std::size_t Expressions::operand_begin(std::size_t i) const {
  for (;;) {
    if (word(i) == ")" || word(i) == "]") {
      int depth = 1;
      while (i > 0 && depth > 0) {
        --i;
        if (word(i) == ")" || word(i) == "]") ++depth;
        if (word(i) == "(" || word(i) == "[") --depth;
      }
      if (i == 0 || !is_word(i - 1) || is_keyword(word(i - 1))) return i;
      --i;
    }
    if (i < 2 || (word(i - 1) != "." && word(i - 1) != "->" && word(i - 1) != "::")) return i;
    i -= 2;
  }
}

std::size_t Expressions::operand_end(std::size_t i) const {
  for (;;) {
    const std::string_view open = word(i), next = word(i + 1);
    if (open == "(" || open == "[") {
      int depth = 1;
      while (i + 1 < own_.size() && depth > 0) {
        ++i;
        if (word(i) == "(" || word(i) == "[") ++depth;
        if (word(i) == ")" || word(i) == "]") --depth;
      }
      if (word(i + 1) != "." && word(i + 1) != "[" && word(i + 1) != "(") return i;
      continue;
    }
    if (next == "(" || next == "[")
      ++i;
    else if ((next == "." || next == "->" || next == "::") && i + 2 < own_.size())
      i += 2;
    else
      return i;
    if (i >= own_.size()) return own_.size() - 1;
  }
}

std::size_t Expressions::closing(std::size_t open) const {
  int depth = 0;
  for (std::size_t j = open; j < own_.size(); ++j) {
    if (word(j) == "(" || word(j) == "[") ++depth;
    if ((word(j) == ")" || word(j) == "]") && --depth == 0) return j;
  }
  return own_.size();
}

std::size_t Expressions::line_end(std::size_t i) const {
  while (i + 1 < own_.size() &&
         code_.text.substr(own_[i].end, own_[i + 1].start - own_[i].end).find('\n') ==
             std::string_view::npos)
    ++i;
  return i;
}

void Expressions::replace(std::size_t first, std::size_t last, std::string text,
                          double weight) const {
  const std::size_t start = own_[first].start, end = own_[last].end;
  std::string why = fmt::format("`{}` may be `{}`", code_.text.substr(start, end - start), text);
  code_.add({start, end, std::move(text)}, weight, std::move(why), out_);
}

void Expressions::insert(std::size_t offset, std::string text, double weight) const {
  std::string why = fmt::format("`{}` may be missing", text);
  code_.add({offset, offset, std::move(text)}, weight, std::move(why), out_);
}

void Expressions::drop(std::size_t first, std::size_t last, double weight) const {
  code_.add({own_[first].start, own_[last].end, ""}, weight,
            fmt::format("`{}` may be too many", text_of(first, last)), out_);
}

}  // namespace curlew::assist
