// What the names of one file stand for as far as the file itself says: parameters and local
// variables, each with the scope in which it is visible, an inner one hiding an outer one.
//
// Read from a syntax tree by the language's scopes.scm (docs/languages.md). By names alone, no types:
// a name behind a dot is nobody's local. Where the source is broken, an error's node is a scope.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/error.h"
#include "indexer/source/declarator.h"
#include "indexer/source/flat_tree.h"
#include "indexer/source/language.h"
#include "indexer/source/patterns.h"

namespace curlew::indexer {

enum class BindingKind : std::uint8_t {
  kLocal,      // visible in a function or block only: variables, functions inside of functions
  kParameter,  // the same, given by the caller; type parameters too
  kMember,     // of a class of this file, used without a dot
  kFile,       // at the file's top: most often a symbol that other files can use, or an import
};
std::string_view binding_kind_name(BindingKind kind);  // "local", "parameter", "member", "file"

struct Binding {
  std::string_view name;  // points into the text
  BindingKind kind = BindingKind::kLocal;
  ByteSpan definition;  // the name, where it is introduced first
  ByteSpan scope;       // in which it is visible
};

// A place where a binding's name stands, its definitions included.
struct BoundName {
  std::uint32_t start_byte = 0;
  std::uint32_t binding = 0;  // index in FileScopes::bindings
};

// Points into the text it was read from.
struct FileScopes {
  std::vector<Binding> bindings;
  std::vector<BoundName> names;  // by start_byte, each place once; names bound by nothing here are
                                 // not listed

  // Of the name that starts at the byte; null when the file does not say.
  const Binding* at(std::uint32_t start_byte) const;
  // Where the binding's name stands, rising.
  std::vector<ByteSpan> places_of(const Binding& binding) const;
};

bool is_local(const Binding& binding);  // a local or a parameter

// A language's scopes.scm, compiled. Immutable: may be shared by threads.
class ScopesQuery {
 public:
  enum class Role : std::uint8_t {
    kNothing,        // "@_anything"
    kScope,          // locals inside belong to it
    kFunctionScope,  // the same; what @local.function marks belongs to the nearest of these
    kClassScope,     // what is introduced directly inside is a member
    kClosedScope,    // a class whose members are not visible inside of its functions
    kAfter,          // what is introduced inside is visible behind it only
    kOutside,        // part of a scope's node in which the scope is not yet open
    kAssigned,       // patterns inside introduce nothing: an assignment to what there is
    kLocal,          // visible from here to the scope's end; once more the same one
    kLocalNew,       // the same; once more another one, which hides the first
    kLocalEverywhere,
    kLocalFunction,  // everywhere in the nearest function's scope
    kLocalAssigned,  // the one that is visible, else new
    kParameter,      // everywhere in the scope
    kDefinition,     // with @name: everywhere in the scope around this node
    kName,
    kOuter,      // the function does not own this name: Python's nonlocal
    kOuterFile,  // but the file does: Python's global
    kUse,        // a name that may be one of these
    kSkip,       // none, whatever other patterns say
  };

  // kInvalidInput names the language and what is wrong where.
  static Expected<ScopesQuery> compile(const Language& language);

  const Patterns& patterns() const { return patterns_; }
  Role role(std::uint16_t capture) const { return roles_[capture]; }
  const Declarators& declarators() const { return declarators_; }

 private:
  ScopesQuery(Patterns patterns, const TSLanguage* language)
      : patterns_(std::move(patterns)), declarators_(language) {}

  Patterns patterns_;
  std::vector<Role> roles_;  // by capture id
  Declarators declarators_;
};

// Compiled on first use, once per process. Null for a language without scopes.
const ScopesQuery* scopes_query_of(const Language& language);

// `tree` as flattened for the query's patterns. Pure.
FileScopes read_scopes(const ScopesQuery& query, const FlatTree& tree, std::string_view text);

}  // namespace curlew::indexer
