// Tokens that fingers put where they do not belong: typed twice, in the wrong order, not meant at all;
// and what is gone between two that cannot stand side by side. Of the complaint's line and the end of
// the one above.
#include <algorithm>

#include "lsp/assist/repair/candidate.h"
#include "lsp/assist/repair/vocabulary.h"

namespace curlew::assist {
namespace {

constexpr std::size_t kTokensBefore = 16, kTokensBehind = 10;  // of the complaint's place
constexpr std::size_t kNamesMax = 8;                           // that may be gone
constexpr double kTwice = 0.85;                    // a word, or an operator that no code doubles
constexpr double kTaken = 0.32, kExchanged = 0.3;  // one out, two in the other order
constexpr double kBetween = 0.55;                  // an operator between two values
constexpr double kValue = 0.45;                    // a name where a value should stand
constexpr double kFarther = 0.04;                  // less, for each token away

class StrayEngine {
 public:
  StrayEngine(const RepairPlace& place, std::vector<Candidate>& candidates)
      : place_(place), own_words_(own_words(place.language)), candidates_(candidates) {}

  void run() {
    const std::size_t here = first_token_at(place_.tokens, place_.offset);
    const std::size_t first = here - std::min(here, kTokensBefore);
    const std::size_t end = std::min(here + kTokensBehind, place_.tokens.size());
    for (std::size_t i = first; i < end; ++i) {
      nearness_ = 1 - kFarther * static_cast<double>(i > here ? i - here : here - i);
      if (line_of(i) < place_.diagnostic.place.line - 1) continue;
      take_out(i);
      exchange_with_next(i);
      if (i + 1 < place_.tokens.size()) put_between(i);
    }
  }

 private:
  std::string_view word(std::size_t i) const {
    return i < place_.tokens.size() ? place_.tokens[i].in(place_.text) : std::string_view();
  }
  int line_of(std::size_t i) const { return place_.lines.line_of(place_.tokens[i].start); }
  bool is_on_line_of_next(std::size_t i) const {
    return i + 1 < place_.tokens.size() && line_of(i) == line_of(i + 1);
  }
  bool is_one_of(std::size_t i, std::initializer_list<std::string_view> words) const {
    return std::ranges::find(words, word(i)) != words.end();
  }
  bool is_name(std::size_t i) const {
    return i < place_.tokens.size() && place_.tokens[i].kind == TokenKind::kWord &&
           std::ranges::find(own_words_, word(i)) == own_words_.end();
  }
  bool is_value_end(std::size_t i) const {
    return is_name(i) || is_one_of(i, {")", "]"}) || is_literal(i);
  }
  bool is_literal(std::size_t i) const {
    return i < place_.tokens.size() && (place_.tokens[i].kind == TokenKind::kNumber ||
                                        place_.tokens[i].kind == TokenKind::kString);
  }

  void add(TextEdit edit, double chance, std::string why) {
    candidates_.push_back({place_.path, {std::move(edit)}, std::move(why), chance * nearness_});
  }

  // With the blanks that set it apart.
  void take_out(std::size_t i) {
    const bool is_twice =
        i > 0 && word(i) == word(i - 1) && !is_one_of(i, {"(", ")", "[", "]", "}"});
    const std::size_t start =
        i > 0 && line_of(i - 1) == line_of(i) ? place_.tokens[i - 1].end : place_.tokens[i].start;
    const bool keeps_blank = i > 0 && is_name(i - 1) && is_name(i + 1);
    add({keeps_blank ? place_.tokens[i].start : start, place_.tokens[i].end, ""},
        is_twice ? kTwice : kTaken,
        is_twice ? fmt::format("`{}` stands twice on line {}", word(i), line_of(i))
                 : fmt::format("`{}` may be too many on line {}", word(i), line_of(i)));
  }

  void exchange_with_next(std::size_t i) {
    if (!is_on_line_of_next(i) || word(i) == word(i + 1)) return;
    const std::size_t start = place_.tokens[i].start, end = place_.tokens[i + 1].end;
    const std::string_view between =
        place_.text.substr(place_.tokens[i].end, place_.tokens[i + 1].start - place_.tokens[i].end);
    add({start, end, fmt::format("{}{}{}", word(i + 1), between, word(i))}, kExchanged,
        fmt::format("`{}` may come before `{}`", word(i + 1), word(i)));
  }

  void put_between(std::size_t i) {
    const std::size_t at = place_.tokens[i].end;
    const bool begins_value = is_name(i + 1) || is_literal(i + 1);
    if (is_on_line_of_next(i) && is_value_end(i) && begins_value)
      for (const std::string_view op : operators())
        add({at, place_.tokens[i + 1].start, std::string(op)}, kBetween,
            fmt::format("`{}` may be missing between `{}` and `{}`", op, word(i), word(i + 1)));
    const bool lacks_value =
        is_one_of(i, {"(",  ",", "=", "return", "[",  "+",   "-",  "*",  "/",  "&&",  "||", "==",
                      "!=", "<", ">", "and",    "or", "not", "in", ":=", "if", "for", "!"}) &&
        is_one_of(i + 1, {",", ")", "]", ";", ".", "->", "[", "=", ":=", "==", "in", ":"}) &&
        !(word(i) == "(" && word(i + 1) == ")");
    if (lacks_value || (!is_on_line_of_next(i) && is_one_of(i, {"=", "+", "==", ":="})))
      for (const std::string_view name : names_near(i)) put_name(i, name);
  }

  void put_name(std::size_t i, std::string_view name) {
    const std::size_t at = place_.tokens[i].end;
    const bool is_apart = word(i) != "(" && word(i) != "[" && word(i) != "!";
    add({at, at, fmt::format("{}{}", is_apart ? " " : "", name)}, kValue,
        fmt::format("`{}` may be missing behind `{}`", name, word(i)));
  }

  std::vector<std::string_view> operators() const {
    const std::string_view language = place_.language == nullptr ? "" : place_.language->name;
    if (language == "python") return {" = ", ", ", ".", " == ", " in ", " + ", ": ", " and "};
    if (language == "go") return {" := ", " = ", ", ", ".", " == ", " + ", ": "};
    if (language == "rust") return {" = ", ", ", ".", "::", ": ", " == ", " + ", " in "};
    return {" = ", ", ", ".", "->", "::", " == ", " + ", ": "};
  }

  // The nearest names, before and behind; what methods call their own object first of all.
  std::vector<std::string_view> names_near(std::size_t i) const {
    std::vector<std::string_view> names;
    const auto add_name = [&](std::size_t j) {
      if (j < place_.tokens.size() && names.size() < kNamesMax && (is_name(j) || is_self(j)) &&
          std::ranges::find(names, word(j)) == names.end())
        names.push_back(word(j));
    };
    for (std::size_t away = 1; away < 60 && names.size() < kNamesMax; ++away) {
      if (away <= i) add_name(i - away);
      add_name(i + away);
    }
    if (place_.language != nullptr && place_.language->name == "python")
      names.insert(names.begin(), "self");
    return names;
  }
  bool is_self(std::size_t i) const { return is_one_of(i, {"self", "this"}); }

  const RepairPlace& place_;
  const std::span<const std::string_view> own_words_;
  std::vector<Candidate>& candidates_;
  double nearness_ = 1;
};

}  // namespace

void propose_strays(const RepairPlace& place, std::vector<Candidate>& candidates) {
  StrayEngine(place, candidates).run();
}

}  // namespace curlew::assist
