#include <algorithm>
#include <map>
#include <set>

#include "lsp/assist/repair/mutations.h"
#include "lsp/assist/repair/slips.h"
#include "lsp/assist/repair/vocabulary.h"

namespace curlew::assist {
namespace {

constexpr double kTerm = 0.6, kCall = 0.6;
constexpr double kNextPlace = 0.97;
constexpr std::size_t kUnusedMax = 3;
constexpr std::size_t kPlacesMax = 24;  // of one name

class LostMutator {
 public:
  LostMutator(const MutatedCode& code, std::vector<Candidate>& out)
      : code_(code), own_(code.own()), out_(out) {}

  void run() {
    std::size_t count = 0;
    for (const auto& [at, name] : unused_names())
      if (count++ < kUnusedMax) put_term(at, name);
    count = 0;
    for (const std::string_view name : uncalled_functions())
      if (count++ < kUnusedMax) put_call(name);
  }

 private:
  std::string_view word(std::size_t i) const {
    return i < own_.size() ? own_[i].in(code_.text) : std::string_view();
  }
  bool is_own_word(std::string_view name) const {
    const auto words = own_words(code_.language);
    return std::ranges::find(words, name) != words.end();
  }

  // Parameters and variables that stand where they are declared and nowhere else in the code.
  std::vector<std::pair<std::size_t, std::string_view>> unused_names() const {
    std::map<std::string_view, int> counts;
    for (const CodeToken& token : own_)
      if (token.kind == TokenKind::kWord) ++counts[token.in(code_.text)];
    std::vector<std::pair<std::size_t, std::string_view>> found;
    int depth = 0;
    bool in_head = true;  // up to the body
    for (std::size_t i = 1; i < own_.size(); ++i) {
      if (word(i) == "(") ++depth;
      if (word(i) == ")") --depth;
      if (depth == 0 && (word(i) == "{" || word(i) == ":" || word(i) == "=>")) in_head = false;
      const std::string_view name = word(i), before = word(i - 1), behind = word(i + 1);
      if (own_[i].kind != TokenKind::kWord || counts[name] != 1 || is_own_word(name)) continue;
      if (!is_name(name) || name[0] == '_' || std::isupper(static_cast<unsigned char>(name[0])))
        continue;
      const bool is_member = before == "." || before == "->" || before == "::";
      const bool is_parameter = in_head && depth > 0 &&
                                (behind == "," || behind == ")" || behind == ":" || behind == "=" ||
                                 own_kind(i + 1) == TokenKind::kWord);
      const bool is_variable = behind == "=" || behind == ":=" || behind == "," || before == "," ||
                               before == "let" || before == "const" || before == "mut";
      if (!is_member && behind != "(" && behind != "::" &&
          (is_parameter || (!in_head && is_variable)))
        found.emplace_back(i, name);
    }
    return found;
  }
  TokenKind own_kind(std::size_t i) const {
    return i < own_.size() ? own_[i].kind : TokenKind::kOperator;
  }

  // Where a value ends: " && name", " + name" may be gone there.
  void put_term(std::size_t declared, std::string_view name) {
    const bool is_python = code_.language != nullptr && code_.language->name == "python";
    std::size_t places = 0;
    double weight = kTerm;
    for (std::size_t i = declared + 1; i + 1 < own_.size() && places < kPlacesMax; ++i) {
      const std::string_view here = word(i), next = word(i + 1);
      const bool ends_value = own_[i].kind == TokenKind::kNumber || here == ")" || here == "]" ||
                              (own_[i].kind == TokenKind::kWord && !is_own_word(here));
      const bool may_go_on = next == ")" || next == ";" || next == "]" || next == "," ||
                             next == "{" || next == ":" || next == "}" || breaks_line(i);
      if (!ends_value || !may_go_on) continue;
      ++places;
      const bool in_condition = stands_in_condition(i);
      for (const std::string_view op : operators(in_condition, is_python))
        code_.add({own_[i].end, own_[i].end, fmt::format(" {} {}", op, name)}, weight,
                  fmt::format("`{}` is not used: `{} {}` may be missing", name, op, name), out_);
      weight *= kNextPlace;
    }
  }
  static std::vector<std::string_view> operators(bool in_condition, bool is_python) {
    if (!in_condition) return {"+", "-", "*"};
    if (is_python) return {"and", "or", "+", "-"};
    return {"&&", "||", "+", "-"};
  }
  bool breaks_line(std::size_t i) const {
    return code_.text.substr(own_[i].end, own_[i + 1].start - own_[i].end).find('\n') !=
           std::string_view::npos;
  }
  // Behind `if` or `while` in the same line.
  bool stands_in_condition(std::size_t i) const {
    const std::size_t begin = code_.text.rfind('\n', own_[i].start) + 1;
    for (std::size_t j = i; j-- > 0 && own_[j].start >= begin;)
      if (word(j) == "if" || word(j) == "while" || word(j) == "elif" || word(j) == "&&" ||
          word(j) == "||" || word(j) == "and" || word(j) == "or")
        return true;
    return false;
  }

