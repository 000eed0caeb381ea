// Regular expressions over the text of files: PCRE2's syntax, case as written unless "(?i)" says
// otherwise; "^" and "$" are the ends of lines.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/error.h"

namespace curlew::indexer {

// Pieces of words, of at least three bytes, that every match holds: what an index can look up.
// Errs on the side of fewer. Pure.
std::vector<std::string> required_pieces(std::string_view pattern);

class TextPattern {
 public:
  // kInvalidInput with the place in the pattern.
  static Expected<TextPattern> compile(std::string_view pattern);

  struct Match {
    std::size_t start = 0, end = 0;
  };
  enum class Outcome : std::uint8_t { kMatch, kNone, kTooHard };
  // The next match from `from` on that is not empty. kTooHard: it would take too many steps.
  Outcome find(std::string_view text, std::size_t from, Match& match) const;

 private:
  struct Code;
  explicit TextPattern(std::shared_ptr<const Code> code) : code_(std::move(code)) {}
  std::shared_ptr<const Code> code_;
};

}  // namespace curlew::indexer
