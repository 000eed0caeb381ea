// What a file's bytes say about whether a person wrote it.
#pragma once

#include <string_view>

#include "indexer/source/language.h"

namespace curlew::indexer {

inline constexpr std::size_t kBinaryLookBytes = 8u << 10;

// A NUL in the first 8 KiB.
bool is_binary(std::string_view text);

// Data with a private key in it (a PEM block, a long value called "private_key"), near its beginning.
// Source and prose may speak of keys. Of secret.cpp.
bool holds_private_key(const Language& language, std::string_view text);

// Lines too long to have been typed: the mean is, or they make up most of the text. An icon or a
// font in a string counts for nothing. Only languages that machines write into one line are looked
// at (JavaScript, TypeScript, CSS, HTML, JSON); a long table in C is still code.
bool is_minified(const Language& language, std::string_view text);

}  // namespace curlew::indexer
