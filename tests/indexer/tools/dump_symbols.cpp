// Prints every symbol of a tree, for tests/bench/compare_ctags.py:
//   language <TAB> path <TAB> line <TAB> kind <TAB> name <TAB> "definition" or "declaration"
// and, on stderr, what was walked. Usage: dump_symbols FOLDER
#include <fmt/format.h>

#include <cstdio>

#include "indexer/source/parse.h"
#include "indexer/source/walk.h"

namespace {

using namespace curlew::indexer;

void dump_file(Parser& parser, const Language& language, const std::string& path,
               std::string_view text) {
  for (const Symbol& symbol : parser.parse(language, text).symbols) {
    fmt::print("{}\t{}\t{}\t{}\t{}\t{}\n", language.name, path, symbol.name_range.start_line + 1,
               symbol_kind_name(symbol.kind), symbol.name,
               symbol.is_definition ? "definition" : "declaration");
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: dump_symbols FOLDER\n");
    return 2;
  }
  const Expected<WalkResult> walked = walk(argv[1], {});
  if (!walked) {
    fmt::print(stderr, "{}\n", walked.error().message());
    return 1;
  }
  Parser parser;
  std::size_t files = 0, bytes = 0;
  for (const WalkedFile& file : walked->files) {
    const LoadedFile loaded = load_file(argv[1], file.path, {});
    if (loaded.reason != SkipReason::kNone) continue;
    const Language* language = language_of(file.path, loaded.text);
    if (language == nullptr || language->grammar == nullptr) continue;
    fmt::print("{}\t{}\t0\tfile\t\t\n", language->name, file.path);
    dump_file(parser, *language, file.path, loaded.text);
    ++files;
    bytes += loaded.text.size();
  }
  fmt::print(stderr, "{} files, {:.1f} MB\n", files, static_cast<double>(bytes) / 1e6);
  return 0;
}
