#include "indexer/source/extract.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <unordered_set>
#include <utility>

#include "indexer/source/nesting.h"
#include "indexer/source/tags.h"

namespace curlew::indexer {
namespace {

// What is marked at a node; of several marks the least stays.
enum class Mark : std::uint8_t { kSkip, kImport, kCall, kType, kName, kNone };

Mark mark_of(ReferenceRole role) {
  switch (role) {
    case ReferenceRole::kImport:
      return Mark::kImport;
    case ReferenceRole::kCall:
      return Mark::kCall;
    case ReferenceRole::kType:
      return Mark::kType;
    case ReferenceRole::kName:
      return Mark::kName;
  }
  return Mark::kNone;
}

ReferenceRole role_of(Mark mark) {
  switch (mark) {
    case Mark::kImport:
      return ReferenceRole::kImport;
    case Mark::kCall:
      return ReferenceRole::kCall;
    case Mark::kType:
      return ReferenceRole::kType;
    default:
      return ReferenceRole::kName;
  }
}

bool is_quoted(std::string_view name) {
  if (name.size() < 2) return false;
  if (name.front() == '"' || name.front() == '\'') return true;
  return name.front() == '`' && name.find('`', 1) == name.size() - 1;  // no heading with code in it
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

// A base, and what inherits it: "" for the class around the place.
struct FoundBase {
  std::uint32_t node = 0;
  std::string_view implementer;
};

// An import as written, and an item of it that may be a module: "b" of `from a import b`.
struct FoundImport {
  ByteSpan path, item;
};

// Runs the query and sorts its captures into heaps; nothing is nested yet.
class Collector {
 public:
  Collector(const TagsQuery& query, const FlatTree& tree, const LineTable& lines)
      : marks(tree.nodes.size(), Mark::kNone),
        query_(query),
        tree_(tree),
        lines_(lines),
        text_(lines.text()) {}

  // False when `expired` cut it short.
  bool run(const std::function<bool()>& expired) {
    const auto sink = [this](std::uint16_t pattern, std::span<const Capture> captures) {
      add(pattern, captures);
    };
    return query_.patterns().match(tree_, text_, sink, [&] { return !expired(); });
  }

  std::vector<FoundSymbol> symbols;
  std::vector<Mark> marks;  // by node: the references
  std::vector<FoundBase> bases;
  std::vector<FoundImport> imports;
  std::vector<ByteSpan> import_statements;
  std::vector<ByteSpan> tests;         // whole definitions
  std::vector<std::uint32_t> skipped;  // where names begin that are none
  std::vector<LineSpan> docs;

 private:
  void add(std::uint16_t pattern, std::span<const Capture> captures) {
    if (captures.size() == 1) {
      const CaptureMeaning& meaning = query_.meaning(captures[0].id);
      if (meaning.role == CaptureRole::kReference) {
        return add_mark(captures[0].node, mark_of(meaning.reference));
      }
    }
    FoundSymbol found;
    found.pattern = pattern;
    for (const Capture& capture : captures) {
      add_capture(capture.node, query_.meaning(capture.id), found);
    }
    if (base_ != kNoNode) add_base();
    if (found.what == FoundSymbol::What::kNothing) return;
    const bool is_symbol = found.what == FoundSymbol::What::kSymbol;
    if (is_symbol && found.name.empty()) return;
    if (is_symbol) note_skipped(captures);
    symbols.push_back(std::move(found));
  }

  // `TEST(Suite, Name) {}`: other patterns take TEST for the function's name.
  void note_skipped(std::span<const Capture> captures) {
    for (const Capture& capture : captures) {
      if (query_.meaning(capture.id).role != CaptureRole::kSkip) continue;
      skipped.push_back(tree_.nodes[capture.node].span.start);
    }
  }

  void add_capture(std::uint32_t node, const CaptureMeaning& meaning, FoundSymbol& found) {
    using What = FoundSymbol::What;
    const ByteSpan span = tree_.nodes[node].span;
    switch (meaning.role) {
      case CaptureRole::kDefinition:
      case CaptureRole::kDeclaration:
        found.what = What::kSymbol;
        found.kind = meaning.kind;
        found.is_definition = meaning.role == CaptureRole::kDefinition;
        found.span = trimmed(span, text_);
        found.node = node;
        break;
      case CaptureRole::kName:
        set_name(found, trimmed(span, text_));
        break;
      case CaptureRole::kDeclarator:
        set_declarator(found, node);
        break;
      case CaptureRole::kContainer:
        found.container = std::string(text_at(span, text_));
        break;
      case CaptureRole::kScope:
      case CaptureRole::kWrapper:
        found.what = meaning.role == CaptureRole::kScope ? What::kScope : What::kWrapper;
        found.span = trimmed(span, text_);
        break;
      case CaptureRole::kReference:
        add_mark(node, mark_of(meaning.reference));
        break;
      case CaptureRole::kImport:
        imports.push_back({span, {}});
        break;
      case CaptureRole::kItem:  // comes after its import
        if (!imports.empty()) imports.back().item = span;
        break;
      case CaptureRole::kImports:
        import_statements.push_back(span);
        break;
      case CaptureRole::kLocal:
        add_local(node);
        break;
      case CaptureRole::kSkip:
        add_mark(node, Mark::kSkip);
        break;
      case CaptureRole::kTest:
        tests.push_back(span);
        break;
      case CaptureRole::kClause:
        found.is_clause = true;
        break;
      case CaptureRole::kImplements:
        add_mark(node, Mark::kType);
        base_ = node;
        break;
      case CaptureRole::kImplementer:
        implementer_ = text_at(span, text_);
        break;
      case CaptureRole::kDoc:
        add_doc(trimmed(span, text_));
        break;
      case CaptureRole::kNothing:
        break;
    }
  }

  void set_name(FoundSymbol& found, ByteSpan span) {
    found.name = text_at(span, text_);
    if (is_quoted(found.name)) found.name = unquoted(found.name);
    if (found.name.starts_with(':')) found.name.remove_prefix(1);  // Ruby's `attr_reader :name`
    found.name_span = span;
  }

  void set_declarator(FoundSymbol& found, std::uint32_t node) {
    Declared declared = query_.declarators().declared_by(tree_, node, text_);
    found.name = declared.name;
    found.name_span = declared.name_span;
    found.by_declarator = true;
    found.declares_function = declared.is_function;
    if (!declared.scope.empty()) found.container = std::move(declared.scope);
  }

  void add_mark(std::uint32_t node, Mark mark) { marks[node] = std::min(marks[node], mark); }

  void add_local(std::uint32_t node) {
    const Declared declared = query_.declarators().declared_by(tree_, node, text_);
    if (declared.name.empty()) return;
    FoundSymbol local;
    local.what = FoundSymbol::What::kLocal;
    local.name = declared.name;
    local.span = local.name_span = declared.name_span;
    symbols.push_back(std::move(local));
  }

  void add_base() {
    bases.push_back({base_, implementer_});
    base_ = kNoNode;
    implementer_ = {};
  }

  void add_doc(ByteSpan span) {
    if (!starts_its_line(span.start, text_)) return;
    const std::uint32_t near = docs.empty() ? 0 : docs.back().last;
    const std::uint32_t first = lines_.line_of(span.start, near);
    docs.push_back({first, lines_.line_of(span.end, first)});
  }

  const TagsQuery& query_;
  const FlatTree& tree_;
  const LineTable& lines_;
  std::string_view text_;
  std::uint32_t base_ = kNoNode;  // of the match at hand, until add_base()
  std::string_view implementer_;
};

// Drops the symbols whose name is to be skipped and marks the tests.
void apply_skips_and_tests(Collector& found, const FlatTree& tree) {
  if (!found.skipped.empty()) {
    std::sort(found.skipped.begin(), found.skipped.end());
    std::erase_if(found.symbols, [&](const FoundSymbol& f) {
      return f.what == FoundSymbol::What::kSymbol &&
             std::binary_search(found.skipped.begin(), found.skipped.end(), f.name_span.start);
    });
  }
  if (found.tests.empty()) return;
  const auto by_place = [](ByteSpan a, ByteSpan b) {
    return std::pair(a.start, a.end) < std::pair(b.start, b.end);
  };
  std::sort(found.tests.begin(), found.tests.end(), by_place);
  for (FoundSymbol& f : found.symbols) {
    if (f.what != FoundSymbol::What::kSymbol) continue;
    f.is_test = std::binary_search(found.tests.begin(), found.tests.end(), tree.nodes[f.node].span,
                                   by_place);
  }
}

// Where several patterns name one place, the earliest pattern's word stands.
void keep_first_pattern(std::vector<FoundSymbol>& found) {
  const auto key = [](const FoundSymbol& f) {
    const bool named = f.what == FoundSymbol::What::kSymbol || f.what == FoundSymbol::What::kLocal;
    return std::pair(named ? f.name_span.start : f.span.start, f.what);
  };
  std::sort(found.begin(), found.end(), [&](const FoundSymbol& a, const FoundSymbol& b) {
    return std::pair(key(a), a.pattern) < std::pair(key(b), b.pattern);
  });
  const auto same = [&](const FoundSymbol& a, const FoundSymbol& b) {
    if (key(a) != key(b)) return false;
    if (a.what == FoundSymbol::What::kSymbol || a.what == FoundSymbol::What::kLocal) return true;
    return a.span.end == b.span.end;
  };
  found.erase(std::unique(found.begin(), found.end(), same), found.end());
}

// One reference for a place, the most telling; none for names that are being defined, for those of
// import statements that import nothing themselves, and for local variables.
class References {
 public:
  References(Collector& found, const Nesting& nesting, const LineTable& lines)
      : statements_(found.import_statements),
        names_(nesting.name_starts),
        locals_(nesting.locals.walk()),
        places_(lines),
        text_(lines.text()) {
    std::sort(statements_.begin(), statements_.end(),
              [](ByteSpan a, ByteSpan b) { return a.start < b.start; });
  }

  // Nodes that begin at one place stand together in the tree.
  std::vector<Reference> run(const FlatTree& tree, const std::vector<Mark>& marks) {
    const auto is_kept = [](Mark mark) { return mark != Mark::kNone && mark != Mark::kSkip; };
    out_.reserve(std::min(kReferencesMax, static_cast<std::size_t>(
                                              std::count_if(marks.begin(), marks.end(), is_kept))));
    Mark best = Mark::kNone;
    ByteSpan span;
    for (std::size_t node = 0; node < marks.size(); ++node) {
      if (marks[node] == Mark::kNone) continue;
      const ByteSpan here = tree.nodes[node].span;
      if (best != Mark::kNone && here.start != span.start) {
        add(span, best);
        best = Mark::kNone;
      }
      if (marks[node] < best) {
        best = marks[node];
        span = here;
      }
    }
    if (best != Mark::kNone) add(span, best);
    return std::move(out_);
  }

  bool too_many() const { return too_many_; }

 private:
  // Called in source order.
  void add(ByteSpan span, Mark mark) {
    while (name_ < names_.size() && names_[name_] < span.start) ++name_;
    while (statement_ < statements_.size() && statements_[statement_].end <= span.start) {
      ++statement_;
    }
    const bool is_named_here = name_ < names_.size() && names_[name_] == span.start;
    const bool in_import =
        statement_ < statements_.size() && statements_[statement_].start <= span.start;
    const std::string_view word = text_at(span, text_);
    const bool is_import = mark == Mark::kImport;
    if (mark == Mark::kSkip || is_named_here || (in_import && !is_import) || !is_word(word)) return;
    if (!is_import && locals_.contains(span.start, word)) return;
    if (out_.size() == kReferencesMax) {
      too_many_ = true;
      return;
    }
    out_.push_back({std::string(word), role_of(mark), places_.range_of(span)});
  }

  std::vector<ByteSpan>& statements_;
  const std::vector<std::uint32_t>& names_;
  LocalNames::Walk locals_;
  LineFinder places_;
  std::string_view text_;
  std::size_t name_ = 0, statement_ = 0;  // the first that does not end before the place
  std::vector<Reference> out_;
  bool too_many_ = false;
};

// Scala's grammar has no node for the path alone: "import a.b" -> "a.b".
std::string_view imported_path(std::string_view text) {
  constexpr std::string_view kKeyword = "import ";
  return unquoted(text.substr(text.starts_with(kKeyword) ? kKeyword.size() : 0));
}

// Without line ends: a Rust "use" may take several lines.
std::string squeezed(std::string_view path) {
  std::string out;
  for (const char c : path) {
    const bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (!blank || !out.ends_with(' ')) out += blank ? ' ' : c;
  }
  return out;
}

std::vector<std::string> settle_imports(std::vector<FoundImport> found, std::string_view text) {
  std::sort(found.begin(), found.end(), [](const FoundImport& a, const FoundImport& b) {
    return std::pair(a.path.start, a.item.start) < std::pair(b.path.start, b.item.start);
  });
  std::vector<std::string> out;
  std::unordered_set<std::string> seen;
  for (const FoundImport& each : found) {
    std::string path = squeezed(imported_path(text_at(each.path, text)));
    if (path.empty()) continue;
    if (each.item.bytes() > 0) {
      if (!path.ends_with('.')) path += '.';
      path += text_at(each.item, text);
    }
    if (seen.insert(path).second) out.push_back(std::move(path));
  }
  return out;
}

bool can_inherit(SymbolKind kind) {
  return kind == SymbolKind::kClass || kind == SymbolKind::kStruct ||
         kind == SymbolKind::kInterface || kind == SymbolKind::kEnum || kind == SymbolKind::kModule;
}

// Each base belongs to the innermost class around it. `symbols` are in source order.
std::vector<Inheritance> settle_bases(const std::vector<FoundBase>& found, const FlatTree& tree,
                                      const LineTable& lines, const std::vector<Symbol>& symbols) {
  std::vector<Inheritance> out;
  std::vector<const Symbol*> open;
  std::size_t next = 0;
  for (const FoundBase& base : found) {
    const ByteSpan span = tree.nodes[base.node].span;
    for (; next < symbols.size() && symbols[next].range.start_byte <= span.start; ++next) {
      while (!open.empty() && open.back()->range.end_byte <= symbols[next].range.start_byte)
        open.pop_back();
      if (can_inherit(symbols[next].kind)) open.push_back(&symbols[next]);
    }
    while (!open.empty() && open.back()->range.end_byte <= span.start) open.pop_back();
    std::string_view type = base.implementer;
    if (type.empty() && !open.empty()) type = open.back()->name;
    const std::string_view name = text_at(span, lines.text());
    if (type.empty() || !is_word(name) || type == name) continue;
    out.push_back({std::string(type), std::string(name), lines.line_of(span.start)});
  }
  return out;
}

}  // namespace

Extracted extract(const Language& language, const TagsQuery& query, const FlatTree& tree,
                  const LineTable& lines, const std::function<bool()>& expired) {
  Extracted out;
  Collector found(query, tree, lines);
  if (!found.run(expired)) {
    out.notes.emplace_back("symbols and references are incomplete: the time was up");
  }
  apply_skips_and_tests(found, tree);
  keep_first_pattern(found.symbols);
  const NestingSource source{language, lines, tree, query.body_fields()};
  Nesting nesting = nest(source, std::move(found.symbols), std::move(found.docs));
  References references(found, nesting, lines);
  out.references = references.run(tree, found.marks);
  if (references.too_many()) {
    out.notes.push_back(fmt::format("only the first {} references are kept", kReferencesMax));
  }
  std::sort(found.bases.begin(), found.bases.end(),
            [](const FoundBase& a, const FoundBase& b) { return a.node < b.node; });
  out.bases = settle_bases(found.bases, tree, lines, nesting.symbols);
  out.imports = settle_imports(std::move(found.imports), lines.text());
  out.symbols = std::move(nesting.symbols);
  out.first_lines = std::move(nesting.first_lines);
  return out;
}

}  // namespace curlew::indexer
