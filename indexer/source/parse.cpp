#include "indexer/source/parse.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <functional>
#include <optional>
#include <utility>

#include "indexer/source/chunks.h"
#include "indexer/source/extract.h"
#include "indexer/source/live_tree.h"
#include "indexer/source/macros.h"
#include "indexer/source/scopes.h"
#include "indexer/source/syntax.h"
#include "indexer/source/tags.h"
#include "indexer/source/thread_clock.h"

namespace curlew::indexer {
namespace {

constexpr std::chrono::milliseconds kParseTimeMax{500};  // of this thread
// A tree takes some twenty times its text's bytes.
constexpr std::size_t kParsedBytesMax = 16u << 20;
constexpr std::size_t kNodesKeptMax = 1u << 20;  // of memory that is kept for the next file

constexpr std::array<std::string_view, 16> kKindNames = {
    "function", "method",      "constructor", "class",  "struct",   "interface",
    "enum",     "enum_member", "type",        "field",  "variable", "constant",
    "macro",    "module",      "property",    "section"};
static_assert(kKindNames.size() == static_cast<std::size_t>(SymbolKind::kSection) + 1);

}  // namespace

std::string_view symbol_kind_name(SymbolKind kind) {
  return kKindNames[static_cast<std::size_t>(kind)];
}

std::string_view reference_role_name(ReferenceRole role) {
  switch (role) {
    case ReferenceRole::kCall:
      return "call";
    case ReferenceRole::kType:
      return "type";
    case ReferenceRole::kName:
      return "name";
    case ReferenceRole::kImport:
      return "import";
  }
  return "";
}

struct Parser::Impl {
  ParserHandle parser{ts_parser_new()};
  FlatTree flat;  // scratch
  LiveTree live;

  // Null when the time was up.
  TreeHandle tree_of(const Language& language, std::string_view text,
                     const std::function<bool()>& expired) {
    const std::optional<std::string> masked = without_macros(language, text);
    const std::string_view parsed = masked ? std::string_view(*masked) : text;
    return parse_text(parser.get(), language, nullptr, parsed, expired);
  }

  ParsedFile parse(const Language& language, std::string_view text, const ChunkLimits& limits,
                   FileScopes* scopes);

  void shrink() {
    if (flat.nodes.capacity() > kNodesKeptMax) flat = {};
  }
};

Parser::Parser() : impl_(std::make_unique<Impl>()) {}
Parser::~Parser() = default;
Parser::Parser(Parser&&) noexcept = default;
Parser& Parser::operator=(Parser&&) noexcept = default;

ParsedFile Parser::Impl::parse(const Language& language, std::string_view text,
                               const ChunkLimits& limits, FileScopes* scopes) {
  ParsedFile out;
  out.language = &language;
  const LineTable lines(text);
  const TagsQuery* query = tags_query_of(language);
  if (query == nullptr || text.size() > kParsedBytesMax) {
    if (query != nullptr) out.notes.emplace_back("not parsed: more than 16 MiB");
    out.chunks = cut_chunks(lines, {}, nullptr, limits);
    return out;
  }
  ThreadTimeLimit limit(kParseTimeMax);
  const std::function<bool()> expired = [&] { return limit(); };
  const TreeHandle tree = tree_of(language, text, expired);
  if (!tree) {
    out.notes.push_back(fmt::format("parse stopped after {} ms", kParseTimeMax.count()));
    out.chunks = cut_chunks(lines, {}, nullptr, limits);
    return out;
  }
  flatten(tree.get(), query->patterns().shape(), flat);
  Extracted extracted = extract(language, *query, flat, lines, expired);
  out.chunks = cut_chunks(lines, extracted, &flat, limits);
  out.error_nodes = flat.error_nodes;
  out.symbols = std::move(extracted.symbols);
  out.references = std::move(extracted.references);
  out.bases = std::move(extracted.bases);
  out.imports = std::move(extracted.imports);
  out.notes = std::move(extracted.notes);
  const ScopesQuery* names = scopes == nullptr ? nullptr : scopes_query_of(language);
  if (names != nullptr) {
    flatten(tree.get(), names->patterns().shape(), flat);
    *scopes = read_scopes(*names, flat, text);
  }
  shrink();
  return out;
}

ParsedFile Parser::parse(const Language& language, std::string_view text,
                         const ChunkLimits& limits) {
  return impl_->parse(language, text, limits, nullptr);
}

ParsedFile Parser::parse(const Language& language, std::string_view text, FileScopes& scopes) {
  scopes = {};
  return impl_->parse(language, text, {}, &scopes);
}

bool Parser::breaks_parse(const Language& language, std::string_view text, std::size_t offset,
                          std::string_view insertion) {
  if (language.grammar == nullptr || insertion.empty()) return false;
  return impl_->live.breaks(impl_->parser.get(), language, text, offset, insertion);
}

}  // namespace curlew::indexer
