#include <algorithm>

#include "lsp/assist/repair/mutations.h"

namespace curlew::assist {
namespace {

constexpr double kDoubled = 0.9, kElse = 0.75, kSwapped = 0.22, kMoved = 0.35;
constexpr double kReturn = 0.8;        // a value that goes nowhere
constexpr double kReturnOfCall = 0.3;  // a call, which may be a statement

constexpr std::string_view kBegins[] = {
    "return", "if",    "for", "while", "else", "elif",  "switch",   "case",   "default", "break",
    "do",     "match", "let", "const", "var",  "def",   "class",    "fn",     "func",    "function",
    "import", "from",  "use", "pub",   "try",  "catch", "except",   "raise",  "throw",   "with",
    "loop",   "defer", "go",  "type",  "pass", "yield", "continue", "assert", "del",     "auto"};

class LineMutator {
 public:
  LineMutator(const MutatedCode& code, std::vector<Candidate>& out)
      : code_(code), lines_(code.text), out_(out) {
    is_python_ = code.language != nullptr && code.language->name == "python";
  }

  void run() {
    const int first = lines_.line_of(code_.start);
    const int last = lines_.line_of(code_.end > code_.start ? code_.end - 1 : code_.end);
    for (int line = first + 1; line <= last; ++line) {
      if (statement(line).empty()) continue;
      drop_doubled(line);
      give_back(line);
      put_else(line);
      if (line < last) swap_with_next(line);
      move(line, last);
    }
  }

 private:
  std::string_view text(int line) const { return lines_.text(line); }
  std::string_view statement(int line) const { return text(line).substr(indent_bytes(text(line))); }
  std::size_t indent(int line) const { return indent_bytes(text(line)); }
  std::size_t code_start(int line) const { return lines_.start(line) + indent(line); }
  int near_code(int line, int step) const {
    int other = line + step;
    while (other >= 1 && other <= lines_.count() && statement(other).empty()) other += step;
    return other;
  }

  static std::string_view first_word(std::string_view statement) {
    return statement.substr(0, statement.find_first_of(" (<{:;.,["));
  }
  static bool begins_otherwise(std::string_view statement) {
    return std::ranges::find(kBegins, first_word(statement)) != std::end(kBegins) ||
           std::string_view("})]#/@*|&.").find(statement[0]) != std::string_view::npos;
  }
  // One that ends on its line.
  bool is_whole(int line) const {
    const std::string_view s = statement(line);
    if (s.empty() || begins_otherwise(s)) return false;
    const std::size_t last = s.find_last_not_of(" \t\r");
    const char end = s[last];
    const bool ends =
        end == ';' || ((is_python_ || code_.language->name == "go") &&
                       std::string_view(",({[:&|+-").find(end) == std::string_view::npos);
    return ends && std::ranges::count(s, '(') == std::ranges::count(s, ')') &&
           std::ranges::count(s, '{') == std::ranges::count(s, '}');
  }

  void drop_doubled(int line) {
    if (text(line) != text(line - 1) || statement(line) == "}" || statement(line) == "{") return;
    code_.add({lines_.start(line), lines_.start(line + 1), ""}, kDoubled,
              fmt::format("line {} stands twice", line), out_);
  }

  void give_back(int line) {
    const std::string_view s = statement(line);
    if (begins_otherwise(s)) return;
    for (const std::string_view sets : {" = ", "+=", "-=", "*=", "|=", ":=", "++", "--", " <- "})
      if (s.find(sets) != s.npos) return;
    const std::string_view first = first_word(s);
    const bool is_call = s.size() > first.size() && s.find('(') != s.npos &&
                         s.find(", ") > s.find('(') && s.find(" + ") > s.find('(');
    code_.add({code_start(line), code_start(line), "return "}, is_call ? kReturnOfCall : kReturn,
              fmt::format("`return` may be missing on line {}", line), out_);
  }

  // An `if` behind the end of another.
  void put_else(int line) {
    if (first_word(statement(line)) != "if") return;
    if (is_python_) {
      int above = line - 1;
      while (above >= 1 && (statement(above).empty() || indent(above) > indent(line))) --above;
      const std::string_view head = above >= 1 ? first_word(statement(above)) : "";
      const bool is_chain = indent(above) == indent(line) && (head == "if" || head == "elif");
      if (is_chain)
        code_.add({code_start(line), code_start(line), "el"}, kElse,
                  fmt::format("`if` may be `elif` on line {}", line), out_);
      return;
    }
    const int above = near_code(line, -1);
    if (above < 1 || indent(above) != indent(line)) return;
    const bool is_chain = statement(above).starts_with('}') || first_word(statement(above)) == "if";
    if (is_chain)
      code_.add({code_start(line), code_start(line), "else "}, kElse,
                fmt::format("`else` may be missing on line {}", line), out_);
  }

  void swap_with_next(int line) {
    if (!is_whole(line) || !is_whole(line + 1) || indent(line) != indent(line + 1)) return;
    if (text(line) == text(line + 1)) return;
    code_.add({lines_.start(line), lines_.end(line + 1),
               fmt::format("{}\n{}", text(line + 1), text(line))},
              kSwapped, fmt::format("lines {} and {} may be swapped", line, line + 1), out_);
  }

  // Out of the block that ends there, or into the one that ends above.
  void move(int line, int last) {
    if (!is_python_) return move_over_brace(line, last);
    const int above = near_code(line, -1), below = near_code(line, 1);
    if (begins_otherwise(statement(line)) && first_word(statement(line)) != "return") return;
    if (above >= 1 && indent(above) > indent(line)) shift(line, indent(above));
    const bool ends_block = below > lines_.count() || indent(below) < indent(line);
    if (!ends_block || indent(line) <= kStep) return;
    shift(line, indent(line) - kStep);
  }
  void shift(int line, std::size_t to) {
    code_.add({lines_.start(line), code_start(line), std::string(to, ' ')}, kMoved,
              fmt::format("line {} may belong to another block", line), out_);
  }
  void move_over_brace(int line, int last) {
    if (!is_whole(line)) return;
    if (statement(line - 1) == "}" && indent(line - 1) == indent(line)) {
      const int inner = near_code(line - 1, -1);
      const std::string margin(text(inner).substr(0, indent(inner)));
      code_.add({lines_.start(line - 1), lines_.end(line),
                 fmt::format("{}{}\n{}", margin, statement(line), text(line - 1))},
                kMoved, fmt::format("line {} may belong into the block above", line), out_);
    }
    if (line < last && statement(line + 1) == "}") {
      const std::string margin(text(line + 1).substr(0, indent(line + 1)));
      code_.add({lines_.start(line), lines_.end(line + 1),
                 fmt::format("{}\n{}{}", text(line + 1), margin, statement(line))},
                kMoved * 0.7, fmt::format("line {} may stand behind its block", line), out_);
    }
  }

  static constexpr std::size_t kStep = 4;

  const MutatedCode& code_;
  const LineTable lines_;
  std::vector<Candidate>& out_;
  bool is_python_ = false;
};

}  // namespace

std::span<const CodeToken> MutatedCode::own() const {
  const auto first = std::ranges::lower_bound(tokens, start, {}, &CodeToken::start);
  auto last = first;
  while (last != tokens.end() && last->end <= end) ++last;
  return {first, last};
}

void mutate_lines(const MutatedCode& code, std::vector<Candidate>& out) {
  if (code.language != nullptr) LineMutator(code, out).run();
}

}  // namespace curlew::assist
