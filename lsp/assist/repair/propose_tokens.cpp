// A bracket, a semicolon, a colon that is missing or too many.
#include <algorithm>
#include <initializer_list>

#include "lsp/assist/repair/candidate.h"

namespace curlew::assist {
namespace {

constexpr int kTokensBack = 6;      // a parser notices late: the places behind the last tokens
constexpr int kLineTokensMax = 40;  // of a line, where the complaint has no column
constexpr int kFallsMax = 6;        // of the indentation, looked at from the complaint upwards
constexpr double kUnlikely = 0.25;  // where the message says nothing of tokens

// What may be missing, most frequent first.
std::vector<std::string> insertable(const RepairPlace& place) {
  if (place.language != nullptr && place.language->name == "python")
    return {":", ")", "]", "}", ",", "(", "\"", "'", "="};
  if (place.language != nullptr && place.language->name == "go")
    return {")", "}", "]", "{", "(", ",", ":", "\""};
  return {";", ")", "}", "]", ",", "(", "{", ":", ">", "=", "\"", "'"};
}

bool is_bracket_or_mark(std::string_view token) {
  constexpr std::string_view kMarks = "()[]{};:,.<>=&*!";
  return token.size() == 1 && kMarks.find(token[0]) != kMarks.npos;
}

bool speaks_of_syntax(std::string_view message) {
  for (const std::string_view word :
       {"expected", "Expected", "syntax", "Syntax", "unterminated", "unclosed", "never closed",
        "missing", "unmatched", "mismatched", "unexpected", "Unexpected", "EOF", "delimiter"})
    if (message.find(word) != message.npos) return true;
  return false;
}

class TokenEngine {
 public:
  TokenEngine(const RepairPlace& place, std::vector<Candidate>& candidates)
      : place_(place), candidates_(candidates) {
    chance_ = speaks_of_syntax(place.diagnostic.message) ? 0.8 : kUnlikely;
    for (std::string& word : quoted_words(place.diagnostic.message))
      if (is_bracket_or_mark(word)) said_.push_back(std::move(word));
  }

  void run() {
    // Without a column the whole line is meant, its end first.
    const int line = place_.diagnostic.place.line;
    const bool has_column = place_.diagnostic.place.column > 0;
    const std::size_t line_end = place_.lines.end(line);
    const std::size_t here =
        has_column ? first_token_at(place_.tokens, place_.offset) : last_token_before(line_end);
    const std::size_t on_line =
        here - std::min(here, first_token_at(place_.tokens, place_.lines.start(line)));
    const int looked_at =
        has_column ? kTokensBack : std::min(kLineTokensMax, static_cast<int>(on_line) + 3);
    for (int back = 0; back < looked_at; ++back) {
      if (here + 1 < static_cast<std::size_t>(back)) break;
      const double nearness = std::max(0.3, 1.0 - 0.12 * back);
      // Behind the token `back` before the complaint's own.
      const std::size_t next = here + 1 - static_cast<std::size_t>(back);
      if (next > 0 && next <= place_.tokens.size())
        insert_behind(place_.tokens[next - 1], nearness);
      if (next < place_.tokens.size()) remove(place_.tokens[next], nearness);
      if (next < place_.tokens.size()) exchange(place_.tokens[next], nearness);
    }
    insert_at_ends();
    close_string();
    declare_or_assign();
  }

 private:
  std::size_t last_token_before(std::size_t offset) const {
    std::size_t next = 0;
    while (next < place_.tokens.size() && place_.tokens[next].start < offset) ++next;
    return next == 0 ? 0 : next - 1;
  }
  double weight_of(std::string_view token) const {
    return std::ranges::find(said_, token) != said_.end() ? 1.0 : 0.5;
  }

  // Where braces make blocks, a colon behind a name makes a label of it, which nearly always compiles
  // and is hardly ever meant.
  bool may_make_label(const CodeToken& token, std::string_view mark) const {
    if (mark != ":" || place_.language == nullptr) return false;
    const std::string_view language = place_.language->name;
    const bool is_c = language == "c" || language == "cpp" || language == "cuda";
    const bool has_keys = language == "go" || language.ends_with("script") || language == "tsx";
    if (!is_c && !has_keys && language != "java") return false;
    const std::string_view line = line_text(place_.lines.line_of(token.start));
    if (has_keys && (says(line, {"{"}) || line.ends_with(','))) return false;
    return !says(line, {"case ", "default", "public", "private", "protected", "?"});
  }

  // Go: a comma behind a statement that is whole makes one of it and the next, and with it goes
  // whatever was said of them.
  bool joins_statements(const CodeToken& token, std::string_view mark) const {
    if (mark != "," || place_.language == nullptr || place_.language->name != "go") return false;
    const std::size_t end = place_.lines.end(place_.lines.line_of(token.start));
    return token.end == end && !speaks_of_syntax(place_.diagnostic.message);
  }

  void insert_behind(const CodeToken& token, double nearness) {
    double order = 1.0;
    for (const std::string& mark : insertable(place_)) {
      if (may_make_label(token, mark) || joins_statements(token, mark)) continue;
      add({token.end, token.end, mark}, chance_ * nearness * weight_of(mark) * order,
          fmt::format("`{}` is missing on line {}", mark, place_.lines.line_of(token.end)));
      order *= 0.97;
    }
  }

  void remove(const CodeToken& token, double nearness) {
    const std::string_view text = token.in(place_.text);
    if (!is_bracket_or_mark(text)) return;
    add({token.start, token.end, ""}, chance_ * 0.9 * nearness * weight_of(text),
        fmt::format("`{}` is too many on line {}", text, place_.lines.line_of(token.start)));
  }

