#include "model/copy/lexemes.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace curlew::model {
namespace {

constexpr std::uint32_t kLineBreakId = 1;
constexpr std::uint32_t kParagraphId = 2;  // a line break over at least one empty line
constexpr std::string_view kRulers = "-=*/#~_.";
constexpr std::size_t kRulerBytesMin = 4;

constexpr std::array<bool, 256> make_word_table() {
  std::array<bool, 256> table{};
  for (int c = 0; c < 256; ++c)
    table[c] = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '$' || c >= 128;
  return table;
}
constexpr std::array<bool, 256> kWordBytes = make_word_table();

std::uint32_t spelling_id(std::string_view spelling) {
  std::uint32_t hash = 2166136261u;  // FNV-1a
  for (const char c : spelling) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return hash < 8 ? hash + 8 : hash;  // small ids are the line breaks'
}

// From the first byte of a line break: past it, past empty lines and the next line's indentation.
std::size_t past_line_break(std::string_view text, std::size_t at, int& breaks) {
  for (; at < text.size(); ++at) {
    if (text[at] == '\n') ++breaks;
    if (text[at] != '\n' && text[at] != '\r' && !is_blank(text[at])) break;
  }
  return at;
}

std::size_t past_run(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && text[end] == text[at]) ++end;
  return end - at >= kRulerBytesMin && kRulers.find(text[at]) != kRulers.npos ? end : at + 1;
}

}  // namespace

bool is_word_byte(char c) {
  return kWordBytes[static_cast<unsigned char>(c)];
}

std::vector<Lexeme> lex(std::string_view text) {
  std::vector<Lexeme> lexemes;
  lexemes.reserve(text.size() / 3);
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (is_blank(c)) {
      ++at;
      continue;
    }
    Lexeme lexeme;
    std::size_t end = at;
    if (c == '\n' || c == '\r') {
      int breaks = 0;
      end = past_line_break(text, at, breaks);
      lexeme.kind = LexemeKind::kLineBreak;
      lexeme.id = breaks > 1 ? kParagraphId : kLineBreakId;
    } else if (is_word_byte(c)) {
      while (end < text.size() && is_word_byte(text[end])) ++end;
      lexeme.kind = LexemeKind::kWord;
      lexeme.id = spelling_id(text.substr(at, end - at));
    } else {
      end = past_run(text, at);
      lexeme.id = spelling_id(text.substr(at, end - at));
    }
    lexeme.begin = static_cast<std::uint32_t>(at);
    lexeme.end = static_cast<std::uint32_t>(end);
    lexemes.push_back(lexeme);
    at = end;
  }
  return lexemes;
}

float information_bits(const Lexeme& lexeme) {
  if (lexeme.kind == LexemeKind::kPunctuation) return 1.f;
  if (lexeme.kind == LexemeKind::kLineBreak) return 1.5f;
  return 2.f + std::min(6.f, 0.75f * static_cast<float>(lexeme.end - lexeme.begin));
}

}  // namespace curlew::model
