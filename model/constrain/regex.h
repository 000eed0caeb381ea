// Regular expressions as people write them, over characters.
//
//   a  .  [a-z_]  [^"\n]  \d \w \s \D \W \S  \n \t \r \f \v \0 \x41 \u00e9 \u{1f600}  \. (and any
//   other escaped punctuation)  (...)  (?:...)  a|b  a? a* a+ a{3} a{2,} a{2,5} (also lazy: a+?)
//
// `.` is any character but a line feed; \d, \w and \s are ASCII. `^` may stand at the beginning and
// `$` at the end of an alternative of the whole pattern. A `{` that begins no repetition is itself.
// Look-around, back-references, possessive quantifiers, word boundaries, \p{...}, inline flags and
// POSIX classes are refused; every error names the byte offset.
#pragma once

#include <functional>
#include <string_view>

#include "model/constrain/code_points.h"
#include "model/constrain/expression.h"
#include "model/error.h"

namespace curlew::model {

constexpr std::size_t kPatternBytesMax = 8192;
constexpr int kPatternDepthMax = 100;       // groups inside groups
constexpr int kPatternRepeatsMax = 100000;  // of one {m,n}

enum class RegexMatch {
  kWhole,   // the pattern is the whole text
  kSearch,  // the pattern is found in the text, as JSON Schema wants it
};

// How one character of a set is written: plain UTF-8, or with the escapes of a JSON string.
using Spelling = std::function<ExprId(const CodePointSet& set)>;

Expected<ExprId> parse_regex(ExpressionPool& pool, std::string_view pattern, RegexMatch match,
                             const Spelling& spell);

}  // namespace curlew::model
