#include "indexer/source/extract.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <unordered_set>
#include <utility>

#include "indexer/source/declarator.h"
#include "indexer/source/nesting.h"
#include "indexer/source/tags.h"

namespace curlew::indexer {
namespace {

// In-progress matches of one query: beyond it tree-sitter drops the oldest.
constexpr std::uint32_t kMatchLimit = 4096;
constexpr int kMatchesPerClockLook = 512;

struct FoundReference {
  TSNode node;
  std::optional<ReferenceRole> role;  // none: there is no reference here
};

struct ByteSpan {
  std::uint32_t start = 0, end = 0;
};

bool is_quoted(std::string_view name) {
  return name.size() >= 2 && (name.front() == '"' || name.front() == '\'');
}

std::string_view unquoted(std::string_view path) {
  constexpr std::string_view kQuotes = "\"'`<>";
  while (!path.empty() && kQuotes.find(path.front()) != std::string_view::npos) {
    path.remove_prefix(1);
  }
  while (!path.empty() && kQuotes.find(path.back()) != std::string_view::npos) {
    path.remove_suffix(1);
  }
  return path;
}

// Not the "1" of a shell's "$1", not the empty name of a node that the parser made up.
bool is_word(std::string_view name) {
  return !name.empty() && (name[0] < '0' || name[0] > '9');
}

// Runs the query and sorts its captures into heaps; nothing is nested yet.
class Collector {
 public:
  Collector(const TagsQuery& query, std::string_view text) : query_(query), text_(text) {}

  // False when `expired` cut it short.
  bool run(TSNode root, TSQueryCursor* cursor, const std::function<bool()>& expired) {
    ts_query_cursor_set_match_limit(cursor, kMatchLimit);
    TSQueryCursorOptions options{};
    options.payload = const_cast<std::function<bool()>*>(&expired);
    options.progress_callback = [](TSQueryCursorState* state) {
      return (*static_cast<const std::function<bool()>*>(state->payload))();
    };
    ts_query_cursor_exec_with_options(cursor, query_.query(), root, &options);
    TSQueryMatch match;
    for (int n = 1; ts_query_cursor_next_match(cursor, &match); ++n) {
      if (query_.accepts(match, text_)) add(match);
      if (n % kMatchesPerClockLook == 0 && expired()) return false;
    }
    return !expired();
  }

  std::vector<FoundSymbol> symbols;
  std::vector<FoundReference> references;
  std::vector<TSNode> imports;
  std::vector<ByteSpan> import_statements;
  std::vector<ByteSpan> tests;  // whole definitions
  std::vector<LineSpan> docs;
  bool too_many_references = false;

 private:
  void add(const TSQueryMatch& match) {
    FoundSymbol found;
    found.pattern = match.pattern_index;
    for (std::uint16_t i = 0; i < match.capture_count; ++i) {
      add_capture(match.captures[i].node, query_.meaning(match.captures[i].index), found);
    }
    if (found.what == FoundSymbol::What::kNothing) return;
    const bool is_symbol = found.what == FoundSymbol::What::kSymbol;
    if (is_symbol && found.name.empty()) return;
    symbols.push_back(std::move(found));
  }

  void add_capture(TSNode node, const CaptureMeaning& meaning, FoundSymbol& found) {
    using What = FoundSymbol::What;
    switch (meaning.role) {
      case CaptureRole::kDefinition:
      case CaptureRole::kDeclaration:
        found.what = What::kSymbol;
        found.kind = meaning.kind;
        found.is_definition = meaning.role == CaptureRole::kDefinition;
        found.range = trimmed(range_of(node), text_);
        found.node = node;
        break;
      case CaptureRole::kName:
        set_name(found, node);
        break;
      case CaptureRole::kDeclarator:
        set_declarator(found, node);
        break;
      case CaptureRole::kContainer:
        found.container = std::string(text_of(node, text_));
        break;
      case CaptureRole::kScope:
      case CaptureRole::kWrapper:
        found.what = meaning.role == CaptureRole::kScope ? What::kScope : What::kWrapper;
        found.range = trimmed(range_of(node), text_);
        break;
      case CaptureRole::kReference:
        add_reference(node, meaning.reference);
        break;
      case CaptureRole::kImport:
        imports.push_back(node);
        break;
      case CaptureRole::kImports:
        import_statements.push_back({ts_node_start_byte(node), ts_node_end_byte(node)});
        break;
      case CaptureRole::kLocal:
        add_local(node);
        break;
      case CaptureRole::kSkip:
        add_reference(node, std::nullopt);
        break;
      case CaptureRole::kTest:
        tests.push_back({ts_node_start_byte(node), ts_node_end_byte(node)});
        break;
      case CaptureRole::kDoc:
        add_doc(node);
        break;
      case CaptureRole::kNothing:
        break;
    }
  }

