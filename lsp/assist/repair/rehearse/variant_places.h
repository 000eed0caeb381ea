// Where in a text a change can stand beside what it changes, so that a run chooses between the two.
//
// In C and C++ places are whole statements, conditions and initial values, not the operands in them: what a condition
// or a statement comes to has no type that the other branch could change. In JavaScript and TypeScript nearly every
// expression is one that is used for its value. The text is parsed once, and for each change what differs. Pure
// but for the parser's memory; not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "indexer/source/language.h"
#include "lsp/assist/edit/text_difference.h"

namespace curlew::assist {

enum class VariantKind : std::uint8_t {
  kStatements,  // none, one or more, as they stand in a block; a function's body
  kCondition,   // its value is true or false
  kValue,       // of a declaration, or what is chosen by; any of JavaScript
  kDiscarded,   // an expression that is evaluated for what it does
};

// Bytes of the text. Empty: something stands there in a change only.
struct VariantPlace {
  VariantKind kind = VariantKind::kStatements;
  std::size_t start = 0, end = 0;
};

bool is_script(const indexer::Language* language);     // JavaScript, TypeScript, TSX
bool has_variants(const indexer::Language* language);  // these, C, C++

class VariantPlaces {
 public:
  // Nothing is found where the language has no variants, or the text could not be parsed in time.
  VariantPlaces(const indexer::Language* language, std::string_view text);
  ~VariantPlaces();
  VariantPlaces(VariantPlaces&&) noexcept;
  VariantPlaces& operator=(VariantPlaces&&) noexcept;

  // The smallest place that holds the difference and is one, and well-formed, in both texts.
  std::optional<VariantPlace> find(const TextDifference& difference);
  // Of C: whether code at `offset` cannot use that name, which the text declares elsewhere only.
  bool is_out_of_sight(std::string_view name, std::size_t offset) const;
  bool declares(std::string_view name) const;  // of C

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace curlew::assist
