#include "indexer/source/c_tokens.h"

#include <string>
#include <utility>

namespace curlew::indexer {
namespace {

bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<CToken> run() {
    using Kind = CToken::Kind;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      const std::size_t start = at_;
      if (c == '\n') {
        line_is_blank_ = true;
        ++at_;
      } else if (c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v') {
        ++at_;
      } else if (text_.substr(at_, 2) == "//") {
        at_ = line_end();
      } else if (text_.substr(at_, 2) == "/*") {
        at_ = behind(text_.find("*/", at_ + 2), 2);
      } else if (c == '#' && line_is_blank_) {
        at_ = line_end();
        add(start, Kind::kDirective);
      } else if (c == '"' || c == '\'') {
        skip_quoted(c);
        add(start, Kind::kLiteral);
      } else if (is_word_byte(c)) {
        while (at_ < text_.size() && is_word_byte(text_[at_])) ++at_;
        if (at_ < text_.size() && text_[at_] == '"' && text_[at_ - 1] == 'R') skip_raw_string();
        add(start, c >= '0' && c <= '9' ? Kind::kLiteral : Kind::kWord);
      } else {
        ++at_;
        add(start, Kind::kPunctuation);
      }
    }
    return std::move(tokens_);
  }

 private:
  void add(std::size_t start, CToken::Kind kind) {
    tokens_.push_back({static_cast<std::uint32_t>(start), static_cast<std::uint32_t>(at_), kind});
    line_is_blank_ = false;
  }

  std::size_t behind(std::size_t found, std::size_t bytes) const {
    return found == std::string_view::npos ? text_.size() : found + bytes;
  }

  // Of the line with what a backslash before the line end adds to it.
  std::size_t line_end() const {
    std::size_t end = text_.find('\n', at_);
    while (end != std::string_view::npos) {
      const std::size_t last = end > at_ && text_[end - 1] == '\r' ? end - 2 : end - 1;
      if (last >= text_.size() || text_[last] != '\\') return end;
      end = text_.find('\n', end + 1);
    }
    return text_.size();
  }

  // Ends at the line end at the latest: an apostrophe in an "#error" or assembly is no literal.
  void skip_quoted(char quote) {
    for (++at_; at_ < text_.size() && text_[at_] != '\n'; ++at_) {
      if (text_[at_] == quote) {
        ++at_;
        return;
      }
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
    }
  }

  void skip_raw_string() {
    const std::size_t open = text_.find('(', at_);
    if (open == std::string_view::npos || open - at_ > 17) return skip_quoted('"');
    std::string close = ")";
    close.append(text_.substr(at_ + 1, open - at_ - 1)).append("\"");
    at_ = behind(text_.find(close, open), close.size());
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool line_is_blank_ = true;
  std::vector<CToken> tokens_;
};

}  // namespace

std::vector<CToken> c_tokens(std::string_view text) {
  return Lexer(text).run();
}

}  // namespace curlew::indexer
