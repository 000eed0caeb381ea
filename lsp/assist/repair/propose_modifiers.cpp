// `const`, `mut` and their like, and the marks of references: too many, missing, or another one.
#include <algorithm>

#include "lsp/assist/repair/candidate.h"
#include "lsp/assist/repair/slips.h"

namespace curlew::assist {
namespace {

constexpr double kSaid = 0.8, kPerhaps = 0.3;  // where the message speaks of such things, or not
constexpr double kMismatch = 0.6;              // a declaration and a definition that differ
constexpr int kNamesBack = 4;                  // tokens between `const` and the name it is said of

class ModifierEngine {
 public:
  ModifierEngine(const RepairPlace& place, std::vector<Candidate>& candidates)
      : place_(place), message_(place.diagnostic.message), candidates_(candidates) {}

  void run() {
    if (place_.language == nullptr) return;
    const std::string_view language = place_.language->name;
    around_ = lines_around(place_);
    const int line = place_.diagnostic.place.line;
    if (language == "cpp" || language == "c" || language == "cuda") {
      run_cpp(line);
    } else if (language == "rust") {
      run_rust(line);
    } else if (language == "typescript" || language == "javascript" || language == "tsx") {
      const bool is_said = says(message_, {"constant", "read-only", "readonly"});
      for_declarations([&](std::size_t i, double weight) {
        if (word(i) == "const") replace(i, "let", is_said ? kSaid * weight : kPerhaps * weight);
        if (word(i) == "readonly") drop(i, is_said ? kSaid * weight : kPerhaps * weight);
      });
    }
    references(line, language);
  }

 private:
  std::string_view word(std::size_t i) const {
    return i < place_.tokens.size() ? place_.tokens[i].in(place_.text) : std::string_view();
  }
  int line_of(std::size_t i) const { return place_.lines.line_of(place_.tokens[i].start); }

  // Every token of the lines around; those that stand before a name which the message, or the
  // complaint's column, points at count fully, the others half.
  template <class Visit>
  void for_declarations(Visit visit) {
    std::vector<std::string> names = names_in(message_);
    const std::size_t here = first_token_at(place_.tokens, place_.offset);
    if (here < place_.tokens.size()) names.emplace_back(word(here));
    for (std::size_t i = 0; i < place_.tokens.size(); ++i) {
      bool is_meant = false;
      for (std::size_t j = i + 1; j <= i + kNamesBack && j < place_.tokens.size(); ++j)
        is_meant |= std::ranges::find(names, word(j)) != names.end();
      const bool is_near = line_of(i) >= around_.first && line_of(i) <= around_.last;
      if (is_meant || is_near) visit(i, is_meant && is_near ? 1.0 : 0.6);
    }
  }

  void run_cpp(int line) {
    // A member function that is const in its class only, or in its definition only: the message
    // quotes it, `const` and all, whatever differs.
    const bool is_mismatch = says(message_, {"no declaration matches", "does not match"});
    const bool is_said = says(message_, {"const", "read-only", "discards qualifiers"});
    const double chance = is_mismatch ? kMismatch : is_said ? kSaid : kPerhaps;
    for_declarations([&](std::size_t i, double weight) {
      if (word(i) == "const") drop(i, chance * weight);
    });
    for (const int at : {line, around_.first}) {
      const std::size_t close = place_.lines.text(at).rfind(") {");
      if (close == std::string_view::npos) continue;
      const std::size_t behind = place_.lines.start(at) + close + 1;
      add({behind, behind, " const"}, chance, "`const` is missing");
    }
  }

  void run_rust(int line) {
    const bool is_said = says(message_, {"mutab", "immutable", "types differ in mut", "&mut",
                                         "cannot borrow", "cannot assign"});
    const bool notes_say = std::ranges::any_of(place_.diagnostic.notes, [](const auto& note) {
      return says(note.message, {"mutab", "&mut"});
    });
    const double chance = is_said || notes_say ? kSaid : kPerhaps;
    for_declarations([&](std::size_t i, double weight) {
      const bool has_mut = word(i + 1) == "mut";
      const bool on_line = line_of(i) == line;
      if (word(i) == "let" && !has_mut) insert_behind(i, " mut", chance * weight);
      if (word(i) == "&" && !has_mut)
        insert_behind(i, "mut ", chance * (on_line ? 1.0 : weight * 0.8));
      if (word(i) == "mut") drop(i, chance * weight * 0.6);
    });
  }

  // A reference or a pointer taken, followed, or neither.
  void references(int line, std::string_view language) {
    const bool has_marks = language == "cpp" || language == "c" || language == "cuda" ||
                           language == "go" || language == "rust";
    if (!has_marks) return;
    const bool is_said =
        says(message_, {"pointer", "reference", "type", "cannot bind", "cannot use", "&", "*",
                        "no declaration matches", "no match for", "convert"});
    const double chance = is_said ? 0.55 : 0.25;
    for (std::size_t i = 0; i < place_.tokens.size(); ++i) {
      if (line_of(i) != line) continue;
      const std::string_view before = i > 0 ? word(i - 1) : "";
      const bool begins_value = before == "(" || before == "," || before == "=" || before == ":=" ||
                                before == "return" || before == "in" || before == "range" ||
                                before == ":" || before == "==";
      const bool is_name = place_.tokens[i].kind == TokenKind::kWord;
      const std::size_t start = place_.tokens[i].start, end = place_.tokens[i].end;
      if (begins_value && is_name)
        for (const char* mark : {"&", "*"})
          add({start, start, mark}, chance,
              fmt::format("`{}` is missing before `{}`", mark, word(i)));
      // C++: "const Matrix& m"
      const bool is_type =
          is_name && i + 1 < place_.tokens.size() && place_.tokens[i + 1].kind == TokenKind::kWord;
      if (language != "go" && language != "rust" && (is_type || word(i) == ">"))
        for (const char* mark : {"&", "*"})
          add({end, end, mark}, chance, fmt::format("`{}` is missing behind `{}`", mark, word(i)));
      const bool is_mark = word(i) == "&" || word(i) == "*";
      if (is_mark) add({start, end, ""}, chance, fmt::format("`{}` is too many", word(i)));
      if (word(i) == ".") add({start, end, "::"}, 0.5, "`.` may be `::`");
      if (word(i) == "::") add({start, end, "."}, 0.5, "`::` may be `.`");
    }
  }

  void add(TextEdit edit, double chance, std::string why) {
    candidates_.push_back({place_.path, {std::move(edit)}, std::move(why), chance});
  }
  void replace(std::size_t i, std::string to, double chance) {
    std::string why = fmt::format("`{}` may be `{}`", word(i), to);
    add({place_.tokens[i].start, place_.tokens[i].end, std::move(to)}, chance, std::move(why));
  }
  void insert_behind(std::size_t i, std::string what, double chance) {
    std::string why = fmt::format("`{}` is missing behind `{}`", what, word(i));
    add({place_.tokens[i].end, place_.tokens[i].end, std::move(what)}, chance, std::move(why));
  }
  void drop(std::size_t i, double chance) {
    if (i + 1 >= place_.tokens.size()) return;
    add({place_.tokens[i].start, place_.tokens[i + 1].start, ""}, chance,
        fmt::format("`{}` may be too many", word(i)));
  }

  const RepairPlace& place_;
  const std::string_view message_;
  std::vector<Candidate>& candidates_;
  LineSpan around_;
};

}  // namespace

void propose_modifiers(const RepairPlace& place, std::vector<Candidate>& candidates) {
  ModifierEngine(place, candidates).run();
}

}  // namespace curlew::assist
