// Cuts text at line boundaries until its tokens fit a budget.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "model/text/tokenizer.h"

namespace curlew::model {

struct FittedText {
  std::vector<TokenId> tokens;
  bool cut = false;
};

// The end of text, from a line on. The cut stands before a line whose number, counted from the
// start of the text, is a multiple of a step that grows with the budget: as text is appended the
// cut stays where it is until a whole step must go, and with it the tokens stay the same. A single
// line that does not fit is cut inside.
FittedText fit_tail(const Tokenizer& tokenizer, std::string_view text, std::size_t tokens_max,
                    const EncodeOptions& options);

// The beginning of text, up to the end of a line.
FittedText fit_head(const Tokenizer& tokenizer, std::string_view text, std::size_t tokens_max,
                    const EncodeOptions& options);

}  // namespace curlew::model
