#include "lsp/assist/repair/statements.h"

#include <algorithm>

namespace curlew::assist {
namespace {

constexpr std::string_view kControls[] = {"if",      "else",    "elif",  "unless", "while", "for",
                                          "do",      "switch",  "match", "try",    "catch", "case",
                                          "except",  "finally", "with",  "loop",   "when",  "guard",
                                          "foreach", "select",  "until", "default"};
constexpr std::string_view kLeaves[] = {"return", "throw", "raise", "break", "continue"};
constexpr int kClimbsMax = 64;  // blocks in blocks

bool is_any_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}
bool leaves(std::string_view word) {
  return std::ranges::find(kLeaves, word) != std::end(kLeaves);
}
bool opens(std::string_view word) {
  return is_any_of(word, {"(", "[", "{"});
}
bool closes(std::string_view word) {
  return is_any_of(word, {")", "]", "}"});
}

}  // namespace

bool Statements::is_control(std::string_view word) {
  return std::ranges::find(kControls, word) != std::end(kControls);
}

Statements::Statements(std::string_view text, const indexer::Language* language)
    : text_(text), tokens_(code_tokens(text, language)), lines_(text) {
  const std::string_view name = language != nullptr ? language->name : std::string_view();
  is_python_ = name == "python";
  ends_by_line_ = is_python_ || name == "go" || name == "javascript" || name == "typescript" ||
                  name == "tsx" || name == "ruby" || name == "bash" || name == "lua";
  find_brackets();
  if (is_python_) find_lines();
}

std::string_view Statements::word(std::size_t i) const {
  return i < tokens_.size() ? tokens_[i].in(text_) : std::string_view();
}

void Statements::find_brackets() {
  parent_.assign(tokens_.size(), kNone);
  partner_.assign(tokens_.size(), kNone);
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    const std::string_view w = tokens_[i].kind == TokenKind::kOperator ? word(i) : "";
    if (closes(w) && !open.empty()) {
      partner_[i] = open.back();
      partner_[open.back()] = i;
      open.pop_back();
    }
    parent_[i] = open.empty() ? kNone : open.back();
    if (opens(w)) open.push_back(i);
  }
}

void Statements::find_lines() {
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    const bool goes_on =
        i > 0 && (parent_[i] != kNone || closes(word(i)) || last_line_of(i - 1) == line_of(i) ||
                  lines_.text(last_line_of(i - 1)).ends_with('\\'));
    if (goes_on && !logical_.empty())
      logical_.back().span.last = i;
    else
      logical_.push_back({{i, i}, tokens_[i].start - lines_.start(line_of(i))});
  }
}

std::size_t Statements::line_with(std::size_t i) const {
  const auto behind =
      std::ranges::upper_bound(logical_, i, {}, [](const Line& line) { return line.span.first; });
  return static_cast<std::size_t>(behind - logical_.begin()) - 1;
}

bool Statements::ends_line(std::size_t i) const {
  if (!ends_by_line_ || i + 1 >= tokens_.size() || last_line_of(i) == line_of(i + 1)) return false;
  const bool ends = tokens_[i].kind != TokenKind::kOperator || closes(word(i)) ||
                    is_any_of(word(i), {"++", "--"});
  return ends && !is_any_of(word(i + 1), {".", "?.", "+", "-", "*", "/", "&&", "||", "?", ":",
                                          "==", "===", "!=", "!==", "{", "=", ",", ")", "]"});
}

// "#include", "#if": they end with their line.
bool Statements::is_directive(std::size_t i) const {
  const std::string_view line = lines_.text(line_of(i));
  return !is_python_ && line.substr(indent_bytes(line)).starts_with('#');
}

std::size_t Statements::begin_of(std::size_t i) const {
  while (i > 0) {
    const std::size_t p = i - 1;
    const std::string_view w = word(p);
    const bool in_brackets = parent_[i] != kNone && word(parent_[i]) != "{";
    if (w == "{" && partner_[p] != i) return i;
    if (is_directive(p) && last_line_of(p) != line_of(i)) return i;
    if (w == "=>" || (!in_brackets && (w == ";" || ends_line(p)))) return i;
    if (!in_brackets && w == "else") return i;
    if (w == "}" && !is_any_of(word(i), {".", ",", ")", "]", "=", ";", "?", "("})) return i;
    if (closes(w) && partner_[p] != kNone) {
      const std::size_t open = partner_[p];
      if (w == ")" && open > 0 && !in_brackets &&
          is_any_of(word(open - 1), {"if", "while", "for", "switch", "foreach"}) &&
          !is_any_of(word(i), {"{", "&&", "||"}))
        return i;
      i = open;
    } else {
      i = p;  // an opening round or square bracket: what is around it
    }
  }
  return 0;
}

std::size_t Statements::end_of(std::size_t first) const {
  const bool has_block = is_control(word(first));
  for (std::size_t i = first; i < tokens_.size(); ++i) {
    const std::string_view w = word(i);
    const bool is_last = i + 1 < tokens_.size() && last_line_of(i) != line_of(i + 1);
    if (w == ";" || (is_last && is_directive(i))) return i;
    if (closes(w)) return i > first ? i - 1 : i;
    if (w == "{" && has_block) return i;
    if (opens(w)) {
      if (partner_[i] == kNone) return i;
      i = partner_[i];
      if (has_block && i > 0 && word(partner_[i] - 1) == word(first) && word(i) == ")") return i;
      // A definition's body ends it.
      if (w == "{" && i + 1 < tokens_.size() && last_line_of(i) != line_of(i + 1) &&
          !is_any_of(word(i + 1), {".", ",", ";", ")"}))
        return i;
    }
    if (ends_line(i)) return i;
  }
  return tokens_.size() - 1;
}

