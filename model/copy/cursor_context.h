// What stands around the cursor, as the copy predictor sees it. Views point into the query.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "model/copy/copy_predictor.h"
#include "model/copy/lexemes.h"

namespace curlew::model {

// Lexemes before a place, the nearest last, with the information of every tail of them.
struct LeftContext {
  std::vector<std::uint32_t> ids;
  std::vector<float> tail_bits;  // [ids.size() + 1] bits of the last k lexemes
  std::vector<int> tail_bytes;   // [ids.size() + 1] bytes from the kth last lexeme to the cursor
};

struct CursorContext {
  std::string_view line_prefix;  // the cursor's line before the cursor
  std::string_view rest;         // and behind it, blanks at both ends trimmed
  std::string_view typed;        // the word that the cursor stands in or at the end of; may be ""
  std::string_view previous_line, next_line;  // nearest non-blank lines, trimmed
  std::string_view previous_indent;           // of previous_line
  bool line_start = false;                    // only blanks before the cursor on its line
  bool blank_before = false;                  // a blank stands directly before the cursor
  LeftContext left;                           // up to the cursor, `typed` included as a whole word
  LeftContext left_of_word;                   // up to `typed`; empty when typed is
  int line_lexemes = 0;       // of line_prefix, or at a line's start of previous_line and its break
  std::vector<Lexeme> right;  // behind the cursor's line, line breaks included
  std::vector<std::uint32_t> right_ids;
  std::unordered_set<std::uint32_t> nearby_words;
};

CursorContext look_around(const CopyQuery& query);

std::string_view trim(std::string_view text);
std::string_view indent_of(std::string_view line);

// Lexemes of the end of `text`, at most `count`, nearest last; their bytes count from the start of
// `text`. Only the last kilobyte or so is read.
std::vector<Lexeme> lex_tail(std::string_view text, std::size_t count);

}  // namespace curlew::model
