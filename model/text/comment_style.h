// How a language writes a line that its compiler skips: for pieces of other files in models that
// know no better way.
#pragma once

#include <string>
#include <string_view>

namespace curlew::model {

// `path` and then `text`, every line a comment of the language that the extension of for_path says.
std::string as_comment(std::string_view path, std::string_view text, std::string_view for_path);

}  // namespace curlew::model