  // Functions that the text names once, where it defines or imports them.
  std::vector<std::string_view> uncalled_functions() const {
    std::map<std::string_view, int> counts;
    for (const CodeToken& token : code_.tokens)
      if (token.kind == TokenKind::kWord) ++counts[token.in(code_.text)];
    std::vector<std::string_view> found;
    for (std::size_t i = 1; i + 1 < code_.tokens.size(); ++i) {
      const std::string_view name = code_.tokens[i].in(code_.text);
      if (code_.tokens[i].kind != TokenKind::kWord || counts[name] != 1 || is_own_word(name))
        continue;
      const std::string_view before = code_.tokens[i - 1].in(code_.text);
      const std::string_view behind = code_.tokens[i + 1].in(code_.text);
      const bool is_defined = behind == "(" && before != "." && before != "->" && before != "::" &&
                              code_.tokens[i - 1].kind == TokenKind::kWord && is_at_margin(i);
      const bool is_imported =
          before == "import" || (before == "{" && behind == "}") || before == "," || before == "{";
      if (is_defined || (is_imported && line_begins(i, {"import", "from", "use"})))
        found.push_back(name);
    }
    return found;
  }
  std::string_view line_of(std::size_t i) const {
    const std::size_t begin = code_.text.rfind('\n', code_.tokens[i].start) + 1;
    return code_.text.substr(begin, code_.text.find('\n', begin) - begin);
  }
  bool is_at_margin(std::size_t i) const {
    const std::string_view line = line_of(i);
    return !line.empty() && line[0] != ' ' && line[0] != '\t' && !line.starts_with("export") &&
           !line.starts_with("pub");
  }
  bool line_begins(std::size_t i, std::initializer_list<std::string_view> words) const {
    return std::ranges::any_of(words,
                               [&](std::string_view word) { return line_of(i).starts_with(word); });
  }

  // Around a name that stands as a whole argument or value.
  void put_call(std::string_view function) {
    double weight = kCall;
    for (std::size_t i = 1; i + 1 < own_.size(); ++i) {
      const std::string_view before = word(i - 1), behind = word(i + 1);
      if (own_[i].kind != TokenKind::kWord || is_own_word(word(i))) continue;
      const bool begins = before == "(" || before == "," || before == "=" || before == ":=" ||
                          before == "return" || before == "in" || before == "of" || before == "+" ||
                          before == "-" || before == "*";
      const bool ends = behind == ")" || behind == "," || behind == ";" || behind == ":" ||
                        behind == "{" || behind == "." || behind == "]" || behind == "+" ||
                        breaks_line(i);
      if (!begins || !ends) continue;
      code_.add({own_[i].start, own_[i].end, fmt::format("{}({})", function, word(i))}, weight,
                fmt::format("`{}` is not called: with `{}`, perhaps", function, word(i)), out_);
      weight *= kNextPlace;
    }
  }

  const MutatedCode& code_;
  const std::span<const CodeToken> own_;
  std::vector<Candidate>& out_;
};

}  // namespace

void mutate_lost(const MutatedCode& code, std::vector<Candidate>& out) {
  LostMutator(code, out).run();
}

}  // namespace curlew::assist
