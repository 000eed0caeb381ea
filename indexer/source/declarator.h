// What a C or C++ declarator declares: `*(&name)(int)[3]` nests the name inside-out, which a query
// cannot follow.
#pragma once

#include <string>
#include <string_view>

#include "indexer/source/syntax.h"

namespace curlew::indexer {

struct Declared {
  std::string_view name;  // "f", "operator bool"; "" when the declarator has none
  Range name_range;
  std::string scope;         // "ns::A" of "ns::A<T>::f"; template arguments left out
  bool is_function = false;  // `int *f()`, but not `int (*f)()`
};

Declared declared_by(TSNode declarator, std::string_view text);

}  // namespace curlew::indexer
