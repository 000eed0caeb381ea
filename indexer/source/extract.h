// Flat tree of one file -> symbols, references, imports. The second half of parsing: runs the language's
// tags query, nests what it found, and settles what a query cannot say (what a C declarator
// declares, which variables are local, which comment belongs to which definition).
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "indexer/source/lines.h"
#include "indexer/source/parse.h"
#include "indexer/source/tags.h"

namespace curlew::indexer {

// References kept of one file; the rest is dropped with a note. Generated tables have millions.
inline constexpr std::size_t kReferencesMax = 100'000;

struct Extracted {
  std::vector<Symbol> symbols;             // in source order, an outer one before its inner ones
  std::vector<std::uint32_t> first_lines;  // of each symbol, with its doc comment
  std::vector<Reference> references;       // in source order, one for a place
  std::vector<Inheritance> bases;          // in source order
  std::vector<std::string> imports;        // in source order, each once
  std::vector<std::string> notes;
};

// `lines` are the text's. `expired` is asked now and then; once it answers true, what was found so
// far is returned with a note.
Extracted extract(const Language& language, const TagsQuery& query, const FlatTree& tree,
                  const LineTable& lines, const std::function<bool()>& expired);

}  // namespace curlew::indexer
