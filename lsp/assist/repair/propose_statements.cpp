// A statement without the word that it begins with: one that declares, one that returns; one that
// stands too far left or right; and one that is too many.
#include <algorithm>
#include <set>

#include "lsp/assist/repair/candidate.h"
#include "lsp/assist/repair/slips.h"
#include "lsp/assist/repair/vocabulary.h"

namespace curlew::assist {
namespace {

using Signs = std::initializer_list<std::string_view>;

struct LanguageWords {
  std::string_view language;
  Signs declare;   // a variable
  Signs function;  // a function
};
const LanguageWords kWords[] = {
    {"cpp", {"auto ", "const auto ", "int "}, {}},
    {"c", {"int ", "const char* ", "size_t "}, {}},
    {"python", {}, {"def ", "class ", "async def "}},
    {"typescript", {"const ", "let "}, {"function ", "export function ", "class ", "const "}},
    {"tsx", {"const ", "let "}, {"function ", "export function ", "const "}},
    {"javascript", {"const ", "let "}, {"function ", "class ", "const "}},
    {"go", {"var "}, {"func ", "type "}},
    {"rust", {"let ", "let mut "}, {"fn ", "pub fn ", "struct ", "impl "}}};

// Words that a statement may not follow: what begins with one of them is whole.
constexpr std::string_view kBegins[] = {
    "return",  "if",     "for",     "while",    "else",   "elif",      "switch",   "case",
    "default", "break",  "do",      "match",    "let",    "const",     "var",      "def",
    "class",   "fn",     "func",    "function", "import", "from",      "use",      "pub",
    "export",  "try",    "catch",   "except",   "raise",  "throw",     "with",     "loop",
    "defer",   "go",     "struct",  "impl",     "type",   "pass",      "yield",    "continue",
    "package", "public", "private", "static",   "using",  "namespace", "template", "enum"};

constexpr double kDeclares = 0.8, kReturns = 0.85, kReturnsPerhaps = 0.35, kDropped = 0.85;
constexpr double kTabs = 0.95;
constexpr double kMoved = 0.75, kMovedPerhaps = 0.3, kDoubled = 0.6;

class StatementEngine {
 public:
  StatementEngine(const RepairPlace& place, std::vector<Candidate>& candidates)
      : place_(place),
        message_(place.diagnostic.message),
        line_(place.diagnostic.place.line),
        candidates_(candidates) {
    if (place.language == nullptr) return;
    for (const LanguageWords& words : kWords)
      if (words.language == place.language->name) words_ = &words;
  }

  void run() {
    drop_unused();
    drop_doubled();
    put_tabs();
    if (words_ == nullptr) return;
    around_ = lines_around(place_);
    for (const std::string& name : unknown_names()) declare(name);
    define(line_);
    give_back();
    if (place_.language->name == "python") indent();
  }

 private:
  std::string_view text(int line) const { return place_.lines.text(line); }
  std::size_t code_start(int line) const {
    return place_.lines.start(line) + indent_bytes(text(line));
  }
  std::string_view code(int line) const { return text(line).substr(indent_bytes(text(line))); }

  void insert(std::size_t at, std::string_view what, double chance, int line) {
    candidates_.push_back({place_.path,
                           {{at, at, std::string(what)}},
                           fmt::format("`{}` is missing on line {}", what, line),
                           chance});
  }

  std::vector<std::string> unknown_names() const {
    std::vector<std::string> names = names_in(message_);
    const std::size_t here = first_token_at(place_.tokens, place_.offset);
    if (here < place_.tokens.size() && place_.tokens[here].kind == TokenKind::kWord)
      names.emplace_back(place_.tokens[here].in(place_.text));
    return names;
  }

  // The name's first assignment in the function, at the start of a statement or of a loop.
  void declare(const std::string& name) {
    int found = 0;
    for (std::size_t i = 0; i < place_.tokens.size() && found < 2; ++i) {
      const CodeToken& token = place_.tokens[i];
      const int line = place_.lines.line_of(token.start);
      if (token.in(place_.text) != name || line < around_.first || line > around_.last) continue;
      const std::string_view before = i > 0 ? place_.tokens[i - 1].in(place_.text) : "";
      const std::string_view behind =
          i + 1 < place_.tokens.size() ? place_.tokens[i + 1].in(place_.text) : "";
      const bool begins = token.start == code_start(line) || before == "(" || before == "{" ||
                          before == ";" || before == "for" || before == "if";
      const bool is_set = behind == "=" || behind == ":" || behind == "of" || behind == "in" ||
                          behind == "{" || behind == ";" || behind == ",";
      if (!begins || !is_set) continue;
      ++found;
      double chance = behind == "=" || before == "(" ? kDeclares : kDeclares * 0.7;
      for (const std::string_view word : words_->declare) {
        insert(token.start, word, chance, line);
        chance *= 0.9;
      }
      for (const std::string_view type : declared_types()) {
        insert(token.start, std::string(type) + " ", chance, line);
        chance *= 0.9;
      }
    }
  }

  // Languages that declare by a type.
  std::span<const std::string_view> declared_types() const {
    const bool is_c = place_.language->name == "cpp" || place_.language->name == "c";
    return is_c ? common_types(place_.language) : std::span<const std::string_view>();
  }

