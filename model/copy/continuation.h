// The text that a place proposes, made to fit where the cursor stands.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "model/copy/cursor_context.h"

namespace curlew::model {

// The rest of the source's line from `at`, as it continues the cursor's line: blanks that the
// cursor already has are left out, and so is what already stands behind the cursor. Nothing when
// the line ends here or cannot be fitted around what stands behind the cursor. A view into
// `source`.
std::optional<std::string_view> line_continuation(std::string_view source, std::size_t at,
                                                  const CursorContext& context);

// The indentation that `line` of the source needs at the cursor, when the cursor's line has none
// yet: the one of the line above, moved as the source moves it.
std::string expected_indent(std::string_view source, std::size_t line_begin,
                            const CursorContext& context);

// The lines that follow the one at `at` and belong to it: until the block that it opened is closed,
// else until a blank line or a line further out. With their line breaks ("\n"), moved to the
// cursor's indentation, at most `bytes_max`, whole lines only.
std::string following_lines(std::string_view source, std::size_t at, std::string_view cursor_indent,
                            std::size_t bytes_max);

std::size_t line_begin_of(std::string_view text, std::size_t at);
std::size_t line_end_of(std::string_view text, std::size_t at);  // the line break, or the end

}  // namespace curlew::model
