// UTF-8 as far as tokenizers need it. Strict: surrogates, overlong forms and code points above
// U+10FFFF are none.
#pragma once

#include <cstddef>
#include <string_view>

namespace curlew::model {

// Bytes, 1 to 4, of the well-formed character at the start of text; 0 where the bytes there are
// none.
int utf8_length(std::string_view text);

// The code point of the well-formed character of `length` bytes at the start of text.
char32_t utf8_decode(std::string_view text, int length);

// Bytes of the longest prefix of text that is well-formed throughout.
std::size_t well_formed_prefix(std::string_view text);

}  // namespace curlew::model
