// The first lines of a file as aiXcoder was trained on them: its path and its language, each a
// comment of that language.
#pragma once

#include <string>
#include <string_view>

namespace curlew::model {

// Without the second line where the path's extension is of no language that is known.
std::string path_header(std::string_view path);

}  // namespace curlew::model
