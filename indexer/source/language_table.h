// What indexer/languages/<name>/language.json say, without the queries. Generated when configured
// by indexer/languages/descriptions.cmake.
#pragma once

#include <span>

#include "indexer/source/language.h"

namespace curlew::indexer {

std::span<const Language> language_table();  // by name, rising

}  // namespace curlew::indexer