  void set_name(FoundSymbol& found, TSNode node) {
    found.name = text_at(trimmed(range_of(node), text_), text_);
    if (is_quoted(found.name)) found.name = unquoted(found.name);
    found.name_range = trimmed(range_of(node), text_);
  }

  void set_declarator(FoundSymbol& found, TSNode node) {
    Declared declared = declared_by(node, text_);
    found.name = declared.name;
    found.name_range = declared.name_range;
    found.by_declarator = true;
    found.declares_function = declared.is_function;
    if (!declared.scope.empty()) found.container = std::move(declared.scope);
  }

  void add_reference(TSNode node, std::optional<ReferenceRole> role) {
    if (references.size() >= kReferencesMax) {
      too_many_references = true;
      return;
    }
    references.push_back({node, role});
  }

  void add_local(TSNode node) {
    const Declared declared = declared_by(node, text_);
    if (declared.name.empty()) return;
    FoundSymbol local;
    local.what = FoundSymbol::What::kLocal;
    local.name = declared.name;
    local.range = local.name_range = declared.name_range;
    symbols.push_back(std::move(local));
  }

  void add_doc(TSNode node) {
    const Range range = trimmed(range_of(node), text_);
    if (starts_its_line(range, text_)) docs.push_back({range.start_line, range.end_line});
  }

