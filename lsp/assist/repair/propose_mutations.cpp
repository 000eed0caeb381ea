// One token changed for its neighbour in meaning: what a slip of the mind makes, undone.
#include <algorithm>
#include <set>
#include <tuple>

#include "lsp/assist/repair/expressions.h"

namespace curlew::assist {
namespace {

struct Swap {
  std::string_view from, to;
  double weight;  // how often it is that
};
// clang-format off
constexpr Swap kSwaps[] = {
    {"<", "<=", 1}, {"<=", "<", 1}, {">", ">=", 1}, {">=", ">", 1}, {"==", "!=", .9}, {"!=", "==", .9},
    {"<", ">", .8}, {">", "<", .8}, {"<=", ">=", .8}, {">=", "<=", .8}, {"<", ">=", .3}, {">", "<=", .3},
    {"<=", ">", .3}, {">=", "<", .3}, {"===", "!==", .9}, {"!==", "===", .9}, {"==", "<=", .15}, {"==", ">=", .15},
    {"+", "-", .9}, {"-", "+", .9}, {"*", "/", .7}, {"/", "*", .7}, {"*", "+", .6}, {"+", "*", .5}, {"-", "*", .3},
    {"/", "//", .6}, {"//", "/", .6}, {"%", "/", .5}, {"/", "%", .5}, {"%", "*", .3}, {"*", "**", .4}, {"**", "*", .5},
    {"&&", "||", .9}, {"||", "&&", .9}, {"and", "or", .9}, {"or", "and", .9}, {"&", "|", .6}, {"|", "&", .6},
    {"&", "&&", .3}, {"|", "||", .3}, {"^", "|", .3}, {"^", "&", .3}, {"<<", ">>", .7}, {">>", "<<", .7},
    {"+=", "-=", .9}, {"-=", "+=", .9}, {"*=", "/=", .6}, {"/=", "*=", .6}, {"+=", "=", .6}, {"-=", "=", .4},
    {"*=", "+=", .5}, {"//", "%", .4}, {"%", "//", .3}, {"|=", "&=", .6}, {"&=", "|=", .6}, {"^=", "&=", .6}, {"^=", "|=", .6}, {"&=", "^=", .3}, {"|=", "^=", .3}, {"^", "**", .3}, {"++", "--", .8}, {"--", "++", .8}, {"=", "==", .4}, {"==", "=", .3},
    {"true", "false", .9}, {"false", "true", .9}, {"True", "False", .9}, {"False", "True", .9},
    {"min", "max", .9}, {"max", "min", .9}, {"break", "continue", .8}, {"continue", "break", .8},
    {"any", "all", .7}, {"all", "any", .7}, {"first", "last", .4}, {"last", "first", .4}, {"append", "extend", .4},
    {"extend", "append", .4}, {"..", "..=", .8}, {"..=", "..", .8}, {".", "->", .4}, {"->", ".", .4},
    {"in", "not in", .6}, {"is", "is not", .7}, {"Some", "None", .2}, {"Ok", "Err", .3}, {"Err", "Ok", .3},
    {"left", "right", .6}, {"right", "left", .6}, {"start", "end", .6}, {"end", "start", .6}, {"lower", "upper", .6},
    {"upper", "lower", .6}, {"floor", "ceil", .6}, {"ceil", "floor", .6}, {"width", "height", .5}, {"height", "width", .5},
    {"x", "y", .5}, {"y", "x", .5}, {"row", "col", .5}, {"col", "row", .5}, {"push", "pop", .3}, {"startswith", "endswith", .6},
    {"endswith", "startswith", .6}, {"starts_with", "ends_with", .6}, {"ends_with", "starts_with", .6}, {"let", "let mut", .4},
    {"int", "long", .2}, {"val", "var", .4}, {"const", "let", .4}};
// clang-format on
constexpr std::size_t kNamesTried = 8;  // others for one name
constexpr std::size_t kMutationsMax = 600, kAllMax = 10'000;
constexpr double kOnLine = 0.3, kAround = 0.12;  // chances, for a compiler's complaint

// What stands for no name that could be another's: words of statements, of values, of types.
bool is_keyword_like(std::string_view word) {
  static const std::set<std::string_view> kWords = {
      "struct", "auto",      "int",     "void",      "bool",    "char",      "double",   "float",
      "long",   "static",    "self",    "this",      "None",    "True",      "False",    "true",
      "false",  "null",      "nullptr", "public",    "private", "protected", "switch",   "catch",
      "throw",  "pub",       "impl",    "use",       "string",  "String",    "unsigned", "size_t",
      "std",    "range",     "nil",     "undefined", "typeof",  "default",   "package",  "go",
      "type",   "interface", "final",   "override"};
  return Expressions::is_keyword(word) || kWords.contains(word);
}

class Mutator {
 public:
  Mutator(std::string_view path, std::string_view text, std::vector<CodeToken> tokens,
          double chance, bool is_python)
      : path_(path),
        text_(text),
        tokens_(std::move(tokens)),
        chance_(chance),
        is_python_(is_python) {}

