// A language's tags.scm, compiled: its patterns, and what each capture means. The captures are
// described in docs/languages.md.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "indexer/error.h"
#include "indexer/source/declarator.h"
#include "indexer/source/parse.h"
#include "indexer/source/patterns.h"

namespace curlew::indexer {

enum class CaptureRole : std::uint8_t {
  kNothing,     // "@_anything": for predicates only
  kDefinition,  // the whole of a symbol
  kDeclaration,
  kName,        // the symbol's name
  kDeclarator,  // a C declarator that holds the name somewhere inside
  kContainer,   // what the symbol belongs to, where nesting does not say it
  kScope,       // no symbol, but @name is a container for what is inside
  kWrapper,     // decorators, "template <...>", "export": belongs to the definition that ends it
  kReference,
  kImport,
  kItem,     // beside an import: a name that may be a module inside of it
  kImports,  // a whole import statement: of its names only those marked @reference.import are kept
  kLocal,    // a parameter or local variable: no reference to it is kept
  kSkip,     // no reference, and beside a definition no symbol's name, whatever other patterns say
  kTest,     // a definition that is a test, whichever pattern defines it
  kClause,   // a definition that may be one of several in a row that are one: Haskell's equations
  kImplements,   // a base of the class around it: a reference to a type, too
  kImplementer,  // beside it where no class is around it: what inherits
  kDoc,          // a comment or attribute: belongs to the definition on the next line
};

struct CaptureMeaning {
  CaptureRole role = CaptureRole::kNothing;
  SymbolKind kind = SymbolKind::kFunction;         // of kDefinition, kDeclaration
  ReferenceRole reference = ReferenceRole::kName;  // of kReference
};

// Where a definition's body is found: ids of fields, 0 where the grammar has none.
struct BodyFields {
  std::uint8_t body = 0;
  std::uint8_t value = 0;  // `const f = () => {...}`
};

// Immutable after compile(): may be shared by threads.
class TagsQuery {
 public:
  // kInvalidInput names the language, the offset in the query (what is inherited included) and what
  // is wrong there.
  static Expected<TagsQuery> compile(const Language& language);

  const Patterns& patterns() const { return patterns_; }
  const CaptureMeaning& meaning(std::uint16_t capture) const { return meanings_[capture]; }
  const Declarators& declarators() const { return declarators_; }
  BodyFields body_fields() const { return body_fields_; }

 private:
  TagsQuery(Patterns patterns, const TSLanguage* language);

  Patterns patterns_;
  std::vector<CaptureMeaning> meanings_;  // by capture id
  Declarators declarators_;
  BodyFields body_fields_;
};

// Compiled on first use, once per process. Null where it does not compile (a test sees to it that
// it does) or the language has no grammar.
const TagsQuery* tags_query_of(const Language& language);

}  // namespace curlew::indexer
