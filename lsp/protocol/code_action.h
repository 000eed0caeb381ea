// LSP 3.17, "Code Action Request" and "Code Action Resolve Request"; the diagnostics of other
// servers, as clients pass them on.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lsp/protocol/types.h"

namespace curlew::protocol {

struct DiagnosticRelatedInformation {
  std::string uri;
  Range range;
  std::string message;
};
bool from_json(const Json& json, DiagnosticRelatedInformation& out, const Path& path);

struct Diagnostic {
  Range range;
  int severity = 1;  // 1 error, 2 warning, 3 information, 4 hint
  std::string code;  // numbers spelled out
  std::string source, message;
  std::vector<DiagnosticRelatedInformation> relatedInformation;
  Json json;  // as it came: what an action gives back
};
bool from_json(const Json& json, Diagnostic& out, const Path& path);

struct CodeActionContext {
  std::vector<Diagnostic> diagnostics;
  std::optional<std::vector<std::string>> only;  // kinds; absent: any
};
bool from_json(const Json& json, CodeActionContext& out, const Path& path);

struct CodeActionParams {
  TextDocumentIdentifier textDocument;
  Range range;
  CodeActionContext context;
};
bool from_json(const Json& json, CodeActionParams& out, const Path& path);

// An action that we gave out, come back to be resolved. `data` is ours: it names the document, its
// version then, and the complaints.
struct CodeActionResolveParams {
  TextDocumentIdentifier textDocument;
  int version = 0;
  std::string kind;
  std::vector<Diagnostic> diagnostics;
  Json action;  // the whole of it
};
bool from_json(const Json& json, CodeActionResolveParams& out, const Path& path);

// curlew/didChangeDiagnostics: what the client's other servers say of a document now.
struct DidChangeDiagnosticsParams {
  VersionedTextDocumentIdentifier textDocument;
  std::vector<Diagnostic> diagnostics;
};
bool from_json(const Json& json, DidChangeDiagnosticsParams& out, const Path& path);

}  // namespace curlew::protocol
