// Words that a language brings along: what a misspelt word may have been meant to be, although no
// file of the workspace has it; and words of other languages, with what they are called here.
// Constant tables; thread-safe.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "indexer/source/language.h"

namespace curlew::assist {

// Keywords, types and functions that need no import; empty for a language that has no table.
std::span<const std::string_view> own_words(const indexer::Language* language);

// Members of the standard library's types or packages.
std::span<const std::string_view> library_members(const indexer::Language* language);

// What `word`, which another language has ("null", "elif", "append"), is called here, likeliest
// first: texts of one or several tokens.
std::vector<std::string_view> meant_by(std::string_view word, const indexer::Language* language);

// The types that are written most, likeliest first.
std::span<const std::string_view> common_types(const indexer::Language* language);

}  // namespace curlew::assist
