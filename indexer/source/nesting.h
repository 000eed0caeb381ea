// The symbols a query found, flat and unordered -> symbols in source order with their containers,
// kinds, doc comments; and the names that are local to a function.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/source/lines.h"
#include "indexer/source/parse.h"
#include "indexer/source/tags.h"

namespace curlew::indexer {

struct LineSpan {
  std::uint32_t first = 0, last = 0;  // both included
};

// One match of the tags query.
struct FoundSymbol {
  // In the order in which things that start at one place are entered.
  enum class What : std::uint8_t { kNothing, kWrapper, kSymbol, kScope, kLocal };

  What what = What::kNothing;
  SymbolKind kind = SymbolKind::kFunction;
  bool is_definition = true;
  bool by_declarator = false;      // the name came out of a C declarator
  bool declares_function = false;  // and that declarator is a function's
  bool is_test = false;
  bool is_clause = false;     // belongs to the symbol before it if that has the same name
  std::uint16_t pattern = 0;  // lower wins
  ByteSpan span;
  ByteSpan name_span;
  std::string_view name;
  std::string container;   // said by the source itself: the "A" of `void A::f()`
  std::uint32_t node = 0;  // of kSymbol: index in the flat tree
};

// Names of parameters and local variables, by the function (class, template) they belong to.
class LocalNames {
 public:
  // Functions are entered in source order, outer before inner.
  std::size_t enter(std::uint32_t start_byte, std::uint32_t end_byte);
  void add(std::size_t function, std::string_view name);
  void sort();  // once, after the last add

  // Answers for places asked in rising order.
  class Walk {
   public:
    explicit Walk(const LocalNames& names) : names_(names) {}
    bool contains(std::uint32_t place, std::string_view name);

   private:
    const LocalNames& names_;
    std::size_t next_ = 0;
    std::vector<std::size_t> open_;
  };
  Walk walk() const { return Walk(*this); }

 private:
  struct Function {
    std::uint32_t start_byte = 0, end_byte = 0;
    std::vector<std::string_view> names;
  };
  std::vector<Function> functions_;
};

struct Nesting {
  std::vector<Symbol> symbols;
  std::vector<std::uint32_t> first_lines;  // of each symbol, with its doc comment
  std::vector<std::uint32_t> name_starts;  // rising: where symbols and locals are named
  LocalNames locals;
};

// What stands around the symbols while they are nested.
struct NestingSource {
  const Language& language;
  const LineTable& lines;  // of the text
  const FlatTree& tree;
  BodyFields body_fields;
};

Nesting nest(const NestingSource& source, std::vector<FoundSymbol> found,
             std::vector<LineSpan> docs);

// Without the blanks and line ends at its end, which some grammars count in.
ByteSpan trimmed(ByteSpan span, std::string_view text);

// Only blanks stand before that byte on its line.
bool starts_its_line(std::uint32_t byte, std::string_view text);

// The definition's text up to its body, on one line. Decorators before its own node are left out.
std::string signature_of(const NestingSource& source, const FoundSymbol& found);

}  // namespace curlew::indexer
