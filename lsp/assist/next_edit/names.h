// What a word in a text is: where something gets its name, or a use of it; and how far the name
// reaches. By tokens alone, without types: near enough to be sure of what looks sure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lsp/assist/next_edit/code_view.h"

namespace curlew::assist {

enum class NameRole : std::uint8_t {
  kUse,          // of a variable, function, type
  kMember,       // behind a receiver: `a.name`, `a->name`, `A::name`
  kKey,          // names something of another place: `{name: 1}`, `f(name=1)`
  kShorthand,    // both at once: `{name}` in TypeScript
  kDeclaration,  // where it is introduced
  kImport,       // in an import
};
NameRole role_of(const CodeView& view, std::size_t idx);

enum class Reach : std::uint8_t {
  kLocal,   // a block or a function
  kMember,  // of a class, an enum, an implementation
  kFile,    // and, by way of the index, other files
};
struct Scope {
  Reach reach = Reach::kFile;
  std::size_t start = 0, end = 0;  // bytes of the text: of the function, block, class; all of it
};
// Of the name that a declaration introduces.
Scope scope_of(const CodeView& view, std::size_t declaration);

// The class (struct, implementation, interface, enum) that a place lies in; "" for none. For
// `A::f` outside of it, A.
std::string class_around(const CodeView& view, std::size_t idx);

// Where the function around a place begins: a byte of the text, the same for all of its places.
std::size_t function_around(const CodeView& view, std::size_t idx);

// Whether the parameters or local variables of the function around a place include the name.
bool is_local_at(const CodeView& view, std::size_t idx, std::string_view name);
// The first token of the declaration (with its type) that is_local_at found; kNone.
std::size_t local_at(const CodeView& view, std::size_t idx, std::string_view name);

// Byte offsets of the word, in order, where strings show a variable of that name: in the braces of
// Python's f-strings and C#'s $-strings, in `${...}` of templates, in the strings of Rust's format macros.
std::vector<std::size_t> shown_in_strings(const CodeView& view, std::string_view word);

// Whether a text imports the name by name from the file `home`: Python's `from home import name`,
// `import { name } from "./home"`.
bool imports_from(const CodeView& view, std::string_view name, const std::string& home);

// Whether a `{` opens the body of a class, of a namespace or module, or a block of statements.
enum class BlockKind : std::uint8_t { kCode, kClass, kEnum, kNamespace };
BlockKind block_kind(const CodeView& view, std::size_t opener);

}  // namespace curlew::assist
