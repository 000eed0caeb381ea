// What a C or C++ declarator declares: `*(&name)(int)[3]` nests the name inside-out, which a query
// cannot follow.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/source/flat_tree.h"

namespace curlew::indexer {

struct Declared {
  std::string_view name;  // "f", "operator bool"; "" when the declarator has none
  ByteSpan name_span;
  std::string scope;         // "ns::A" of "ns::A<T>::f"; template arguments left out
  bool is_function = false;  // `int *f()`, but not `int (*f)()`
};

// Of one grammar; in a grammar without declarators every node declares its own text. Immutable.
class Declarators {
 public:
  explicit Declarators(const TSLanguage* language);

  // `node` is an index in `tree`.
  Declared declared_by(const FlatTree& tree, std::uint32_t node, std::string_view text) const;

 private:
  enum class Kind : std::uint8_t {
    kOther,
    kFunction,
    kQualified,
    kOperatorCast,
    kTemplate,       // a name with template arguments
    kParenthesized,  // this one and the next have no field for what they hold
    kUnnamed,
    kBeside,  // attributes and comments: not what a declarator holds
  };

  Kind kind_of(const FlatNode& node) const {
    return node.symbol == kErrorSymbol ? Kind::kOther : kinds_[node.symbol];
  }
  std::uint32_t inner_of(const FlatTree& tree, std::uint32_t node) const;

  std::vector<Kind> kinds_;  // by symbol
  std::uint8_t declarator_field_, name_field_, scope_field_;
};

}  // namespace curlew::indexer
