// Prints what the names of files stand for, for tests/bench/compare_scopes.py:
//   path <TAB> byte of the name <TAB> name <TAB> kind <TAB> byte of its definition
// Usage: dump_scopes LANGUAGE FILE...
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "indexer/source/parse.h"
#include "indexer/source/read_file.h"
#include "indexer/source/scopes.h"

int main(int argc, char** argv) {
  using namespace curlew::indexer;
  constexpr std::size_t kBytesMax = 4u << 20;
  const Language* language = argc < 3 ? nullptr : language_by_name(argv[1]);
  if (language == nullptr) {
    fmt::print(stderr, "usage: dump_scopes LANGUAGE FILE...\n");
    return 2;
  }
  Parser parser;
  for (int i = 2; i < argc; ++i) {
    const auto text = read_file(argv[i], kBytesMax);
    if (!text) continue;
    FileScopes scopes;
    parser.parse(*language, *text, scopes);
    for (const BoundName& name : scopes.names) {
      const Binding& binding = scopes.bindings[name.binding];
      fmt::print("{}\t{}\t{}\t{}\t{}\n", argv[i], name.start_byte, binding.name,
                 binding_kind_name(binding.kind), binding.definition.start);
    }
  }
  return 0;
}
