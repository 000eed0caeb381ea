// Stage 2 of 3: walk -> [parse] -> store. Text of one file -> its symbols, references, imports and
// chunks.
//
// Pure: no I/O; the same input gives the same output, unless a file takes so long to parse that it
// is given up. Never fails: broken source code is not an error; what could be parsed is there, and
// `notes` says what was not. Any text will do: invalid UTF-8, NUL bytes, CRLF, nothing at all. The
// depth of nesting costs no stack.
// Thread-safe; each thread should keep its own Parser (a tree-sitter parser is not shareable).
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/source/language.h"

namespace curlew::indexer {

// Half-open byte range with its lines and columns. Lines and columns count from 0; columns are
// UTF-8 bytes.
struct Range {
  std::uint32_t start_byte = 0, end_byte = 0;
  std::uint32_t start_line = 0, start_col = 0, end_line = 0, end_col = 0;
};

enum class SymbolKind : std::uint8_t {
  kFunction,
  kMethod,
  kConstructor,
  kClass,
  kStruct,
  kInterface,
  kEnum,
  kEnumMember,
  kType,
  kField,
  kVariable,
  kConstant,
  kMacro,
  kModule,
  kProperty,
  kSection,
};
std::string_view symbol_kind_name(SymbolKind kind);  // "function", "method", ...

struct Symbol {
  std::string name;
  SymbolKind kind = SymbolKind::kFunction;
  Range range;  // the whole definition, doc comment not included
  Range name_range;
  std::string container;      // "ns::Class", "module.Class"; "" at the top
  std::string signature;      // on one line, blanks squeezed, without the body; at most 240 bytes
  bool is_definition = true;  // false: a declaration (a prototype, an abstract method)
  bool is_test = false;       // what a test runner runs: Go's TestX, Rust's #[test], gtest's TEST()
};

enum class ReferenceRole : std::uint8_t { kCall, kType, kName, kImport };
std::string_view reference_role_name(ReferenceRole role);

struct Reference {
  std::string name;
  ReferenceRole role = ReferenceRole::kName;
  Range range;
};

// "A is a B": a base class, an interface, a trait, a mixin, an embedded struct.
struct Inheritance {
  std::string type;        // the one that inherits; of this file, but for Rust's impls and the like
  std::string base;        // as written, without what qualifies it and without type arguments
  std::uint32_t line = 0;  // of the base's name
};

// A piece of a file that is stored, searched and retrieved as a unit: a definition with its doc
// comment, or what stands between definitions. Long definitions are cut at statement boundaries.
struct Chunk {
  Range range;       // whole lines, the last one's line end included
  std::string name;  // the definition's name; "" for text between definitions
};

struct ChunkLimits {
  int lines_max = 60;
  int lines_min = 3;  // shorter neighbours are joined
  int bytes_max = 4000;
};

struct ParsedFile {
  const Language* language = nullptr;
  std::vector<Symbol> symbols;        // in source order
  std::vector<Reference> references;  // in source order
  std::vector<Inheritance> bases;     // in source order
  std::vector<std::string> imports;   // as written: "kernels/ops.h", "os.path", "./util"
  std::vector<Chunk> chunks;          // in source order, covering every non-blank line once
  int error_nodes = 0;                // where the parser had to skip
  std::vector<std::string> notes;     // "parse stopped after 500 ms"
};

struct FileScopes;

class Parser {
 public:
  Parser();
  ~Parser();
  Parser(Parser&&) noexcept;
  Parser& operator=(Parser&&) noexcept;

  ParsedFile parse(const Language& language, std::string_view text, const ChunkLimits& limits = {});
  // The same parse read for its scopes too (scopes.h): they point into `text`. Empty for a language
  // that has none and for what could not be parsed.
  ParsedFile parse(const Language& language, std::string_view text, FileScopes& scopes);

  // The text would parse worse with `insertion` at `offset` than without: more error and missing
  // nodes. Used to cut and to refuse suggestions. Of a text beyond 32 KiB the lines around the
  // offset are looked at. The first question about a text costs a parse of these (5 ms for 32 KiB
  // of C++); further ones, also about a text that differs by what was typed since, cost less.
  // Where 100 ms are not enough, and where there is no grammar, nothing breaks.
  bool breaks_parse(const Language& language, std::string_view text, std::size_t offset,
                    std::string_view insertion);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Pieces of an identifier: "parse_httpHeader2" -> parse, http, header, 2. Lower case; for search.
std::vector<std::string> split_identifier(std::string_view identifier);

}  // namespace curlew::indexer
