// Regular expressions of tokenizer.json files, which are Oniguruma's in Ruby's syntax, rewritten
// for PCRE2 with PCRE2_UTF and PCRE2_UCP so that they match the same.
#pragma once

#include <string>
#include <string_view>

#include "model/error.h"

namespace curlew::model {

// White space as Unicode's White_Space property has it; PCRE2's \s also counts U+180E. For use
// inside brackets.
#define CURLEW_SPACE R"(\p{Z}\t-\r\x{85})"

// Rewritten: \s and \S, $ (end of any line), \uHHHH. Refused, because the two differ: ^ outside
// brackets, classes within classes, &&, \w, \h, \v and every other escape not named here, options
// set in mid-expression, a possessive {n,m}+.
Expected<std::string> translate_expression(std::string_view expression);

}  // namespace curlew::model
