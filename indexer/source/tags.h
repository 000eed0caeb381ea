// A language's tags.scm, compiled: what each capture means, and the predicates tree-sitter leaves
// to its callers. The captures are described in docs/languages.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/error.h"
#include "indexer/source/syntax.h"

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
  kImports,  // a whole import statement: of its names only those marked @reference.import are kept
  kLocal,    // a parameter or local variable: no reference to it is kept
  kSkip,     // no reference and no symbol's name, whatever other patterns say
  kTest,     // a definition that is a test, whichever pattern defines it
  kDoc,      // a comment or attribute: belongs to the definition on the next line
};

struct CaptureMeaning {
  CaptureRole role = CaptureRole::kNothing;
  SymbolKind kind = SymbolKind::kFunction;         // of kDefinition, kDeclaration
  ReferenceRole reference = ReferenceRole::kName;  // of kReference
};

// Immutable after compile(): may be shared by threads, each with its own cursor.
class TagsQuery {
 public:
  // kInvalidInput names the language, the offset in the query (what is inherited included) and the
  // word there.
  static Expected<TagsQuery> compile(const Language& language);

  const TSQuery* query() const { return query_.get(); }
  CaptureMeaning meaning(std::uint32_t capture) const { return meanings_[capture]; }

  // Whether the match passes its pattern's predicates: #eq?, #any-of?, #prefix?,
  // #upper-case?.
  bool accepts(const TSQueryMatch& match, std::string_view text) const;

 private:
  enum class Wants : std::uint8_t { kOneOf, kPrefixOneOf, kUpperCase };

  // What the text of `capture` must be: one of `words`, begin with one of them, or have no
  // lower-case letter.
  struct Predicate {
    Wants wants = Wants::kOneOf;
    std::uint32_t capture = 0;
    std::vector<std::string> words;
  };

  static std::optional<Wants> wants_of(std::string_view predicate);
  static bool passes(const Predicate& predicate, std::string_view word);
  Status read_captures(const Language& language);
  Status read_predicates(const Language& language);

  QueryHandle query_;
  std::vector<CaptureMeaning> meanings_;            // by capture id
  std::vector<std::vector<Predicate>> predicates_;  // by pattern index
};

// Compiled on first use, once per process. Null where it does not compile (a test sees to it that
// it does) or the language has no grammar.
const TagsQuery* tags_query_of(const Language& language);

}  // namespace curlew::indexer
