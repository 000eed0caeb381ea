// Parts of expressions and statements that are too many: an operand, a condition, a call around a
// value, a bracket, a line.
#include <set>

#include "lsp/assist/repair/expressions.h"

namespace curlew::assist {
namespace {

constexpr double kPartGone = 0.2, kStatementGone = 0.2, kUnwrapped = 0.18, kSign = 0.1;

bool is_operator(std::string_view word) {
  static const std::set<std::string_view> kOperators = {"+",  "-", "*", "/", "//", "%",
                                                        "**", "&", "|", "^", "<<", ">>"};
  return kOperators.contains(word);
}

class PartMutator {
 public:
  PartMutator(const MutatedCode& code, std::vector<Candidate>& out)
      : code_(code), e_(code, out), out_(out) {}

  void run() {
    for (std::size_t i = 0; i < e_.size(); ++i) {
      drop_side(i);
      unwrap(i);
    }
    drop_statements();
  }

 private:
  // a + b: one of them; a and b, likewise.
  void drop_side(std::size_t i) {
    const bool is_binary = is_operator(e_.word(i)) || Expressions::is_join(e_.word(i));
    if (!is_binary || i == 0 || i + 1 >= e_.size()) return;
    const bool has_left =
        e_.is_word(i - 1) ? !Expressions::is_keyword(e_.word(i - 1))
                          : e_.is_number(i - 1) || e_.word(i - 1) == ")" || e_.word(i - 1) == "]";
    if (!has_left) {  // a sign
      e_.replace(i, i, "", kSign);
      return;
    }
    if (Expressions::is_join(e_.word(i))) return drop_condition(i);
    const std::size_t left = e_.operand_begin(i - 1), right = e_.operand_end(i + 1);
    e_.replace(left, right, e_.text_of(left, i - 1), kPartGone);
    e_.replace(left, right, e_.text_of(i + 1, right), kPartGone);
    e_.replace(
        left, right,
        fmt::format("{} {} {}", e_.text_of(i + 1, right), e_.word(i), e_.text_of(left, i - 1)),
        kSign);
  }

  void drop_condition(std::size_t i) {
    const auto ends = [&](std::size_t j) {
      return j >= e_.size() || Expressions::is_join(e_.word(j)) || e_.word(j) == ":" ||
             e_.word(j) == "," || e_.word(j) == "{" || e_.word(j) == ";" || e_.word(j) == "?" ||
             e_.word(j) == "if" || e_.word(j) == "return" || e_.word(j) == "while" ||
             e_.word(j) == "elif" || e_.word(j) == "=";
    };
    int depth = 0;
    std::size_t left = i;
    while (left > 0) {
      const std::string_view w = e_.word(left - 1);
      if (w == ")" || w == "]") ++depth;
      if ((w == "(" || w == "[") && depth-- == 0) break;
      if (depth == 0 && ends(left - 1)) break;
      --left;
    }
    depth = 0;
    std::size_t right = i;
    while (right + 1 < e_.size()) {
      const std::string_view w = e_.word(right + 1);
      if (w == "(" || w == "[") ++depth;
      if ((w == ")" || w == "]") && depth-- == 0) break;
      if (depth == 0 && ends(right + 1)) break;
      ++right;
    }
    if (left >= i || right <= i) return;
    e_.replace(left, right, e_.text_of(left, i - 1), kPartGone);
    e_.replace(left, right, e_.text_of(i + 1, right), kPartGone);
  }

  // f(x) for x; x.y for x; x[i] for x; and a call that was forgotten.
  void unwrap(std::size_t i) {
    const std::string_view open = e_.word(i);
    if (open == "." && i > 0 && e_.is_word(i + 1) && e_.is_word(i - 1)) {
      const std::size_t end = e_.word(i + 2) == "(" ? e_.closing(i + 2) : i + 1;
      if (end < e_.size()) e_.drop(i, end, kUnwrapped);
    }
    if ((open != "(" && open != "[") || i == 0) return;
    const std::size_t close = e_.closing(i);
    if (close >= e_.size()) return;
    const bool follows_value =
        e_.is_word(i - 1) ? !Expressions::is_keyword(e_.word(i - 1)) : e_.word(i - 1) == ")";
    if (!follows_value) return;
    if (open == "[") {
      e_.drop(i, close, kPartGone);
      return drop_in_slice(i, close);
    }
    if (close > i + 1) {
      const std::size_t begin = e_.operand_begin(i - 1);
      if (begin == 0 || e_.word(begin - 1) != "def")
        e_.replace(begin, close, e_.text_of(i + 1, close - 1), kUnwrapped);
    }
  }

  void drop_in_slice(std::size_t open, std::size_t close) {
    for (std::size_t j = open + 1; j < close; ++j) {
      if (e_.word(j) != ":") continue;
      if (j > open + 1) e_.replace(open + 1, j, ":", kPartGone);
      if (j + 1 < close) e_.replace(j, close - 1, ":", kPartGone);
      return;
    }
    e_.replace(open + 1, close - 1, fmt::format("{}:", e_.text_of(open + 1, close - 1)), kSign);
    e_.replace(open + 1, close - 1, fmt::format(":{}", e_.text_of(open + 1, close - 1)), kSign);
  }

  // Lines that are a statement each.
  void drop_statements() {
    const LineTable lines(code_.text);
    for (int line = lines.line_of(code_.start) + 1; line <= lines.line_of(code_.end); ++line) {
      const std::string_view text = lines.text(line);
      const std::size_t indent = indent_bytes(text);
      const std::string_view code = text.substr(indent);
      if (code.empty() || code.ends_with(":") || code.ends_with("{") || code.starts_with("}"))
        continue;
      const std::size_t start = lines.start(line) + indent;
      const std::string_view nothing = e_.is_python() ? "pass" : code.ends_with(";") ? ";" : "";
      if (code != nothing)
        code_.add({start, lines.end(line), std::string(nothing)}, kStatementGone,
                  fmt::format("line {} may be too many", line), out_);
    }
  }

  const MutatedCode& code_;
  const Expressions e_;
  std::vector<Candidate>& out_;
};

}  // namespace

void mutate_parts(const MutatedCode& code, std::vector<Candidate>& out) {
  PartMutator(code, out).run();
}

}  // namespace curlew::assist