  std::vector<Candidate> run() {
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      swap(i);
      change_number(i);
      drop_negation(i);
      put_negation(i);
      shift(i);
      change_name(i);
      swap_arguments(i);
      accumulate(i);
    }
    return std::move(out_);
  }

 private:
  std::string_view word(std::size_t i) const {
    return i < tokens_.size() ? tokens_[i].in(text_) : std::string_view();
  }
  void add(std::size_t start, std::size_t end, std::string text, double weight) {
    const std::string why =
        end > start ? fmt::format("`{}` may be `{}`", text_.substr(start, end - start), text)
                    : fmt::format("`{}` may be missing", text);
    out_.push_back({std::string(path_), {{start, end, std::move(text)}}, why, chance_ * weight});
  }

  void swap(std::size_t i) {
    for (const Swap& s : kSwaps)
      if (word(i) == s.from) add(tokens_[i].start, tokens_[i].end, std::string(s.to), s.weight);
  }

  // "total = x", which may add to it; not where a name is declared.
  void accumulate(std::size_t i) {
    if (word(i) != "=" || i == 0) return;
    const std::size_t line = text_.rfind('\n', tokens_[i].start) + 1;
    std::size_t first = i;
    while (first > 0 && tokens_[first - 1].start >= line && word(first - 1) != ";" &&
           word(first - 1) != "{" && word(first - 1) != ")")
      --first;
    for (std::size_t j = first; j + 1 < i; ++j)
      if (tokens_[j].kind == TokenKind::kWord && tokens_[j + 1].kind == TokenKind::kWord) return;
    double weight = 0.7;
    for (const char* op : {"+=", "-=", "*=", "|="}) {
      add(tokens_[i].start, tokens_[i].end, op, weight);
      weight *= 0.75;
    }
  }

  void change_number(std::size_t i) {
    const std::string_view digits = word(i);
    if (tokens_[i].kind != TokenKind::kNumber || digits.size() > 9 ||
        digits.find_first_not_of("0123456789") != digits.npos)
      return;
    const long value = std::stol(std::string(digits));
    add(tokens_[i].start, tokens_[i].end, fmt::format("{}", value + 1), 0.85);
    if (value > 0) add(tokens_[i].start, tokens_[i].end, fmt::format("{}", value - 1), 0.85);
    if (value == 0) add(tokens_[i].start, tokens_[i].end, "-1", 0.4);
    if (value == 1 && i > 0 && word(i - 1) == "-")
      add(tokens_[i - 1].start, tokens_[i].end, "0", 0.5);
  }

  void drop_negation(std::size_t i) {
    if (word(i) == "!" || word(i) == "not") {
      const std::size_t next = i + 1 < tokens_.size() ? tokens_[i + 1].start : tokens_[i].end;
      add(tokens_[i].start, next, "", 0.9);
    }
  }