  // Go: a variable that is assigned before it is declared, or declared again.
  void declare_or_assign() {
    if (place_.language == nullptr || place_.language->name != "go") return;
    const std::string_view message = place_.diagnostic.message;
    const auto says = [&](std::string_view sign) { return message.find(sign) != message.npos; };
    const bool is_unknown = says("undeclared name") || says("undefined");
    if (!is_unknown && !says("no new variables")) return;
    const int line = place_.diagnostic.place.line;
    const std::string_view text = line_text(line), mark = is_unknown ? " = " : " := ";
    const std::size_t at = text.find(mark);
    if (at == text.npos) return;
    const std::size_t begin = place_.lines.start(line) + at;
    add({begin, begin + mark.size(), is_unknown ? " := " : " = "}, 0.85,
        fmt::format("line {} {}", line,
                    is_unknown ? "may declare what it assigns" : "may assign what is declared"));
  }

  // A string that runs to the line's end: its quote is missing there, or before what closes the
  // statement; or it is the closing one that opens it, and the other is missing before a word.
  void close_string() {
    const std::string_view message = place_.diagnostic.message;
    const bool is_said = std::ranges::any_of(
        std::initializer_list<std::string_view>{"nterminated", "not terminated", "terminating",
                                                "newline in string", "unclosed string"},
        [&](std::string_view sign) { return message.find(sign) != message.npos; });
    const int line = place_.diagnostic.place.line;
    const std::string_view text = line_text(line);
    const std::size_t quote = text.find_first_of("\"'`");
    if (!is_said || quote == text.npos) return;
    const std::size_t begin = place_.lines.start(line);
    double order = 1;
    const auto insert = [&](std::size_t at, char mark) {
      add({begin + at, begin + at, std::string(1, mark)}, 0.9 * order,
          fmt::format("`{}` is missing on line {}", mark, line));
      order *= 0.95;
    };
    const char mark = text[quote];
    std::size_t at = text.find_last_not_of(" \t\r") + 1;
    for (; at > quote + 1; --at) {
      insert(at, mark);
      if (std::string_view(")]};:,").find(text[at - 1]) == std::string_view::npos) break;
    }
    for (std::size_t middle = quote + 1; middle < at; ++middle)
      if (std::string_view(")]};:, +").find(text[middle]) != std::string_view::npos)
        insert(middle, mark);
    for (const CodeToken& token : place_.tokens)
      if (token.start >= begin && token.start < begin + quote && token.kind == TokenKind::kWord)
        insert(token.start - begin, mark);
  }

  // A bracket of another kind, a neighbour on the keyboard.
  void exchange(const CodeToken& token, double nearness) {
    const std::string_view text = token.in(place_.text);
    for (const std::string_view group : {"([{", ")]}", ";:", ",."}) {
      if (text.size() != 1 || group.find(text[0]) == group.npos) continue;
      for (const char other : group)
        if (other != text[0])
          add({token.start, token.end, std::string(1, other)}, chance_ * 0.8 * nearness,
              fmt::format("`{}` may be `{}` on line {}", text, other,
                          place_.lines.line_of(token.start)));
    }
  }

  // A block that is never closed is noticed far behind: at the end of the file, or where the next
  // definition begins. Its end is likely where the indentation falls without a bracket that says so.
  void insert_at_ends() {
    const int line = place_.diagnostic.place.line;
    const std::size_t at = place_.lines.end(place_.lines.count());
    const bool is_at_end = line >= place_.lines.count() - 1;
    if (is_at_end || weight_of("}") == 1.0)
      add({at, at, place_.text.ends_with('\n') ? "}\n" : "\n}\n"}, chance_ * 0.6,
          "`}` is missing at the end");
    double nearness = 0.55;
    int found = 0;
    for (int n = std::min(line, place_.lines.count()) - 1; n >= 1 && found < kFallsMax; --n) {
      if (!falls_open(n)) continue;
      const std::size_t behind = place_.lines.start(n + 1);
      const std::string indent(margin_of(line_text(next_code_line(n))));
      add({behind, behind, indent + "}\n"}, chance_ * nearness,
          fmt::format("`}}` is missing behind line {}", n));
      nearness *= 0.85;
      ++found;
    }
  }

  std::string_view line_text(int line) const { return place_.lines.text(line); }
  static std::string_view margin_of(std::string_view line) {
    return line.substr(0, indent_bytes(line));
  }
  static bool is_blank(std::string_view line) { return indent_bytes(line) == line.size(); }
  int next_code_line(int line) const {
    int next = line + 1;
    while (next <= place_.lines.count() && is_blank(line_text(next))) ++next;
    return next;
  }
  bool falls_open(int line) const {
    const std::string_view here = line_text(line);
    const int next = next_code_line(line);
    if (is_blank(here) || next > place_.lines.count()) return false;
    const std::string_view below = line_text(next);
    const std::string_view code = below.substr(indent_bytes(below));
    return indent_bytes(below) < indent_bytes(here) && !code.starts_with('}') &&
           !code.starts_with(')') && !code.starts_with(']');
  }

  void add(TextEdit edit, double chance, std::string why) {
    candidates_.push_back({place_.path, {std::move(edit)}, std::move(why), chance});
  }

  const RepairPlace& place_;
  std::vector<Candidate>& candidates_;
  double chance_;
  std::vector<std::string> said_;
};

}  // namespace

void propose_tokens(const RepairPlace& place, std::vector<Candidate>& candidates) {
  TokenEngine(place, candidates).run();
}

}  // namespace curlew::assist
