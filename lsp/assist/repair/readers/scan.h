// Scanning a line of a tool's output from left to right, without regular expressions.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "lsp/assist/repair/code_tokens.h"
#include "lsp/assist/repair/diagnostic.h"

namespace curlew::assist {

constexpr std::size_t kPathBytesMax = 1024;

inline bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
inline bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
std::string_view trimmed(std::string_view text);

// What is left of a line. A `take` that fails moves nothing.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  std::string_view rest() const { return rest_; }
  bool done() const { return rest_.empty(); }

  bool take(std::string_view what) {
    if (!rest_.starts_with(what)) return false;
    rest_.remove_prefix(what.size());
    return true;
  }
  // The text before `what`, both consumed.
  std::optional<std::string_view> take_until(std::string_view what) {
    const std::size_t at = rest_.find(what);
    if (at == rest_.npos) return std::nullopt;
    const std::string_view before = rest_.substr(0, at);
    rest_.remove_prefix(at + what.size());
    return before;
  }
  template <class Test>
  std::string_view take_while(Test test) {
    std::size_t n = 0;
    while (n < rest_.size() && test(rest_[n])) ++n;
    const std::string_view taken = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return taken;
  }
  std::size_t skip_spaces() {
    return take_while([](char c) { return c == ' ' || c == '\t'; }).size();
  }
  // Decimal, of at most nine digits: lines and columns fit an int.
  std::optional<int> take_number();

 private:
  std::string_view rest_;
};

// A place at the start of a text, and what follows it.
struct Placed {
  SourcePlace place;  // its path as printed
  std::string_view rest;

  // Without the ": " between a place and what is said of it.
  std::string_view message() const;
};
std::optional<Placed> colon_place(std::string_view text);  // path:line[:column]
std::optional<Placed> paren_place(std::string_view text);  // path(line[,column])

// Whether a text that may be anything is likely to be a path: "src/a.c", "Makefile", "C:\a.cs"; no
// "12", no "see a.c", no "http://host".
bool names_file(std::string_view path);
std::string_view extension(std::string_view path);  // with its dot; "" where it has none

// "error: ", "fatal error: ", "warning: ", ... in any case of letters; the word is consumed, with
// the colon. `Error` and `ERROR` alike.
std::optional<Severity> take_severity(Cursor& cursor);

// Takes "[name]" or "(name)" off the end of a message: the rule or the switch that spoke. "" where
// there is none, or it has more in it than the letters of such names.
std::string take_code_suffix(std::string_view& message, char open, char close);

}  // namespace curlew::assist