  // What a condition, or a part of one, begins with.
  void put_negation(std::size_t i) {
    const std::string_view here = word(i), before = i > 0 ? word(i - 1) : "";
    const bool opens = here == "(" && (before == "if" || before == "while");
    const bool begins = here == "if" || here == "while" || here == "elif";
    const bool joins = here == "&&" || here == "||" || here == "and" || here == "or";
    const bool ends = here == "return" || here == "=" || here == "=>";
    if ((!opens && !begins && !joins && !ends) || i + 1 >= tokens_.size()) return;
    if (tokens_[i + 1].kind != TokenKind::kWord || word(i + 1) == "not") return;
    add(tokens_[i + 1].start, tokens_[i + 1].start, is_python_ ? "not " : "!",
        opens || begins ? 0.7
        : joins         ? 0.55
                        : 0.3);
  }

  // x + 1 and x - 1 lose it; x in brackets or behind a comparison may lack it.
  void shift(std::size_t i) {
    const bool is_step = word(i) == "1" && i > 0 && (word(i - 1) == "+" || word(i - 1) == "-");
    if (is_step && i > 1) add(tokens_[i - 2].end, tokens_[i].end, "", 0.9);  // before "+ 0"
    const bool ends_value = word(i) == "]" || word(i) == ")" || word(i) == ":" || word(i) == ",";
    if (!ends_value || i == 0 || tokens_[i - 1].kind == TokenKind::kString) return;
    const bool has_value =
        tokens_[i - 1].kind == TokenKind::kWord || word(i - 1) == ")" || word(i - 1) == "]";
    if (!has_value || is_keyword_like(word(i - 1))) return;
    const double weight = word(i) == "]" ? 0.5 : 0.3;
    for (const char* step : {" + 1", " - 1"})
      add(tokens_[i - 1].end, tokens_[i - 1].end, step, weight);
  }

  // The name that the statement of the token declares before it; "" where it declares none.
  std::string_view declared_by(std::size_t i) const {
    for (std::size_t j = i; j-- > 1;) {
      const std::string_view here = word(j);
      if (here == ";" || here == "{" || here == "}") return {};
      const bool is_set = here == "=" || here == ":=";
      const bool is_declared = here == ":=" || (j > 1 && tokens_[j - 2].kind == TokenKind::kWord);
      if (is_set && is_declared && tokens_[j - 1].kind == TokenKind::kWord) return word(j - 1);
    }
    return {};
  }

  // Another name of the same surroundings: the nearest first.
  void change_name(std::size_t i) {
    if (tokens_[i].kind != TokenKind::kWord || is_keyword_like(word(i))) return;
    const bool is_call = word(i + 1) == "(",
               is_member = i > 0 && (word(i - 1) == "." || word(i - 1) == "->");
    std::vector<std::pair<std::size_t, std::string_view>> others;
    // A name that is being declared has no value yet: "int n = n" compiles, and is never meant.
    std::set<std::string_view> seen = {word(i), declared_by(i)};
    for (std::size_t away = 1; away < tokens_.size() && others.size() < kNamesTried; ++away)
      for (const std::size_t j : {i - away, i + away}) {
        if (j >= tokens_.size() || tokens_[j].kind != TokenKind::kWord || is_keyword_like(word(j)))
          continue;
        const bool same_use = (word(j + 1) == "(") == is_call &&
                              (j > 0 && (word(j - 1) == "." || word(j - 1) == "->")) == is_member;
        if (same_use && seen.insert(word(j)).second) others.emplace_back(away, word(j));
      }
    double weight = 0.45;
    for (const auto& [away, name] : others) {
      add(tokens_[i].start, tokens_[i].end, std::string(name), weight);
      weight *= 0.9;
    }
  }

