// Whether an edit leaves a text parsing: the gate that every edit passes before anything is run.
#pragma once

#include <string_view>

#include "indexer/source/language.h"

namespace curlew::assist {

// Places where the language's parser had to skip or to make something up. 0 for a text of no language
// that is parsed. Thread-safe.
int parse_errors(const indexer::Language* language, std::string_view text);

// The language by path and first bytes.
int parse_errors(std::string_view path, std::string_view text);

}  // namespace curlew::assist
