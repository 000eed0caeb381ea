#include "lsp/protocol/types.h"

namespace curlew::protocol {
namespace {

void set_unless_empty(Json& json, const char* name, const std::string& value) {
  if (!value.empty()) json[name] = value;
}

}  // namespace

// --- Places -------------------------------------------------------------------------------------

bool from_json(const Json& json, Position& out, const Path& path) {
  Fields fields(json, path);
  return fields.required("line", out.line) && fields.required("character", out.character);
}

void to_json(Json& json, const Position& position) {
  json = Json{{"line", position.line}, {"character", position.character}};
}

bool from_json(const Json& json, Range& out, const Path& path) {
  Fields fields(json, path);
  return fields.required("start", out.start) && fields.required("end", out.end);
}

void to_json(Json& json, const Range& range) {
  json = Json{{"start", range.start}, {"end", range.end}};
}

void to_json(Json& json, const Location& location) {
  json = Json{{"uri", location.uri}, {"range", location.range}};
}

// --- Documents ----------------------------------------------------------------------------------

bool from_json(const Json& json, TextDocumentIdentifier& out, const Path& path) {
  return Fields(json, path).required("uri", out.uri);
}

bool from_json(const Json& json, VersionedTextDocumentIdentifier& out, const Path& path) {
  Fields fields(json, path);
  return fields.required("uri", out.uri) && fields.optional("version", out.version);
}

bool from_json(const Json& json, TextDocumentItem& out, const Path& path) {
  Fields fields(json, path);
  return fields.required("uri", out.uri) && fields.optional("languageId", out.languageId) &&
         fields.optional("version", out.version) && fields.required("text", out.text);
}

bool from_json(const Json& json, DidOpenTextDocumentParams& out, const Path& path) {
  return Fields(json, path).required("textDocument", out.textDocument);
}

bool from_json(const Json& json, TextDocumentContentChangeEvent& out, const Path& path) {
  Fields fields(json, path);
  return fields.optional("range", out.range) && fields.required("text", out.text);
}

bool from_json(const Json& json, DidChangeTextDocumentParams& out, const Path& path) {
  Fields fields(json, path);
  return fields.required("textDocument", out.textDocument) &&
         fields.required("contentChanges", out.contentChanges);
}

bool from_json(const Json& json, TextDocumentParams& out, const Path& path) {
  return Fields(json, path).required("textDocument", out.textDocument);
}

bool from_json(const Json& json, DidFocusParams& out, const Path& path) {
  if (json.is_null()) return true;
  return Fields(json, path).optional("textDocument", out.textDocument);
}

// --- Completion ---------------------------------------------------------------------------------

void to_json(Json& json, const Command& command) {
  json = Json{
      {"title", command.title}, {"command", command.command}, {"arguments", command.arguments}};
}

bool from_json(const Json& json, SelectedCompletionInfo& out, const Path& path) {
  Fields fields(json, path);
  return fields.required("range", out.range) && fields.required("text", out.text);
}

bool from_json(const Json& json, InlineCompletionContext& out, const Path& path) {
  Fields fields(json, path);
  int kind = static_cast<int>(out.triggerKind);
  if (!fields.optional("triggerKind", kind) ||
      !fields.optional("selectedCompletionInfo", out.selectedCompletionInfo))
    return false;
  // VS Code's own numbering starts at 0; anything but "invoked" is automatic.
  out.triggerKind =
      kind == 1 ? InlineCompletionTriggerKind::kInvoked : InlineCompletionTriggerKind::kAutomatic;
  return true;
}

bool from_json(const Json& json, InlineCompletionParams& out, const Path& path) {
  Fields fields(json, path);
  return fields.required("textDocument", out.textDocument) &&
         fields.required("position", out.position) && fields.optional("context", out.context);
}

void to_json(Json& json, const InlineCompletionItem& item) {
  json = Json{{"insertText", item.insertText},
              {"filterText", item.filterText},
              {"range", item.range},
              {"command", item.command},
              {"data", item.data}};
}

void to_json(Json& json, const InlineCompletionList& list) {
  json = Json{{"items", list.items}};
}

bool from_json(const Json& json, CompletionParams& out, const Path& path) {
  Fields fields(json, path);
  Json context = Json::object();
  if (!fields.required("textDocument", out.textDocument) ||
      !fields.required("position", out.position) || !fields.optional("context", context))
    return false;
  const Path context_path = path.field("context");
  return Fields(context, context_path).optional("triggerKind", out.triggerKind);
}

void to_json(Json& json, const TextEdit& edit) {
  json = Json{{"range", edit.range}, {"newText", edit.newText}};
}

void to_json(Json& json, const CompletionItem& item) {
  json = Json{{"label", item.label},       {"kind", item.kind},       {"insertTextFormat", 1},
              {"textEdit", item.textEdit}, {"command", item.command}, {"data", item.data}};
  set_unless_empty(json, "detail", item.detail);
  set_unless_empty(json, "filterText", item.filterText);
  set_unless_empty(json, "sortText", item.sortText);
}

void to_json(Json& json, const CompletionList& list) {
  json = Json{{"isIncomplete", list.isIncomplete}, {"items", list.items}};
}

// --- Symbols ------------------------------------------------------------------------------------

bool from_json(const Json& json, WorkspaceSymbolParams& out, const Path& path) {
  return Fields(json, path).required("query", out.query);
}

void to_json(Json& json, const SymbolInformation& symbol) {
  json = Json{{"name", symbol.name}, {"kind", symbol.kind}, {"location", symbol.location}};
  set_unless_empty(json, "containerName", symbol.containerName);
}

void to_json(Json& json, const DocumentSymbol& symbol) {
  json = Json{{"name", symbol.name},
              {"kind", symbol.kind},
              {"range", symbol.range},
              {"selectionRange", symbol.selectionRange},
              {"children", symbol.children}};
  set_unless_empty(json, "detail", symbol.detail);
}

// --- Session ------------------------------------------------------------------------------------

bool from_json(const Json& json, WorkspaceFolder& out, const Path& path) {
  Fields fields(json, path);
  return fields.required("uri", out.uri) && fields.optional("name", out.name);
}

bool from_json(const Json& json, InitializeParams& out, const Path& path) {
  Fields fields(json, path);
  Json info = Json::object();
  if (!fields.optional("processId", out.processId) || !fields.optional("rootUri", out.rootUri) ||
      !fields.optional("rootPath", out.rootPath) ||
      !fields.optional("workspaceFolders", out.workspaceFolders) ||
      !fields.optional("capabilities", out.capabilities) ||
      !fields.optional("initializationOptions", out.initializationOptions) ||
      !fields.optional("clientInfo", info))
    return false;
  const Path info_path = path.field("clientInfo");
  Fields client(info, info_path);
  return client.optional("name", out.clientName) && client.optional("version", out.clientVersion);
}

bool from_json(const Json& json, DidChangeWorkspaceFoldersParams& out, const Path& path) {
  Fields fields(json, path);
  Json event;
  if (!fields.required("event", event)) return false;
  const Path event_path = path.field("event");
  Fields folders(event, event_path);
  return folders.optional("added", out.added) && folders.optional("removed", out.removed);
}

bool from_json(const Json& json, DidChangeConfigurationParams& out, const Path& path) {
  return Fields(json, path).optional("settings", out.settings);
}

bool from_json(const Json& json, FileEvent& out, const Path& path) {
  Fields fields(json, path);
  return fields.required("uri", out.uri) && fields.required("type", out.type);
}

bool from_json(const Json& json, DidChangeWatchedFilesParams& out, const Path& path) {
  return Fields(json, path).required("changes", out.changes);
}

bool from_json(const Json& json, ExecuteCommandParams& out, const Path& path) {
  Fields fields(json, path);
  return fields.required("command", out.command) && fields.optional("arguments", out.arguments);
}

bool from_json(const Json&, NoParams&, const Path&) {
  return true;
}

// --- curlew/ ------------------------------------------------------------------------------------

bool from_json(const Json& json, PlaceParams& out, const Path& path) {
  Fields fields(json, path);
  if (!fields.required("textDocument", out.textDocument) ||
      !fields.required("position", out.position) ||
      !fields.optional("newTokensMax", out.newTokensMax) || !fields.optional("limit", out.limit) ||
      !fields.optional("budget", out.budget) || !fields.optional("lines", out.lines))
    return false;
  if (out.lines != "auto" && out.lines != "one" && out.lines != "many")
    return path.field("lines").fail("expected auto, one or many");
  return true;
}

bool from_json(const Json& json, ReferenceParams& out, const Path& path) {
  if (!from_json(json, static_cast<PlaceParams&>(out), path)) return false;
  const auto context = json.find("context");
  if (context == json.end() || context->is_null()) return true;
  const Path context_path = path.field("context");
  Fields fields(*context, context_path);
  return fields.optional("includeDeclaration", out.includeDeclaration);
}

}  // namespace curlew::protocol