  // f(a, b): the comma at i, with simple arguments on both sides.
  void swap_arguments(std::size_t i) {
    if (word(i) != "," || i == 0 || i + 1 >= tokens_.size()) return;
    const std::size_t left = argument_begin(i), right = argument_end(i);
    if (left >= i || right <= i + 1 || right > tokens_.size()) return;
    const std::size_t a0 = tokens_[left].start, a1 = tokens_[i - 1].end;
    const std::size_t b0 = tokens_[i + 1].start, b1 = tokens_[right - 1].end;
    if (a1 - a0 > 60 || b1 - b0 > 60) return;
    std::string swapped(text_.substr(b0, b1 - b0));
    swapped += text_.substr(a1, b0 - a1);
    swapped += text_.substr(a0, a1 - a0);
    add(a0, b1, std::move(swapped), i - left == 1 && right - i == 2 ? 0.75 : 0.5);
  }
  std::size_t argument_begin(std::size_t comma) const {
    int depth = 0;
    for (std::size_t j = comma; j-- > 0;) {
      const std::string_view w = word(j);
      if (w == ")" || w == "]" || w == "}") ++depth;
      if (w == "(" || w == "[" || w == "{") {
        if (depth-- == 0) return j + 1;
      }
      if (depth == 0 && (w == "," || w == ";")) return j + 1;
    }
    return comma;
  }
  std::size_t argument_end(std::size_t comma) const {
    int depth = 0;
    for (std::size_t j = comma + 1; j < tokens_.size(); ++j) {
      const std::string_view w = word(j);
      if (w == "(" || w == "[" || w == "{") ++depth;
      if (w == ")" || w == "]" || w == "}") {
        if (depth-- == 0) return j;
      }
      if (depth == 0 && (w == "," || w == ";")) return j;
    }
    return comma;
  }

  std::string_view path_, text_;
  std::vector<CodeToken> tokens_;
  double chance_;
  bool is_python_;
  std::vector<Candidate> out_;
};

}  // namespace

std::vector<Candidate> mutations_of(std::string_view path, std::string_view text,
                                    const indexer::Language* language, std::size_t start,
                                    std::size_t end, double chance, std::string_view told,
                                    Breadth breadth) {
  const std::vector<CodeToken> tokens = code_tokens(text, language);
  const MutatedCode code{path, text, language, tokens, start, end, chance};
  const auto own = code.own();
  std::vector<Candidate> all = Mutator(path, text, {own.begin(), own.end()}, chance,
                                       language != nullptr && language->name == "python")
                                   .run();
  mutate_lines(code, all);
  mutate_lost(code, all);
  mutate_literals(code, told, all);
  if (breadth == Breadth::kAll) {
    mutate_any(code, all);
    mutate_parts(code, all);
  }
  std::ranges::stable_sort(
      all, [](const Candidate& a, const Candidate& b) { return a.chance > b.chance; });
  const std::size_t most = breadth == Breadth::kAll ? kAllMax : kMutationsMax;
  std::vector<Candidate> kept;
  std::set<std::tuple<std::size_t, std::size_t, std::string>> seen;  // by their only edit
  for (Candidate& candidate : all) {
    if (kept.size() == most) break;
    const TextEdit& edit = candidate.edits.front();
    const bool is_new =
        candidate.edits.size() > 1 || seen.insert({edit.start, edit.end, edit.text}).second;
    if (is_new) kept.push_back(std::move(candidate));
  }
  return kept;
}

// Of a compiler's complaint: on its line, and, less likely, in the definition around it.
void propose_mutations(const RepairPlace& place, std::vector<Candidate>& candidates) {
  const int line = place.diagnostic.place.line;
  const auto add = [&](std::size_t start, std::size_t end, double chance) {
    for (Candidate& candidate :
         mutations_of(place.path, place.text, place.language, start, end, chance))
      candidates.push_back(std::move(candidate));
  };
  add(place.lines.start(line), place.lines.end(line), kOnLine);
  if (place.language == nullptr) return;
  indexer::Parser parser;
  const indexer::ParsedFile parsed = parser.parse(*place.language, place.text);
  const indexer::Symbol* around = nullptr;
  for (const indexer::Symbol& symbol : parsed.symbols)
    if (symbol.range.start_byte <= place.offset && place.offset < symbol.range.end_byte &&
        symbol.kind <= indexer::SymbolKind::kConstructor)
      around = &symbol;
  if (around != nullptr) add(around->range.start_byte, around->range.end_byte, kAround);
}

}  // namespace curlew::assist
