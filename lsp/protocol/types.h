// The LSP structs that Curlew uses, in the specification's spelling so that it can be searched.
// Only the fields we read or write; LSP 3.17, and 3.18 for inline completion.
//
// Incoming structs have from_json (json.h says how it reports), outgoing ones to_json, which
// nlohmann's Json finds by itself: `Json j = list;`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lsp/protocol/json.h"

namespace curlew::protocol {

// --- Places -------------------------------------------------------------------------------------

struct Position {
  std::uint32_t line = 0;
  std::uint32_t character = 0;  // units: the negotiated positionEncoding
  friend bool operator==(const Position&, const Position&) = default;
  friend auto operator<=>(const Position&, const Position&) = default;
};
bool from_json(const Json& json, Position& out, const Path& path);
void to_json(Json& json, const Position& position);

struct Range {
  Position start, end;  // end exclusive
  friend bool operator==(const Range&, const Range&) = default;
};
bool from_json(const Json& json, Range& out, const Path& path);
void to_json(Json& json, const Range& range);

struct Location {
  std::string uri;
  Range range;
};
void to_json(Json& json, const Location& location);

// --- Documents ----------------------------------------------------------------------------------

struct TextDocumentIdentifier {
  std::string uri;
};
bool from_json(const Json& json, TextDocumentIdentifier& out, const Path& path);

struct VersionedTextDocumentIdentifier {
  std::string uri;
  std::optional<int> version;  // required by the specification, missing in some clients
};
bool from_json(const Json& json, VersionedTextDocumentIdentifier& out, const Path& path);

struct TextDocumentItem {
  std::string uri, languageId;
  int version = 0;
  std::string text;
};
bool from_json(const Json& json, TextDocumentItem& out, const Path& path);

struct DidOpenTextDocumentParams {
  TextDocumentItem textDocument;
};
bool from_json(const Json& json, DidOpenTextDocumentParams& out, const Path& path);

struct TextDocumentContentChangeEvent {
  std::optional<Range> range;  // absent: `text` is the whole document
  std::string text;
};
bool from_json(const Json& json, TextDocumentContentChangeEvent& out, const Path& path);

struct DidChangeTextDocumentParams {
  VersionedTextDocumentIdentifier textDocument;
  std::vector<TextDocumentContentChangeEvent> contentChanges;
};
bool from_json(const Json& json, DidChangeTextDocumentParams& out, const Path& path);

// didClose, didSave, documentSymbol, and what else names a document only.
struct TextDocumentParams {
  TextDocumentIdentifier textDocument;
};
bool from_json(const Json& json, TextDocumentParams& out, const Path& path);

// textDocument/didFocus, as Copilot's clients send it: no document when focus went elsewhere.
struct DidFocusParams {
  std::optional<TextDocumentIdentifier> textDocument;
};
bool from_json(const Json& json, DidFocusParams& out, const Path& path);

// --- Completion ---------------------------------------------------------------------------------

struct Command {
  std::string title, command;
  Json arguments = Json::array();
};
void to_json(Json& json, const Command& command);

enum class InlineCompletionTriggerKind { kInvoked = 1, kAutomatic = 2 };

struct SelectedCompletionInfo {
  Range range;
  std::string text;
};
bool from_json(const Json& json, SelectedCompletionInfo& out, const Path& path);

struct InlineCompletionContext {
  InlineCompletionTriggerKind triggerKind = InlineCompletionTriggerKind::kAutomatic;
  std::optional<SelectedCompletionInfo> selectedCompletionInfo;
};
bool from_json(const Json& json, InlineCompletionContext& out, const Path& path);

struct InlineCompletionParams {
  TextDocumentIdentifier textDocument;
  Position position;
  InlineCompletionContext context;  // required by LSP 3.18; absent means automatic
};
bool from_json(const Json& json, InlineCompletionParams& out, const Path& path);

struct InlineCompletionItem {
  std::string insertText;
  std::string filterText;
  Range range;  // on one line
  Command command;
  Json data;  // ours, docs/protocol.md
};
void to_json(Json& json, const InlineCompletionItem& item);

struct InlineCompletionList {
  std::vector<InlineCompletionItem> items;
};
void to_json(Json& json, const InlineCompletionList& list);

struct CompletionParams {
  TextDocumentIdentifier textDocument;
  Position position;
  int triggerKind = 1;  // 1 invoked, 2 trigger character, 3 again for an incomplete list
};
bool from_json(const Json& json, CompletionParams& out, const Path& path);

struct TextEdit {
  Range range;
  std::string newText;
};
void to_json(Json& json, const TextEdit& edit);

struct CompletionItem {
  std::string label;
  int kind = 1;  // CompletionItemKind.Text
  std::string detail, filterText, sortText;
  TextEdit textEdit;
  Command command;
  Json data;  // ours, docs/protocol.md
};
void to_json(Json& json, const CompletionItem& item);

struct CompletionList {
  bool isIncomplete = true;
  std::vector<CompletionItem> items;
};
void to_json(Json& json, const CompletionList& list);

// --- Symbols ------------------------------------------------------------------------------------

struct WorkspaceSymbolParams {
  std::string query;
};
bool from_json(const Json& json, WorkspaceSymbolParams& out, const Path& path);

struct SymbolInformation {
  std::string name;
  int kind = 0;
  std::string containerName;
  Location location;
};
void to_json(Json& json, const SymbolInformation& symbol);

struct DocumentSymbol {
  std::string name, detail;
  int kind = 0;
  Range range, selectionRange;  // selectionRange lies inside range
  std::vector<DocumentSymbol> children;
};
void to_json(Json& json, const DocumentSymbol& symbol);

// --- Session ------------------------------------------------------------------------------------

struct WorkspaceFolder {
  std::string uri, name;
};
bool from_json(const Json& json, WorkspaceFolder& out, const Path& path);

struct InitializeParams {
  std::optional<int> processId;
  std::optional<std::string> rootUri, rootPath;
  std::optional<std::vector<WorkspaceFolder>> workspaceFolders;
  std::string clientName, clientVersion;
  Json capabilities = Json::object();
  Json initializationOptions;
};
bool from_json(const Json& json, InitializeParams& out, const Path& path);

struct DidChangeWorkspaceFoldersParams {
  std::vector<WorkspaceFolder> added, removed;
};
bool from_json(const Json& json, DidChangeWorkspaceFoldersParams& out, const Path& path);

struct DidChangeConfigurationParams {
  Json settings;
};
bool from_json(const Json& json, DidChangeConfigurationParams& out, const Path& path);

struct FileEvent {
  std::string uri;
  int type = 2;  // 1 created, 2 changed, 3 deleted
};
bool from_json(const Json& json, FileEvent& out, const Path& path);

struct DidChangeWatchedFilesParams {
  std::vector<FileEvent> changes;
};
bool from_json(const Json& json, DidChangeWatchedFilesParams& out, const Path& path);

struct ExecuteCommandParams {
  std::string command;
  std::vector<Json> arguments;
};
bool from_json(const Json& json, ExecuteCommandParams& out, const Path& path);

enum class MessageType { kError = 1, kWarning = 2, kInfo = 3, kLog = 4 };

// Params nobody reads: `initialized`, `shutdown`, `curlew/status`.
struct NoParams {};
bool from_json(const Json& json, NoParams& out, const Path& path);

// --- curlew/ ------------------------------------------------------------------------------------

// curlew/complete and curlew/context.
struct PlaceParams {
  TextDocumentIdentifier textDocument;
  Position position;
  std::optional<int> newTokensMax, limit, budget;
  std::string lines = "auto";  // auto, one, many
};
bool from_json(const Json& json, PlaceParams& out, const Path& path);

struct ReferenceParams : PlaceParams {
  bool includeDeclaration = true;
};
bool from_json(const Json& json, ReferenceParams& out, const Path& path);

}  // namespace curlew::protocol
