#include "model/copy/cursor_context.h"

#include <algorithm>

namespace curlew::model {
namespace {

constexpr std::size_t kLeftLexemes = 64;
constexpr std::size_t kLeftBytes = 1536;
constexpr std::size_t kRightBytes = 400;
constexpr std::size_t kRightLexemes = 24;
constexpr std::size_t kNearbyBytesBefore = 2048;
constexpr std::size_t kNearbyBytesAfter = 1024;

LeftContext left_context(const std::vector<Lexeme>& lexemes, std::size_t cursor) {
  LeftContext left{{}, {0.f}, {0}};
  for (const Lexeme& lexeme : lexemes) left.ids.push_back(lexeme.id);
  for (auto it = lexemes.rbegin(); it != lexemes.rend(); ++it) {
    left.tail_bits.push_back(left.tail_bits.back() + information_bits(*it));
    left.tail_bytes.push_back(static_cast<int>(cursor - it->begin));
  }
  return left;
}

std::string_view last_line(std::string_view text) {
  const std::size_t newline = text.rfind('\n');
  return newline == text.npos ? text : text.substr(newline + 1);
}

std::string_view previous_non_blank_line(std::string_view text) {
  for (std::size_t end = text.rfind('\n'); end != text.npos;) {
    text = text.substr(0, end);
    const std::string_view line = last_line(text);
    if (!trim(line).empty()) return line;
    end = text.rfind('\n');
  }
  return {};
}

std::string_view next_non_blank_line(std::string_view text) {
  while (!text.empty()) {
    const std::size_t newline = text.find('\n');
    const std::string_view line = trim(text.substr(0, newline));
    if (!line.empty() || newline == text.npos) return line;
    text.remove_prefix(newline + 1);
  }
  return {};
}

void collect_words(std::string_view text, std::unordered_set<std::uint32_t>& words) {
  for (const Lexeme& lexeme : lex(text))
    if (lexeme.kind == LexemeKind::kWord) words.insert(lexeme.id);
}

void look_behind(const CopyQuery& query, CursorContext& at) {
  const std::size_t newline = query.suffix.find('\n');
  at.rest = trim(query.suffix.substr(0, newline));
  if (newline == query.suffix.npos) return;
  const std::string_view behind = query.suffix.substr(newline);
  at.next_line = next_non_blank_line(behind.substr(1));
  at.right = lex(behind.substr(0, kRightBytes));
  if (at.right.size() > kRightLexemes) at.right.resize(kRightLexemes);
  for (const Lexeme& lexeme : at.right) at.right_ids.push_back(lexeme.id);
  collect_words(behind.substr(0, kNearbyBytesAfter), at.nearby_words);
}

}  // namespace

std::string_view trim(std::string_view text) {
  const auto blank = [](char c) { return is_blank(c) || c == '\r' || c == '\n'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view indent_of(std::string_view line) {
  std::size_t n = 0;
  while (n < line.size() && is_blank(line[n])) ++n;
  return line.substr(0, n);
}

std::vector<Lexeme> lex_tail(std::string_view text, std::size_t count) {
  const std::size_t skipped = text.size() > kLeftBytes ? text.size() - kLeftBytes : 0;
  std::vector<Lexeme> lexemes = lex(text.substr(skipped));
  if (skipped > 0 && !lexemes.empty()) lexemes.erase(lexemes.begin());  // may be half a word
  if (lexemes.size() > count) lexemes.erase(lexemes.begin(), lexemes.end() - count);
  for (Lexeme& lexeme : lexemes) {
    lexeme.begin += static_cast<std::uint32_t>(skipped);
    lexeme.end += static_cast<std::uint32_t>(skipped);
  }
  return lexemes;
}

CursorContext look_around(const CopyQuery& query) {
  CursorContext at;
  const std::string_view prefix = query.prefix;
  at.line_prefix = last_line(prefix);
  at.line_start = trim(at.line_prefix).empty();
  at.blank_before = !prefix.empty() && is_blank(prefix.back());
  const std::string_view previous = previous_non_blank_line(prefix);
  at.previous_indent = indent_of(previous);
  at.previous_line = trim(previous);

  std::vector<Lexeme> left = lex_tail(prefix, kLeftLexemes);
  at.left = left_context(left, prefix.size());
  if (!prefix.empty() && is_word_byte(prefix.back()) && !left.empty()) {
    std::size_t begin = prefix.size();
    while (begin > 0 && is_word_byte(prefix[begin - 1])) --begin;
    at.typed = prefix.substr(begin);
    left.pop_back();
    at.left_of_word = left_context(left, prefix.size());
  }
  const std::string_view line = at.line_start ? at.previous_line : at.line_prefix;
  at.line_lexemes =
      static_cast<int>(std::min(lex(line.substr(0, kLeftBytes)).size(), kLeftLexemes));
  if (at.line_start) ++at.line_lexemes;

  const std::size_t near = std::min(prefix.size(), kNearbyBytesBefore);
  collect_words(prefix.substr(prefix.size() - near), at.nearby_words);
  look_behind(query, at);
  return at;
}

}  // namespace curlew::model