  // What has a body and does not say what it is: "Names(of string) {".
  void define(int line) {
    const std::string_view head = code(line);
    const std::size_t last = head.find_last_not_of(" \t\r");
    const std::size_t name_end = head.find_first_of("( {:<");
    if (last == head.npos || name_end == head.npos || name_end == 0) return;
    const std::string_view first = head.substr(0, head.find_first_of(" (<{:"));
    if (head[last] != '{' && head[last] != ':') return;
    if (std::ranges::find(kBegins, first) != std::end(kBegins) && first != "pub" &&
        first != "export" && first != "static")
      return;
    const bool has_modifier = first == "pub" || first == "export" || first == "static";
    const std::size_t at = code_start(line) + (has_modifier ? first.size() + 1 : 0);
    double chance = kDeclares * 0.95;
    for (const std::string_view word : words_->function) {
      insert(at, word, chance, line);
      chance *= 0.9;
    }
    for (const std::string_view type : declared_types()) {
      insert(at, std::string(type) + " ", chance, line);
      chance *= 0.93;
    }
  }

  // A value that goes nowhere: on the line, or, where the function as a whole gives nothing back, on
  // any of its lines, the last first.
  void give_back() {
    const bool is_said = says(
        message_, {"return", "expected 1 expression", "not used", "unused", "no effect", "NoneType",
                   "expected `()`", "void", "incompatible types", "mismatched types", "undefined"});
    const double chance = is_said ? kReturns : kReturnsPerhaps;
    return_on(line_, chance);
    double order = 0.9;
    for (int line = around_.last; line >= around_.first; --line) {
      if (line == line_ || !is_value(code(line))) continue;
      return_on(line, chance * order);
      order *= 0.85;
    }
  }
  void return_on(int line, double chance) {
    const std::string_view statement = code(line);
    if (statement.empty()) return;
    if (is_value(statement)) insert(code_start(line), "return ", chance, line);
    // Behind what leads in: "case 1: f();", "if (a) b;", "_ => value,".
    for (const std::string_view lead : {"=> ", ") ", ": ", "{ ", "else "})
      if (const std::size_t at = statement.find(lead); at != statement.npos)
        insert(code_start(line) + at + lead.size(), "return ", chance * 0.8, line);
  }
  static bool is_value(std::string_view statement) {
    const std::string_view first = statement.substr(0, statement.find_first_of(" (<{:;.,"));
    if (std::ranges::find(kBegins, first) != std::end(kBegins)) return false;
    if (statement.empty() ||
        std::string_view("})]#/@*").find(statement[0]) != std::string_view::npos)
      return false;
    for (const std::string_view sets : {" = ", " += ", " -= ", " := ", "++", "--"})
      if (statement.find(sets) != statement.npos) return false;
    return true;
  }

  // A makefile's commands begin with a tab: this line, and those like it that follow.
  void put_tabs() {
    if (!says(message_, {"missing separator"})) return;
    Candidate candidate{place_.path, {}, fmt::format("line {} may begin with a tab", line_), kTabs};
    for (int line = line_; line <= place_.lines.count() && text(line).starts_with(' '); ++line)
      candidate.edits.push_back(
          {place_.lines.start(line), place_.lines.start(line) + indent_bytes(text(line)), "\t"});
    if (!candidate.edits.empty()) candidates_.push_back(std::move(candidate));
  }

  // Python: the line, or the one above, by one step to either side, or as its neighbours stand.
  void indent() {
    const bool is_said =
        says(message_, {"indent"}) || says(place_.diagnostic.code, {"Indentation"});
    const double chance = is_said ? kMoved : kMovedPerhaps;
    for (const int line : {line_, line_ - 1, line_ + 1}) {
      if (line < 1 || line > place_.lines.count() || code(line).empty()) continue;
      const std::size_t now = indent_bytes(text(line));
      std::set<std::size_t> wanted = {now + kStep, now >= kStep ? now - kStep : now};
      for (const int other : {line - 1, line + 1})
        if (other >= 1 && other <= place_.lines.count() && !code(other).empty()) {
          wanted.insert(indent_bytes(text(other)));
          wanted.insert(indent_bytes(text(other)) + kStep);
        }
      double order = line == line_ ? 1 : 0.7;
      for (const std::size_t to : wanted) {
        if (to == now) continue;
        const std::size_t start = place_.lines.start(line);
        candidates_.push_back(
            {place_.path,
             {{start, start + now, std::string(to, ' ')}},
             fmt::format("line {} may stand {}", line, to > now ? "further right" : "further left"),
             chance * order});
        order *= 0.95;
      }
    }
  }

  void drop(int line, double chance, std::string_view why) {
    candidates_.push_back({place_.path,
                           {{place_.lines.start(line), place_.lines.start(line + 1), ""}},
                           fmt::format("line {} {}", line, why),
                           chance});
  }
  void drop_unused() {
    if (says(message_, {"not used", "is never read", "never used", "unused", "imported but"}) &&
        !says(message_, {"evaluated but"}))
      drop(line_, kDropped, "is not used");
  }
  void drop_doubled() {
    for (int line = std::max(2, line_ - 1); line <= std::min(line_ + 1, place_.lines.count());
         ++line)
      if (!code(line).empty() && text(line) == text(line - 1)) drop(line, kDoubled, "stands twice");
  }

  static constexpr std::size_t kStep = 4;

  const RepairPlace& place_;
  const std::string_view message_;
  const int line_;
  std::vector<Candidate>& candidates_;
  const LanguageWords* words_ = nullptr;
  LineSpan around_;
};

}  // namespace

void propose_statements(const RepairPlace& place, std::vector<Candidate>& candidates) {
  StatementEngine(place, candidates).run();
}

}  // namespace curlew::assist
