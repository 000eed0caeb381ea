// Source text -> lexemes: what the copy predictor counts and compares.
//
// A lexeme is a word (letters, digits, `_`, `$` and every byte above 127), one punctuation byte, a
// run of one repeated ruler character (`----`, `====`), or a line break with the indentation that
// follows it. Blanks inside a line belong to no lexeme, so `a=b` matches `a = b`, and a block
// matches its copy at another depth.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace curlew::model {

enum class LexemeKind : std::uint8_t { kWord, kPunctuation, kLineBreak };

struct Lexeme {
  std::uint32_t begin = 0, end = 0;  // bytes; a line break ends at the next non-blank byte
  std::uint32_t id = 0;              // hash of the spelling; equal lexemes have equal ids
  LexemeKind kind = LexemeKind::kPunctuation;
};

bool is_word_byte(char c);
inline bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

// Cost: one pass, about 300 MB/s.
std::vector<Lexeme> lex(std::string_view text);

// How much agreeing in this lexeme says, in bits: little for punctuation, more the longer a word.
float information_bits(const Lexeme& lexeme);

}  // namespace curlew::model
