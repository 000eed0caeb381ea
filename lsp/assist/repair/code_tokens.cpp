#include "lsp/assist/repair/code_tokens.h"

#include <algorithm>
#include <string>

namespace curlew::assist {
namespace {

// Longest first.
constexpr std::string_view kOperators[] = {
    ">>>=", "<<=", ">>=",  "**=", "//=", "===", "!==", "...", "..=", "<=>", "->*",
    "&&=",  "||=", "?\?=", ">>>", "==",  "!=",  "<=",  ">=",  "&&",  "||",  "++",
    "--",   "+=",  "-=",   "*=",  "/=",  "%=",  "&=",  "|=",  "^=",  "<<",  ">>",
    "->",   "=>",  "::",   ":=",  "..",  "**",  "//",  "?.",  "??",  "<-"};

bool is_word(char c) {
  const auto u = static_cast<unsigned char>(c);
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$' || u >= 0x80;
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

class Lexer {
 public:
  Lexer(std::string_view text, const indexer::Language* language)
      : text_(text), hash_comments_(language && language->line_comment == "#") {
    slash_comments_ = !hash_comments_;
    is_python_ = language && language->name == "python";
    is_rust_ = language && language->name == "rust";
  }

  std::vector<CodeToken> run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
        ++at_;
      } else if (!skip_comment()) {
        take(c);
      }
    }
    return std::move(tokens_);
  }

 private:
  bool starts(std::string_view word) const { return text_.substr(at_).starts_with(word); }
  void skip_to(std::size_t end) { at_ = std::min(end, text_.size()); }

  bool skip_comment() {
    if ((hash_comments_ && starts("#")) || (slash_comments_ && starts("//"))) {
      skip_to(text_.find('\n', at_));
      return true;
    }
    if (!slash_comments_ || !starts("/*")) return false;
    const std::size_t end = text_.find("*/", at_ + 2);
    skip_to(end == text_.npos ? end : end + 2);
    return true;
  }

  void add(TokenKind kind, std::size_t end) {
    tokens_.push_back({kind, at_, std::min(end, text_.size())});
    at_ = tokens_.back().end;
  }

  void take(char c) {
    if (is_digit(c)) return add(TokenKind::kNumber, number_end());
    if (is_word(c)) return add(TokenKind::kWord, word_end());
    if (c == '"' || c == '`' || (c == '\'' && !is_lifetime()))
      return add(TokenKind::kString, string_end(c));
    for (const std::string_view op : kOperators)
      if (starts(op)) return add(TokenKind::kOperator, at_ + op.size());
    add(TokenKind::kOperator, at_ + 1);
  }

  std::size_t word_end() const {
    std::size_t end = at_;
    while (end < text_.size() && is_word(text_[end])) ++end;
    return end;
  }
  // 1.5e-3, 0xff, 1_000, 10u: but not the dots of "0..n".
  std::size_t number_end() const {
    std::size_t end = at_;
    while (end < text_.size()) {
      const char c = text_[end];
      const bool is_point = c == '.' && end + 1 < text_.size() && is_digit(text_[end + 1]);
      const bool is_sign = (c == '+' || c == '-') &&
                           (text_[end - 1] == 'e' || text_[end - 1] == 'E') &&
                           text_.substr(at_, 2) != "0x";
      if (!is_word(c) && !is_point && !is_sign) break;
      ++end;
    }
    return end;
  }
  bool is_lifetime() const {
    return is_rust_ && at_ + 2 < text_.size() && is_word(text_[at_ + 1]) && text_[at_ + 2] != '\'';
  }
  std::size_t string_end(char quote) const {
    const std::string triple(3, quote);
    if (is_python_ && starts(triple)) {
      const std::size_t end = text_.find(triple, at_ + 3);
      return end == text_.npos ? end : end + 3;
    }
    for (std::size_t i = at_ + 1; i < text_.size(); ++i) {
      if (text_[i] == '\\')
        ++i;
      else if (text_[i] == quote)
        return i + 1;
      else if (text_[i] == '\n' && quote != '`')
        return i - (text_[i - 1] == '\r' ? 1 : 0);  // not closed
    }
    return text_.npos;
  }

  std::string_view text_;
  bool hash_comments_, slash_comments_, is_python_, is_rust_;
  std::size_t at_ = 0;
  std::vector<CodeToken> tokens_;
};

}  // namespace

std::vector<CodeToken> code_tokens(std::string_view text, const indexer::Language* language) {
  return Lexer(text, language).run();
}

std::size_t first_token_at(const std::vector<CodeToken>& tokens, std::size_t offset) {
  const auto found = std::ranges::upper_bound(tokens, offset, {}, &CodeToken::end);
  return static_cast<std::size_t>(found - tokens.begin());
}

std::size_t indent_bytes(std::string_view line) {
  return std::min(line.find_first_not_of(" \t"), line.size());
}

LineTable::LineTable(std::string_view text) : text_(text), starts_{0} {
  for (std::size_t at = 0; (at = text.find('\n', at)) != text.npos;) starts_.push_back(++at);
}

std::size_t LineTable::start(int line) const {
  if (line < 1) return 0;
  const auto idx = static_cast<std::size_t>(line - 1);
  return idx < starts_.size() ? starts_[idx] : text_.size();
}

std::size_t LineTable::end(int line) const {
  std::size_t end = start(line + 1);
  const std::size_t begin = start(line);
  while (end > begin && (text_[end - 1] == '\n' || text_[end - 1] == '\r')) --end;
  return end;
}

std::string_view LineTable::text(int line) const {
  return text_.substr(start(line), end(line) - start(line));
}

int LineTable::line_of(std::size_t offset) const {
  return static_cast<int>(std::ranges::upper_bound(starts_, offset) - starts_.begin());
}

}  // namespace curlew::assist
