// Which words a language keeps for itself, so that nothing can be named so.
#pragma once

#include <string_view>

#include "indexer/source/language.h"

namespace curlew::assist {

// Of C, C++, CUDA, Java, C#, Go, Rust, JavaScript, TypeScript and Python; false for others, and for words
// that are only kept in some places (`match`, `async`, `get`).
bool is_reserved(const indexer::Language* language, std::string_view word);

}  // namespace curlew::assist
