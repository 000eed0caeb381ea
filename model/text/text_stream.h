// Turns the bytes of generated tokens into text, and says when the text should end.
//
// Tokens may end inside a character; what is shown to stop strings and to the caller's filter
// always ends with a whole one, and is valid UTF-8 whatever the model does: bytes that cannot be
// part of a character become U+FFFD, one for each maximal broken sequence. A stop string is found
// wherever token borders fall, at its first occurrence, and cut away exactly.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/generator.h"

namespace curlew::model {

class TextStream {
 public:
  // Keeps a copy of the filter. Empty stop strings are ignored.
  TextStream(std::vector<std::string> stop_strings, TextFilter filter);

  // Adds the bytes of one token. A value: the text is final, ended by kStopString or kFilter.
  std::optional<Finish> add(std::string_view piece);

  const std::string& text() const { return text_; }
  // How many of the tokens added have a byte in the text; later ones were cut away.
  std::size_t tokens_in_text() const;
  std::string take_text() { return std::move(text_); }

 private:
  void append_whole_characters();
  std::optional<std::size_t> find_stop(std::size_t grown_from) const;

  std::vector<std::string> stop_strings_;
  TextFilter filter_;
  std::size_t stop_bytes_max_ = 0;
  std::string text_;
  std::string pending_;              // the beginning of a character, at most 3 bytes between calls
  std::vector<std::size_t> starts_;  // [tokens] bytes of text before each
};

}  // namespace curlew::model
