// Where the time goes between a file's text and its symbols: processor seconds of each stage over
// every file of a tree that has a grammar, on one thread, files read beforehand. "bare parse" is
// tree-sitter alone: its parser, then ts_tree_delete. Usage: source_speed FOLDER [MAX_MB]
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "indexer/source/chunks.h"
#include "indexer/source/extract.h"
#include "indexer/source/live_tree.h"
#include "indexer/source/macros.h"
#include "indexer/source/parse.h"
#include "indexer/source/thread_clock.h"
#include "indexer/source/walk.h"

namespace {

using namespace curlew::indexer;

struct Source {
  const Language* language;
  std::string text;
};

std::vector<Source> load(const char* folder, double bytes_max) {
  std::vector<Source> out;
  const Expected<WalkResult> walked = walk(folder, {});
  if (!walked) {
    fmt::print(stderr, "{}\n", walked.error().message());
    return out;
  }
  double bytes = 0;
  for (const WalkedFile& file : walked->files) {
    LoadedFile loaded = load_file(folder, file.path, {});
    if (loaded.reason != SkipReason::kNone) continue;
    const Language* language = language_of(file.path, loaded.text);
    if (language == nullptr || tags_query_of(*language) == nullptr) continue;
    bytes += static_cast<double>(loaded.text.size());
    if (bytes > bytes_max) break;
    out.push_back({language, std::move(loaded.text)});
  }
  return out;
}

class Stages {
 public:
  enum Stage { kBareParse, kWhole, kMacros, kParse, kFlatten, kFree, kLines, kExtract, kChunks };

  void run(const std::vector<Source>& sources) {
    for (std::size_t i = 0; i < sources.size(); ++i) {
      bytes_ += static_cast<double>(sources[i].text.size());
      if (i % 2 == 0) bare_parse(sources[i]);  // neither always finds the caches warm
      whole(sources[i]);
      if (i % 2 == 1) bare_parse(sources[i]);
      staged(sources[i]);
    }
  }

  void print() const {
    static constexpr std::array<const char*, 9> kNames = {"bare parse", "Parser::parse", "macros",
                                                          "parse",      "flatten",       "free",
                                                          "lines",      "extract",       "chunks"};
    for (std::size_t i = 0; i < kNames.size(); ++i) {
      fmt::print("{:14} {:8.2f} s  {:6.3f} of the bare parse\n", kNames[i], seconds_[i],
                 seconds_[i] / seconds_[kBareParse]);
    }
    fmt::print("{:.1f} MB, {} nodes, {} symbols, {} references, {} chunks\n", bytes_ / 1e6, nodes_,
               symbols_, references_, chunks_);
  }

 private:
  template <class Work>
  auto timed(Stage stage, Work work) {
    const auto start = thread_time();
    auto result = work();
    seconds_[stage] += std::chrono::duration<double>(thread_time() - start).count();
    return result;
  }

  void bare_parse(const Source& source) {
    timed(kBareParse, [&] {
      ts_parser_set_language(bare_.get(), source.language->grammar());
      return TreeHandle(ts_parser_parse_string(bare_.get(), nullptr, source.text.data(),
                                               static_cast<std::uint32_t>(source.text.size()))) !=
             nullptr;
    });
  }

  void whole(const Source& source) {
    timed(kWhole, [&] { return parser_.parse(*source.language, source.text).symbols.size(); });
  }

  void staged(const Source& source) {
    const Language& language = *source.language;
    const TagsQuery& query = *tags_query_of(language);
    const std::optional<std::string> masked =
        timed(kMacros, [&] { return without_macros(language, source.text); });
    const std::string& text = masked ? *masked : source.text;
    TreeHandle tree =
        timed(kParse, [&] { return parse_text(bare_.get(), language, nullptr, text, never_); });
    if (!tree) return;
    timed(kFlatten, [&] { return flatten(tree.get(), query.patterns().shape(), flat_), 0; });
    timed(kFree, [&] { return tree.reset(), 0; });
    const LineTable lines = timed(kLines, [&] { return LineTable(source.text); });
    const Extracted found =
        timed(kExtract, [&] { return extract(language, query, flat_, lines, never_); });
    const std::vector<Chunk> chunks =
        timed(kChunks, [&] { return cut_chunks(lines, found, &flat_, {}); });
    nodes_ += flat_.nodes.size();
    symbols_ += found.symbols.size();
    references_ += found.references.size();
    chunks_ += chunks.size();
  }

  const std::function<bool()> never_ = [] { return false; };
  ParserHandle bare_{ts_parser_new()};
  Parser parser_;
  FlatTree flat_;
  std::array<double, 9> seconds_{};
  double bytes_ = 0;
  std::size_t nodes_ = 0, symbols_ = 0, references_ = 0, chunks_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    fmt::print(stderr, "usage: source_speed FOLDER [MAX_MB]\n");
    return 2;
  }
  const std::vector<Source> sources = load(argv[1], argc == 3 ? std::atof(argv[2]) * 1e6 : 1e18);
  if (sources.empty()) return 1;
  Stages stages;
  stages.run(sources);
  stages.print();
  return 0;
}
