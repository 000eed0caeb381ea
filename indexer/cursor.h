// What stands near the cursor, read from the text alone: no parse, so it costs microseconds and
// works in text that does not parse.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/source/language.h"
#include "indexer/words.h"

namespace curlew::indexer {

// An identifier near the cursor, at its nearest place.
struct NearName {
  std::string_view text;
  double nearness = 0;         // 0..1; comments count less, what follows the cursor a little less
  int line_distance = 0;       // negative above the cursor
  std::string_view qualifier;  // `a` of a.b, a->b, a::b; "" for none
  // A variable or parameter of the function around it: no definition elsewhere is meant. Only set
  // by place_of().
  bool is_local = false;
};

struct CursorView {
  std::uint32_t line = 0;  // of the cursor
  // Lines the prompt shows anyway: [first, last).
  std::uint32_t prompt_first = 0, prompt_last = 0;
  std::vector<NearName> names;     // each once, nearest first; not the one being typed
  std::string_view function;       // the enclosing function's name as its head tells; "" for none
  std::vector<std::string> terms;  // search terms of the lines around the cursor
  WordSet words;                   // of the same lines
  bool in_prompt(std::uint32_t start_line, std::uint32_t end_line) const {
    return start_line < prompt_last && end_line > prompt_first;
  }
};

// What qualifies the word that starts at `offset`: `a` of a.b, a->b, a::b; "" for none.
std::string_view qualifier_before(std::string_view text, std::size_t offset);

// `text` must outlive the view. `language` may be null.
CursorView look_around(std::string_view text, std::size_t cursor, const Language* language);

}  // namespace curlew::indexer
