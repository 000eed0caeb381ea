#include "lsp/server/symbols.h"

#include <algorithm>

#include "lsp/server/file_texts.h"

namespace curlew::server {

using protocol::DocumentSymbol;
using protocol::Json;
using protocol::SymbolInformation;

namespace {

const indexer::Language* language_of(const Snapshot& document) {
  const std::string_view head = std::string_view(document.text()).substr(0, 512);
  return indexer::language_of(document.place().path, head, document.language());
}

Json flat(const std::vector<indexer::Symbol>& symbols, const Snapshot& document) {
  std::vector<SymbolInformation> out;
  for (const indexer::Symbol& symbol : symbols)
    out.push_back({.name = symbol.name,
                   .kind = lsp_symbol_kind(symbol_kind_name(symbol.kind)),
                   .containerName = symbol.container,
                   .location = {document.uri(), to_lsp(symbol.range, document)}});
  return out;
}

}  // namespace

int lsp_symbol_kind(std::string_view kind_name) {
  using indexer::SymbolKind;
  static constexpr std::pair<SymbolKind, int> kKinds[] = {
      {SymbolKind::kFunction, 12}, {SymbolKind::kMethod, 6},      {SymbolKind::kConstructor, 9},
      {SymbolKind::kClass, 5},     {SymbolKind::kStruct, 23},     {SymbolKind::kInterface, 11},
      {SymbolKind::kEnum, 10},     {SymbolKind::kEnumMember, 22}, {SymbolKind::kType, 5},
      {SymbolKind::kField, 8},     {SymbolKind::kVariable, 13},   {SymbolKind::kConstant, 14},
      {SymbolKind::kMacro, 14},    {SymbolKind::kModule, 2},      {SymbolKind::kProperty, 7},
      {SymbolKind::kSection, 15},
  };
  constexpr int kVariable = 13;
  for (const auto& [kind, number] : kKinds)
    if (symbol_kind_name(kind) == kind_name) return number;
  return kVariable;
}

std::vector<DocumentSymbol> symbol_tree(const std::vector<indexer::Symbol>& symbols,
                                        const Snapshot& document) {
  // Outer before inner, so that a parent is met before its children.
  std::vector<const indexer::Symbol*> order;
  for (const indexer::Symbol& symbol : symbols) order.push_back(&symbol);
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return a->range.start_byte != b->range.start_byte ? a->range.start_byte < b->range.start_byte
                                                      : a->range.end_byte > b->range.end_byte;
  });
  std::vector<DocumentSymbol> roots;
  // Open parents, outermost first. A level's vector grows only while it is the innermost one, so
  // the pointers into the outer levels stay good.
  std::vector<std::pair<std::uint32_t, DocumentSymbol*>> open;
  for (const indexer::Symbol* symbol : order) {
    while (!open.empty() && symbol->range.end_byte > open.back().first) open.pop_back();
    auto& level = open.empty() ? roots : open.back().second->children;
    DocumentSymbol& node = level.emplace_back();
    node.name = symbol->name.empty() ? "(unnamed)" : symbol->name;  // LSP: must not be empty
    node.detail = symbol->signature;
    node.kind = lsp_symbol_kind(symbol_kind_name(symbol->kind));
    node.range = to_lsp(symbol->range, document);
    node.selectionRange = to_lsp(symbol->name_range, document);
    if (node.selectionRange.start < node.range.start || node.range.end < node.selectionRange.end)
      node.selectionRange = node.range;
    open.emplace_back(symbol->range.end_byte, &node);
  }
  return roots;
}

void SymbolsFeature::bind(Binder& bind, Json& capabilities) {
  capabilities["workspaceSymbolProvider"] = true;
  capabilities["documentSymbolProvider"] = true;
  bind.method("workspace/symbol", Lane::kQuery, this, &SymbolsFeature::workspace_symbols);
  bind.method("textDocument/documentSymbol", Lane::kQuery, this, &SymbolsFeature::document_symbols);
}

void SymbolsFeature::workspace_symbols(const protocol::WorkspaceSymbolParams& params,
                                       const Call& call,
                                       Reply<std::vector<SymbolInformation>> reply) {
  std::vector<SymbolInformation> out;
  FileTexts texts(state_);
  for (const auto& workspace : state_.workspaces.all()) {
    if (workspace->index() == nullptr) continue;
    auto hits = workspace->index()->search({.text = params.query,
                                            .limit = kWorkspaceSymbolsMax,
                                            .kind = indexer::SearchKind::kSymbol});
    if (!hits) return reply(Error(std::move(hits.error())).during("workspace/symbol"));
    for (const indexer::SearchHit& hit : *hits) {
      if (call.stop.stop_requested()) return reply(fail(Errc::kCancelled, "cancelled"));
      const Snapshot* text = texts.find(*workspace, hit.path);
      if (text == nullptr) continue;  // deleted since it was indexed
      out.push_back({.name = hit.name,
                     .kind = lsp_symbol_kind(hit.kind),
                     .containerName = hit.container,
                     .location = {text->uri(), to_lsp(hit.range, *text)}});
    }
  }
  reply(std::move(out));
}

// The open text is parsed as it stands in the editor: no index is needed, and the ranges fit the
// version that was asked about.
void SymbolsFeature::document_symbols(const protocol::TextDocumentParams&, const Call& call,
                                      Reply<Json> reply) {
  const Expected<const Snapshot*> document = required(call.document);
  if (!document) return reply(tl::unexpected<Error>(document.error()));
  const indexer::Language* language = language_of(**document);
  if (language == nullptr) return reply(Json::array());
  thread_local indexer::Parser parser;
  const indexer::ParsedFile parsed = parser.parse(*language, (*document)->text());
  if (state_.client.features().hierarchical_symbols)
    reply(Json(symbol_tree(parsed.symbols, **document)));
  else
    reply(flat(parsed.symbols, **document));
}

}  // namespace curlew::server