  const TagsQuery& query_;
  std::string_view text_;
};

// Drops the symbols whose name is to be skipped and marks the tests.
void apply_skips_and_tests(Collector& found) {
  std::vector<std::uint32_t> skipped;
  for (const FoundReference& r : found.references) {
    if (!r.role) skipped.push_back(ts_node_start_byte(r.node));
  }
  std::sort(skipped.begin(), skipped.end());
  const auto by_place = [](const ByteSpan& a, const ByteSpan& b) {
    return std::pair(a.start, a.end) < std::pair(b.start, b.end);
  };
  std::sort(found.tests.begin(), found.tests.end(), by_place);
  std::erase_if(found.symbols, [&](const FoundSymbol& f) {
    return f.what == FoundSymbol::What::kSymbol &&
           std::binary_search(skipped.begin(), skipped.end(), f.name_range.start_byte);
  });
  if (found.tests.empty()) return;
  for (FoundSymbol& f : found.symbols) {
    if (f.what != FoundSymbol::What::kSymbol) continue;
    const ByteSpan whole{ts_node_start_byte(f.node), ts_node_end_byte(f.node)};
    f.is_test = std::binary_search(found.tests.begin(), found.tests.end(), whole, by_place);
  }
}

// Where several patterns name one place, the earliest pattern's word stands.
void keep_first_pattern(std::vector<FoundSymbol>& found) {
  const auto key = [](const FoundSymbol& f) {
    const bool named = f.what == FoundSymbol::What::kSymbol || f.what == FoundSymbol::What::kLocal;
    return std::pair(named ? f.name_range.start_byte : f.range.start_byte, f.what);
  };
  std::sort(found.begin(), found.end(), [&](const FoundSymbol& a, const FoundSymbol& b) {
    return std::pair(key(a), a.pattern) < std::pair(key(b), b.pattern);
  });
  const auto same = [&](const FoundSymbol& a, const FoundSymbol& b) {
    if (key(a) != key(b)) return false;
    if (a.what == FoundSymbol::What::kSymbol || a.what == FoundSymbol::What::kLocal) return true;
    return a.range.end_byte == b.range.end_byte;
  };
  found.erase(std::unique(found.begin(), found.end(), same), found.end());
}

int weight(std::optional<ReferenceRole> role) {
  if (!role) return 0;
  switch (*role) {
    case ReferenceRole::kImport:
      return 1;
    case ReferenceRole::kCall:
      return 2;
    case ReferenceRole::kType:
      return 3;
    case ReferenceRole::kName:
      return 4;
  }
  return 5;
}

// One reference for a place, the most telling; none for names that are being defined, for those of
// import statements that import nothing themselves, and for local variables.
std::vector<Reference> settle_references(Collector& found, const Nesting& nesting,
                                         std::string_view text) {
  const auto key = [](const FoundReference& r) {
    return std::pair(ts_node_start_byte(r.node), weight(r.role));
  };
  std::sort(found.references.begin(), found.references.end(),
            [&](const FoundReference& a, const FoundReference& b) { return key(a) < key(b); });
  std::sort(found.import_statements.begin(), found.import_statements.end(),
            [](const ByteSpan& a, const ByteSpan& b) { return a.start < b.start; });
  std::vector<Reference> out;
  out.reserve(found.references.size());
  LocalNames::Walk locals = nesting.locals.walk();
  std::uint32_t last = UINT32_MAX;
  auto name = nesting.name_starts.begin();
  auto statement = found.import_statements.begin();
  for (const FoundReference& r : found.references) {
    const std::uint32_t start = ts_node_start_byte(r.node);
    if (start == last) continue;
    last = start;
    while (name != nesting.name_starts.end() && *name < start) ++name;
    while (statement != found.import_statements.end() && statement->end <= start) ++statement;
    const bool is_named_here = name != nesting.name_starts.end() && *name == start;
    const bool in_import = statement != found.import_statements.end() && statement->start <= start;
    const std::string_view word = text_of(r.node, text);
    const bool is_import = r.role == ReferenceRole::kImport;
    if (!r.role || is_named_here || (in_import && !is_import) || !is_word(word)) continue;
    if (!is_import && locals.contains(start, word)) continue;
    out.push_back({std::string(word), *r.role, range_of(r.node)});
  }
  return out;
}

std::vector<std::string> settle_imports(std::vector<TSNode> nodes, std::string_view text) {
  std::sort(nodes.begin(), nodes.end(),
            [](TSNode a, TSNode b) { return ts_node_start_byte(a) < ts_node_start_byte(b); });
  std::vector<std::string> out;
  std::unordered_set<std::string_view> seen;
  for (const TSNode node : nodes) {
    const std::string_view path = unquoted(text_of(node, text));
    if (path.empty() || !seen.insert(path).second) continue;
    out.emplace_back();
    for (const char c : path) {  // a Rust "use" may take several lines
      const bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
      if (!blank || !out.back().ends_with(' ')) out.back() += blank ? ' ' : c;
    }
  }
  return out;
}

}  // namespace

Extracted extract(const Language& language, TSNode root, std::string_view text,
                  TSQueryCursor* cursor, const std::function<bool()>& expired) {
  Extracted out;
  const TagsQuery* query = tags_query_of(language);
  if (query == nullptr) {
    out.notes.push_back(fmt::format("no symbols: the queries of {} do not compile", language.name));
    return out;
  }
  Collector found(*query, text);
  if (!found.run(root, cursor, expired)) {
    out.notes.emplace_back("symbols and references are incomplete: the time was up");
  }
  if (found.too_many_references) {
    out.notes.push_back(fmt::format("only the first {} references are kept", kReferencesMax));
  }
  apply_skips_and_tests(found);
  keep_first_pattern(found.symbols);
  Nesting nesting = nest(language, std::move(found.symbols), std::move(found.docs), text);
  out.references = settle_references(found, nesting, text);
  out.imports = settle_imports(std::move(found.imports), text);
  out.symbols = std::move(nesting.symbols);
  out.first_lines = std::move(nesting.first_lines);
  return out;
}

}  // namespace curlew::indexer