TokenSpan Statements::of(std::size_t i) const {
  if (is_python_) return logical_[line_with(i)].span;
  const std::size_t first = begin_of(i);
  return {first, std::max(i, end_of(first))};
}

// Of an `else` at `other`: it runs when what stands before it does not.
void Statements::add_chain(std::size_t other, Outside& out) const {
  for (int n = 0; n < kClimbsMax && other > 0 && word(other) == "else"; ++n) {
    const std::size_t open = word(other - 1) == "}" ? partner_[other - 1] : kNone;
    if (open == kNone) return;
    const std::size_t begin = begin_of(open);
    out.heads.push_back({begin, open});
    other = word(begin) == "else" ? begin : begin > 0 ? begin - 1 : 0;
  }
}

Statements::Outside Statements::outside(std::size_t i) const {
  const std::size_t first = begin_of(i);
  if (first == 0) return {};
  const std::size_t p = first - 1;
  if (word(p) == ")" && partner_[p] != kNone && partner_[p] > 0) {  // "if (x) y();"
    Outside out{false, {{partner_[p] - 1, p}}, partner_[p] - 1, {}};
    if (partner_[p] > 1) add_chain(partner_[p] - 2, out);
    return out;
  }
  if (word(p) == "else") {
    Outside out{false, {{p, p}}, p, {}};
    add_chain(p, out);
    return out;
  }
  if (word(p) == "=>") return {true, {}, kNone, {begin_of(p), p}};
  const std::size_t open = parent_[first];
  if (open == kNone) return {};
  if (word(open) != "{") return {false, {}, open, {}};
  const std::size_t begin = begin_of(open);
  const TokenSpan head{begin, open};
  if (begin == open && open > 0 && word(open - 1) == "else") {
    Outside out{false, {{open - 1, open}}, open - 1, {}};
    add_chain(open - 1, out);
    return out;
  }
  bool has_brackets = false;
  for (std::size_t t = begin; t < open; ++t) {
    has_brackets |= word(t) == "(";
    if (!is_control(word(t)) || parent_[t] != parent_[open]) continue;
    Outside out{false, {head}, begin, {}};
    if (begin > 0) add_chain(word(begin) == "else" ? begin : begin - 1, out);
    return out;
  }
  if (open > 0 && word(open - 1) == "=>" && begin == open) return {true, {}, kNone, head};
  if (has_brackets) return {true, {}, kNone, head};
  return {false, {}, begin == open ? open : kNone, {}};  // a bare block; a class, a namespace
}

Statements::Outside Statements::outside_of_line(std::size_t line) const {
  std::size_t above = line;
  while (above > 0 && logical_[above].indent >= logical_[line].indent) --above;
  if (logical_[above].indent >= logical_[line].indent) return {};
  const Line& head = logical_[above];
  const std::string_view first = word(head.span.first);
  if (is_any_of(first, {"def", "async", "class", "lambda"}))
    return {first != "class", {}, kNone, head.span};
  Outside out{false, {head.span}, head.span.first, {}};
  std::size_t other = above;
  while (other > 0 && is_any_of(word(logical_[other].span.first), {"else", "elif", "except"})) {
    --other;
    while (other > 0 && logical_[other].indent > head.indent) --other;
    out.heads.push_back(logical_[other].span);
  }
  return out;
}

std::vector<TokenSpan> Statements::heads_around(std::size_t i) const {
  std::vector<TokenSpan> heads;
  for (int n = 0; n < kClimbsMax && i != kNone; ++n) {
    const Outside out = is_python_ ? outside_of_line(line_with(i)) : outside(i);
    heads.insert(heads.end(), out.heads.begin(), out.heads.end());
    if (out.is_function || out.next == i) break;
    i = out.next;
  }
  return heads;
}

bool Statements::function_around(std::size_t i, TokenSpan& head) const {
  for (int n = 0; n < kClimbsMax && i != kNone; ++n) {
    const Outside out = is_python_ ? outside_of_line(line_with(i)) : outside(i);
    if (out.is_function) {
      head = out.head;
      return true;
    }
    if (out.next == i) break;
    i = out.next;
  }
  return false;
}

int Statements::unreachable_lines() const {
  int count = 0;
  for (std::size_t n = 0; n + 1 < logical_.size(); ++n)
    count += leaves(word(logical_[n].span.first)) && logical_[n + 1].indent == logical_[n].indent &&
             !is_any_of(word(logical_[n + 1].span.first), {"else", "elif", "except", "finally"});
  return count;
}

int Statements::unreachable() const {
  if (is_python_) return unreachable_lines();
  int count = 0;
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    if (!leaves(word(i)) || begin_of(i) != i) continue;
    const bool depends = i > 0 && is_any_of(word(i - 1), {")", "else", "=>", ":"});
    const std::size_t next = end_of(i) + 1;
    count += !depends && next < tokens_.size() &&
             !is_any_of(word(next), {"}", "case", "default", "#"}) && word(next + 1) != ":";
  }
  return count;
}

}  // namespace curlew::assist
