// Names that strings show: f-strings, templates, what Rust's format macros capture (names.h).
#include <algorithm>
#include <array>
#include <cctype>

#include "lsp/assist/next_edit/names.h"

namespace curlew::assist {
namespace {

constexpr std::array<std::string_view, 27> kRustMacros = {"println",     "print",
                                                          "eprintln",    "eprint",
                                                          "format",      "format_args",
                                                          "write",       "writeln",
                                                          "panic",       "assert",
                                                          "todo",        "debug_assert",
                                                          "assert_eq",   "assert_ne",
                                                          "unreachable", "debug_assert_eq",
                                                          "anyhow",      "debug_assert_ne",
                                                          "bail",        "unimplemented",
                                                          "ensure",      "log",
                                                          "trace",       "debug",
                                                          "info",        "warn",
                                                          "error"};

// A piece of code within a string: bytes of the text.
struct Piece {
  std::size_t start = 0, end = 0;
};

// From just behind a `{` that shows something to the end of what is code there: a closing brace, or, where
// the language has them, a format or a conversion. `close` is where the braces end.
struct Shown {
  Piece code;
  std::size_t close = 0;
};

class Scanner {
 public:
  Scanner(std::string_view text, std::size_t start, std::size_t end)
      : text_(text.substr(0, end)), at_(start) {}

  // f"{a!r:>{width}} {{no}}"; C#'s $"{a,5:0.0}" is read alike.
  std::vector<Piece> braces() {
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\\') {
        ++at_;
      } else if (text_[at_] == '{') {
        if (text_.substr(at_ + 1, 1) == "{")
          ++at_;
        else
          take_shown(true);
      }
    }
    return std::move(pieces_);
  }

  // `${a.b({c})}`
  std::vector<Piece> templates() {
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\\') {
        ++at_;
      } else if (text_.substr(at_).starts_with("${")) {
        ++at_;
        take_shown(false);
      }
    }
    return std::move(pieces_);
  }

  // "{a:>width$.precision$}": names alone.
  std::vector<Piece> captures() {
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\\') {
        ++at_;
        continue;
      }
      if (text_[at_] != '{') continue;
      if (text_.substr(at_ + 1, 1) == "{") {
        ++at_;
        continue;
      }
      const std::size_t close = std::min(text_.find('}', at_), text_.size());
      const std::size_t format = std::min(text_.find(':', at_), close);
      pieces_.push_back({at_ + 1, format});
      for (std::size_t end = text_.find('$', format); end < close; end = text_.find('$', end + 1)) {
        std::size_t start = end;
        while (start > format + 1 && is_identifier(text_.substr(start - 1, 1))) --start;
        pieces_.push_back({start, end});
      }
      at_ = close;
    }
    return std::move(pieces_);
  }

 private:
  // at_ is at the opening brace, and then at the closing one.
  void take_shown(bool has_format) {
    const std::size_t start = ++at_;
    int depth = 0;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"' || c == '\'' || (c == '`' && !has_format)) {
        const std::size_t end = text_.find(c, at_ + 1);
        if (end == text_.npos) break;
        at_ = end;
      } else if (c == '(' || c == '[' || c == '{') {
        ++depth;
      } else if (c == ')' || c == ']' || (c == '}' && depth > 0)) {
        --depth;
      } else if (c == '}') {
        break;
      } else if (has_format && depth == 0 && ends_code(c)) {
        break;
      }
    }
    pieces_.push_back({start, std::min(at_, text_.size())});
    if (at_ < text_.size() && text_[at_] != '}') skip_format();
  }
  bool ends_code(char c) const { return c == ':' || (c == '!' && text_.substr(at_ + 1, 1) != "="); }
  // What it shows in its turn is code again.
  void skip_format() {
    for (; at_ < text_.size() && text_[at_] != '}'; ++at_)
      if (text_[at_] == '{') take_shown(true);
  }

  std::string_view text_;
  std::size_t at_;
  std::vector<Piece> pieces_;
};

bool ends_with_prefix(const CodeView& view, std::size_t string, std::string_view letters) {
  return string > 0 && view.token(string - 1).end == view.token(string).start &&
         view.is_word(string - 1) && view.spelling(string - 1).size() <= 3 &&
         view.spelling(string - 1).find_first_of(letters) != std::string_view::npos;
}

bool is_formatted_by_macro(const CodeView& view, std::size_t string) {
  const std::size_t around = view.opener_of(string);
  return around != kNone && around > 1 && view.spelling(around - 1) == "!" &&
         std::ranges::find(kRustMacros, view.spelling(around - 2)) != kRustMacros.end();
}

std::vector<Piece> code_in(const CodeView& view, std::size_t string) {
  const CodeToken& token = view.token(string);
  Scanner scanner(view.text(), token.start + 1, token.end);
  if (view.family() == Family::kPython && ends_with_prefix(view, string, "fFtT"))
    return scanner.braces();
  if (view.language() != nullptr && view.language()->name == "c_sharp" &&
      ends_with_prefix(view, string, "$"))
    return scanner.braces();
  if (view.family() == Family::kScript && view.text()[token.start] == '`')
    return scanner.templates();
  if (view.family() == Family::kRust && is_formatted_by_macro(view, string))
    return scanner.captures();
  return {};
}

void add_words(const CodeView& view, const Piece& piece, std::string_view word,
               std::vector<std::size_t>& found) {
  const std::string_view code = view.text().substr(piece.start, piece.end - piece.start);
  const std::vector<CodeToken> tokens = code_tokens(code, view.language());
  const auto spelling = [&](std::size_t idx) {
    return idx < tokens.size() ? tokens[idx].in(code) : std::string_view();
  };
  for (std::size_t idx = 0; idx < tokens.size(); ++idx) {
    if (tokens[idx].kind != TokenKind::kWord || spelling(idx) != word) continue;
    const std::string_view before = idx > 0 ? spelling(idx - 1) : "";
    const bool is_member = before == "." || before == "?." || before == "::";
    // f(name=1), {name: 1}; but f"{name=}" shows a variable.
    const bool is_named = (before == "(" || before == ",") && spelling(idx + 1) == "=";
    const bool is_key = (before == "{" || before == ",") && spelling(idx + 1) == ":";
    if (!is_member && !is_named && !is_key) found.push_back(piece.start + tokens[idx].start);
  }
}

}  // namespace

std::vector<std::size_t> shown_in_strings(const CodeView& view, std::string_view word) {
  std::vector<std::size_t> found;
  const std::string_view text = view.text();
  for (std::size_t at = 0; (at = text.find(word, at)) != text.npos;) {
    const std::size_t idx = view.first_at(at);
    at += std::max<std::size_t>(word.size(), 1);
    if (idx >= view.size() || view.token(idx).kind != TokenKind::kString ||
        view.token(idx).start >= at)
      continue;
    for (const Piece& piece : code_in(view, idx)) add_words(view, piece, word, found);
    at = std::max(at, view.token(idx).end);  // all of this string's are found
  }
  std::ranges::sort(found);
  found.erase(std::ranges::unique(found).begin(), found.end());
  return found;
}

}  // namespace curlew::assist
