// workspace/symbol and textDocument/documentSymbol. LSP 3.17, "Workspace Symbols Request" and
// "Document Symbols Request".
#pragma once

#include <vector>

#include "indexer/source/parse.h"
#include "lsp/server/binder.h"
#include "lsp/server/session_state.h"

namespace curlew::server {

constexpr int kWorkspaceSymbolsMax = 100;  // per workspace folder

class SymbolsFeature {
 public:
  explicit SymbolsFeature(SessionState& state) : state_(state) {}

  void bind(Binder& bind, protocol::Json& capabilities);

 private:
  void workspace_symbols(const protocol::WorkspaceSymbolParams& params, const Call& call,
                         Reply<std::vector<protocol::SymbolInformation>> reply);
  void document_symbols(const protocol::TextDocumentParams& params, const Call& call,
                        Reply<protocol::Json> reply);

  SessionState& state_;
};

int lsp_symbol_kind(std::string_view kind_name);  // LSP's SymbolKind; Variable for unknown ones

// Symbols in source order -> a tree: what lies inside another's range is its child.
std::vector<protocol::DocumentSymbol> symbol_tree(const std::vector<indexer::Symbol>& symbols,
                                                  const Snapshot& document);

}  // namespace curlew::server
