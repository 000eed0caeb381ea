// curlew index, search, symbols: the index without an editor.
#include "editors/cli/interruption.h"
#include "editors/cli/json_output.h"
#include "editors/cli/options.h"
#include "editors/cli/report.h"
#include "editors/cli/workspace.h"
#include "indexer/source/language.h"
#include "indexer/source/parse.h"

namespace curlew::cli {
namespace fs = std::filesystem;
namespace {

std::string describe(const indexer::IndexStats& stats) {
  std::string out = fmt::format(
      "{} files ({} parsed now), {} symbols, {} references, {} chunks\n{} of text, index {}, "
      "{:.2f} s\n",
      stats.files, stats.indexed, stats.symbols, stats.references, stats.chunks,
      human_bytes(static_cast<double>(stats.bytes)),
      human_bytes(static_cast<double>(stats.index_bytes)), stats.seconds);
  for (const auto& [language, counts] : stats.by_language)
    out += fmt::format("  {:<12} {:>7} files {:>10} {:>9} symbols\n", language, counts.files,
                       human_bytes(static_cast<double>(counts.bytes)), counts.symbols);
  for (const auto& [reason, count] : stats.skipped)
    out += fmt::format("  skipped: {:<12} {:>7}\n", reason, count);
  return out;
}

Json symbol_row(const indexer::Symbol& symbol) {
  const indexer::Range& r = symbol.range;
  return {{"name", symbol.name},
          {"kind", indexer::symbol_kind_name(symbol.kind)},
          {"role", symbol.is_definition ? "definition" : "declaration"},
          {"start_line", r.start_line + 1},
          {"start_col", r.start_col + 1},
          {"end_line", r.end_line + 1},
          {"end_col", r.end_col + 1},
          {"container", symbol.container},
          {"signature", symbol.signature}};
}

Json reference_row(const indexer::Reference& reference) {
  const indexer::Range& r = reference.range;
  return {{"name", reference.name},       {"kind", indexer::reference_role_name(reference.role)},
          {"role", "reference"},          {"start_line", r.start_line + 1},
          {"start_col", r.start_col + 1}, {"end_line", r.end_line + 1},
          {"end_col", r.end_col + 1},     {"container", ""}};
}

Json json_of(const std::vector<indexer::SearchHit>& hits) {
  Json list = Json::array();
  for (const indexer::SearchHit& hit : hits) list.push_back(to_json(hit));
  return list;
}

// As grep -n prints its matches; what was not looked at is said beside them.
int search_pattern(indexer::Index& index, const CommonOptions& common,
                   const SearchOptions& options) {
  auto matches = index.search_pattern({.pattern = options.query, .limit = options.limit});
  if (!matches) return report(matches.error());
  if (!matches->note.empty()) report_warning(matches->note);
  const int code = matches->hits.empty() ? kExitFound : kExitDone;
  if (common.json) return print(dump(json_of(matches->hits)) + "\n", code);
  std::string out;
  for (const indexer::SearchHit& hit : matches->hits)
    out += fmt::format("{}:{}: {}\n", hit.path, hit.range.start_line + 1, hit.text);
  return print(out, code);
}

}  // namespace

int run_index(const CommonOptions& common, const IndexCommandOptions& options) {
  const fs::path start = options.folder.empty() ? fs::current_path() : options.folder;
  std::error_code error;
  if (!fs::is_directory(start, error))
    return report_error(fmt::format("{}: not a folder that can be indexed", start.string()));
  const fs::path root =
      options.folder.empty() ? workspace_root(common, start) : fs::absolute(start);
  const Interruption interruption;
  auto index = open_index(effective_settings(common, root), root, interruption.token());
  if (interruption.exit_code() != 0) return interruption.report();
  if (!index) return report(index.error());
  if (indexer::Status checked = (*index)->check(); !checked) return report(checked.error());
  const indexer::IndexStats stats = (*index)->stats();
  for (const std::string& limit : stats.limits) report_warning(limit);
  return print(common.json ? dump(to_json(stats)) + "\n" : describe(stats));
}

int run_search(const CommonOptions& common, const SearchOptions& options) {
  const fs::path root = workspace_root(common, fs::current_path());
  auto index = open_index(effective_settings(common, root), root);
  if (!index) return report(index.error());
  if (options.regex) return search_pattern(**index, common, options);
  indexer::SearchQuery query{.text = options.query, .limit = options.limit};
  if (options.kinds.size() == 1)
    query.kind =
        options.kinds[0] == "symbol" ? indexer::SearchKind::kSymbol : indexer::SearchKind::kText;
  auto hits = (*index)->search(query);
  if (!hits) return report(hits.error());

  const int code = hits->empty() ? kExitFound : kExitDone;
  if (common.json) return print(dump(json_of(*hits)) + "\n", code);
  std::string out;
  for (const indexer::SearchHit& hit : *hits)
    out += fmt::format("{}:{}: {} {}  {}\n", hit.path, hit.range.start_line + 1, hit.kind, hit.name,
                       hit.text);
  return print(out, code);
}

int run_symbols(const CommonOptions& common, const SymbolsOptions& options) {
  Expected<std::string> text = read_file(options.file);
  if (!text) return report(text.error());
  const indexer::Language* language = indexer::language_of(options.file.string(), *text);
  if (language == nullptr)
    return report_error(
        fmt::format("{}: not in a language that Curlew parses", options.file.string()));
  const indexer::ParsedFile parsed = indexer::Parser().parse(*language, *text);
  for (const std::string& note : parsed.notes) report_warning(note);

  if (common.json) {
    Json list = Json::array();
    for (const indexer::Symbol& symbol : parsed.symbols) list.push_back(symbol_row(symbol));
    for (const indexer::Reference& ref : parsed.references) list.push_back(reference_row(ref));
    return print(dump(list) + "\n");
  }
  std::string out;
  for (const indexer::Symbol& symbol : parsed.symbols)
    out += fmt::format("{:>6}  {:<12} {}{}{}  {}\n", symbol.range.start_line + 1,
                       indexer::symbol_kind_name(symbol.kind), symbol.container,
                       symbol.container.empty() ? "" : " ", symbol.name, symbol.signature);
  return print(out);
}

}  // namespace curlew::cli
