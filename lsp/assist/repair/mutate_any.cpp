// What the other mutations leave out: any operator for any of its kind, any name for any name near it,
// and what may be missing around or behind a value. Each is unlikely; all together are what is left
// to try where a try costs little (rehearse/rehearsal.h).
#include <algorithm>
#include <map>
#include <set>

#include "lsp/assist/repair/expressions.h"

namespace curlew::assist {
namespace {

using Words = std::vector<std::string_view>;

constexpr double kOperator = 0.16, kNegated = 0.16;
constexpr double kName = 0.14, kNextName = 0.95, kWrapped = 0.1, kMember = 0.12, kTerm = 0.1;
constexpr double kSign = 0.1, kSuffix = 0.12;
constexpr std::size_t kNamesMax = 40, kWrappersMax = 10, kTermsMax = 6, kMembersMax = 8,
                      kSuffixesMax = 10;

constexpr std::string_view kKinds[][10] = {
    {"<", "<=", ">", ">=", "==", "!="},
    {"+", "-", "*", "/", "//", "%", "**"},
    {"&", "|", "^", "<<", ">>"},
    {"+=", "-=", "*=", "/=", "//=", "%=", "&=", "|=", "^=", "="}};

bool is_any_of(std::string_view word, std::span<const std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

class AnyMutator {
 public:
  AnyMutator(const MutatedCode& code, std::vector<Candidate>& out) : e_(code, out) { collect(); }

  void run() {
    for (std::size_t i = 0; i < e_.size(); ++i) {
      change_operator(i);
      change_to_name(i);
      wrap(i);
      put_member(i);
      put_suffix(i);
      put_term(i);
      negate(i);
      change_bound(i);
      extend_condition(i);
      bound_value(i);
      nest_brackets(i);
    }
  }

 private:
  void collect() {
    std::map<std::string_view, int> wrappers;
    for (std::size_t i = 0; i < e_.size(); ++i) {
      const std::string_view before = i > 0 ? e_.word(i - 1) : "";
      if (e_.is_value(i) && std::ranges::find(names_, e_.word(i)) == names_.end() &&
          names_.size() < kNamesMax)
        names_.push_back(e_.word(i));
      if (before == "." && e_.is_word(i) && i > 1 && e_.is_word(i - 2)) {
        Words& members = members_[e_.word(i - 2)];
        if (std::ranges::find(members, e_.word(i)) == members.end() && members.size() < kMembersMax)
          members.push_back(e_.word(i));
      }
      if (e_.word(i) == "[" && i > 0 && e_.is_word(i - 1)) note_suffix(i);
      const bool is_call = e_.is_word(i) && e_.word(i + 1) == "(" && before != "." &&
                           before != "def" && before != "fn" && before != "func" &&
                           !Expressions::is_keyword(e_.word(i));
      if (is_call) ++wrappers[e_.word(i)];
    }
    if (e_.is_python())
      for (const std::string_view name : {"len", "list", "sorted", "set", "int", "abs", "str"})
        ++wrappers[name];
    std::vector<std::pair<int, std::string_view>> order;
    for (const auto& [name, count] : wrappers) order.emplace_back(-count, name);
    std::ranges::sort(order);
    add_slices();
    for (const auto& [count, name] : order)
      if (wrappers_.size() < kWrappersMax) wrappers_.push_back(name);
  }

  // "[1:]", "[k:]"; of names, one that ends, or begins, with each is thought of as well.
  void note_suffix(std::size_t open) {
    const std::size_t close = e_.closing(open);
    if (close >= e_.size() || close - open > 4 || suffixes_.size() == kSuffixesMax) return;
    const std::string suffix = e_.text_of(open, close);
    if (suffix.find(':') != std::string::npos) suffixes_.insert(suffix);
  }
  void add_slices() {
    if (!e_.is_python()) return;
    for (const std::string_view name : names_)
      if (suffixes_.size() < kSuffixesMax) suffixes_.insert(fmt::format("[{}:]", name));
    suffixes_.insert("[1:]");
  }

  void change_operator(std::size_t i) {
    for (const auto& kind : kKinds) {
      if (e_.token(i).kind != TokenKind::kOperator || !is_any_of(e_.word(i), kind)) continue;
      for (const std::string_view other : kind)
        if (!other.empty() && other != e_.word(i) &&
            (e_.is_python() || (other != "//" && other != "**")))
          e_.replace(i, i, std::string(other), kOperator);
    }
    if (e_.word(i) == "==") e_.replace(i, i, e_.is_python() ? "in" : "===", kSign);
  }

  // Any name of the code, where the nearest have been tried; and a name for a constant.
  void change_to_name(std::size_t i) {
    const bool is_constant = e_.word(i) == "True" || e_.word(i) == "False" ||
                             e_.word(i) == "true" || e_.word(i) == "false" ||
                             e_.word(i) == "None" || e_.is_number(i);
    if ((!e_.is_value(i) && !is_constant) || e_.is_assigned(i)) return;
    double weight = kName;
    for (const std::string_view name : names_) {
      if (name != e_.word(i)) e_.replace(i, i, std::string(name), weight);
      if (is_constant && !e_.is_number(i))
        e_.replace(i, i, fmt::format("{}{}", e_.is_python() ? "not " : "!", name), weight);
      weight *= kNextName;
    }
  }

  void wrap(std::size_t i) {
    if (!e_.is_value(i) || e_.is_assigned(i)) return;
    const std::size_t end = e_.operand_end(i);
    for (const std::string_view name : wrappers_) {
      if (name == e_.word(i)) continue;
      e_.replace(i, i, fmt::format("{}({})", name, e_.word(i)), kWrapped);
      if (end > i) e_.replace(i, end, fmt::format("{}({})", name, e_.text_of(i, end)), kWrapped);
    }
    e_.insert(e_.token(end).end, "()", kSign);
  }

  // x for x.y, where x.y is written elsewhere.
  void put_member(std::size_t i) {
    if (!e_.is_value(i) || e_.word(i + 1) == "." || e_.is_assigned(i)) return;
    const auto known = members_.find(e_.word(i));
    if (known == members_.end()) return;
    for (const std::string_view member : known->second)
      e_.replace(i, i, fmt::format("{}.{}", e_.word(i), member), kMember);
  }

  // x for x[1:], where something else is written so.
  void put_suffix(std::size_t i) {
    if (!e_.is_value(i) || e_.word(i + 1) == "[" || e_.is_assigned(i)) return;
    for (const std::string& suffix : suffixes_) e_.insert(e_.token(i).end, suffix, kSuffix);
  }

  // The operator and the bound, both one off: "== 0" for "<= 1".
  void change_bound(std::size_t i) {
    if (!is_any_of(e_.word(i), kKinds[0]) || i + 1 >= e_.size()) return;
    const std::string_view digits = e_.word(i + 1);
    const bool is_small = digits.size() == 1 && digits[0] >= '0' && digits[0] <= '8';
    if (!e_.is_number(i + 1) || !is_small) return;
    const int bound = digits[0] - '0';
    for (const std::string_view other : kKinds[0])
      for (const int by : {1, -1})
        if (other != e_.word(i) && !other.empty() && bound + by >= 0)
          e_.replace(i, i + 1, fmt::format("{} {}", other, bound + by), kSign);
  }

  // if a: for if a or not b; and what joins them, the other way round.
  void extend_condition(std::size_t i) {
    if (e_.word(i) != "if" && e_.word(i) != "while" && e_.word(i) != "elif") return;
    std::size_t end = i + 1;
    int depth = 0;
    for (; end < e_.size(); ++end) {
      if (e_.word(end) == "(" || e_.word(end) == "[") ++depth;
      if (e_.word(end) == ")" || e_.word(end) == "]") --depth;
      if (depth == 0 && (e_.word(end) == ":" || (e_.word(i + 1) == "(" && e_.word(end) == ")")))
        break;
    }
    if (end <= i + 1 || end >= e_.size()) return;
    const std::size_t at = e_.word(end) == ")" ? e_.token(end).start : e_.token(end - 1).end;
    std::size_t count = 0;
    for (const std::string_view name : names_) {
      if (count++ == kTermsMax) break;
      for (const char* joined : {"or not", "and not", "or", "and"})
        e_.insert(at, e_.is_python() ? fmt::format(" {} {}", joined, name) : in_c(joined, name),
                  kTerm);
    }
  }
  static std::string in_c(std::string_view joined, std::string_view name) {
    return fmt::format(" {} {}{}", joined.starts_with("or") ? "||" : "&&",
                       joined.ends_with("not") ? "!" : "", name);
  }

  // x = y for x = max(x, y) or max(0, y).
  void bound_value(std::size_t i) {
    if (!e_.is_python() || e_.word(i) != "=" || i == 0 || !e_.is_word(i - 1)) return;
    const std::size_t end = e_.line_end(i);
    if (end == i) return;
    const std::string value = e_.text_of(i + 1, end);
    for (const std::string_view function : {"max", "min"})
      for (const std::string_view other : {e_.word(i - 1), std::string_view("0")})
        e_.replace(i + 1, end, fmt::format("{}({}, {})", function, other, value), kTerm);
  }

  void nest_brackets(std::size_t i) {
    if (e_.word(i) == "[" && e_.word(i + 1) == "]") e_.insert(e_.token(i).end, "[]", kSign);
  }

  // x for x + y.
  void put_term(std::size_t i) {
    const bool is_number = e_.is_number(i);
    if ((!e_.is_value(i) && !is_number) || e_.is_assigned(i)) return;
    const std::size_t end = is_number ? i : e_.operand_end(i);
    std::size_t count = 0;
    for (const std::string_view name : names_) {
      if (name == e_.word(i) || count++ == kTermsMax) continue;
      for (const char* op : {" + ", " - "})
        e_.insert(e_.token(end).end, fmt::format("{}{}", op, name), kTerm);
    }
    if (e_.word(end + 1) == ")" || e_.word(end + 1) == "]" || e_.word(end + 1) == ",")
      for (const std::string_view name : names_)
        if (name != e_.word(i)) e_.insert(e_.token(end).end, fmt::format(", {}", name), kTerm);
    for (const char* step : {" + 1", " - 1"}) e_.insert(e_.token(end).end, step, kTerm);
    for (const char* power : {" ** 2", " * 2", " // 2"})
      if (e_.is_python()) e_.insert(e_.token(end).end, power, kSign);
  }

  void negate(std::size_t i) {
    if (!e_.is_word(i) || Expressions::is_keyword(e_.word(i)) || i == 0) return;
    const std::string_view before = e_.word(i - 1);
    const bool opens = before == "(" || before == "," || before == "=" ||
                       Expressions::is_join(before) || before == "return" || before == "if" ||
                       before == "elif" || before == "while";
    if (opens) e_.insert(e_.token(i).start, e_.is_python() ? "not " : "!", kNegated);
    if (opens || before == "[" || before == ":") e_.insert(e_.token(i).start, "-", kSign);
  }

  const Expressions e_;
  Words names_, wrappers_;
  std::set<std::string> suffixes_;
  std::map<std::string_view, Words> members_;  // that are written behind a name
};

}  // namespace

void mutate_any(const MutatedCode& code, std::vector<Candidate>& out) {
  AnyMutator(code, out).run();
}

}  // namespace curlew::assist
