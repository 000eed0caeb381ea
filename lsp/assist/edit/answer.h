// What a model wrote in answer to "edit this piece", read.
#pragma once

#include <string>
#include <string_view>

#include "lsp/assist/error.h"

namespace curlew::assist {

// What a model wrote for `original`, made ready to stand in its place: out of a fenced block where
// it is in one, with the original's indentation, line ends and last line break.
std::string fit_to_original(std::string_view original, std::string_view answer);

// The original with the answer's search and replace blocks made (model/constrain/edits.h); an answer
// without blocks is the whole piece anew. kInvalidInput names the block that does not apply, and why.
Expected<std::string> edited_by(std::string_view original, std::string_view answer);

}  // namespace curlew::assist
