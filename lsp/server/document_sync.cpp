#include "lsp/server/document_sync.h"

#include <spdlog/spdlog.h>

#include <map>

#include "lsp/server/edit_history.h"
#include "lsp/server/uri.h"

namespace curlew::server {

using protocol::Json;

namespace {

constexpr int kSyncIncremental = 2;

void log_if_wrong(const Status& status) {
  if (!status) spdlog::warn("{}", status.error().message());
}

}  // namespace

void DocumentSync::bind(Binder& bind, Json& capabilities) {
  capabilities["textDocumentSync"] = {
      {"openClose", true}, {"change", kSyncIncremental}, {"save", {{"includeText", false}}}};
  bind.notification("textDocument/didOpen", this, &DocumentSync::did_open);
  bind.notification("textDocument/didChange", this, &DocumentSync::did_change);
  bind.notification("textDocument/didClose", this, &DocumentSync::did_close);
  bind.notification("textDocument/didSave", this, &DocumentSync::did_save);
  bind.notification("textDocument/didFocus", this, &DocumentSync::did_focus);
  bind.notification("workspace/didChangeWatchedFiles", this,
                    &DocumentSync::did_change_watched_files);
}

void DocumentSync::watch_files() {
  if (!state_.client.features().register_watched_files) {
    for (const auto& workspace : state_.workspaces.all()) watch_.add(workspace);
    return;
  }
  state_.client.request("client/registerCapability",
                        {{"registrations",
                          {{{"id", "curlew/watch"},
                            {"method", "workspace/didChangeWatchedFiles"},
                            {"registerOptions", {{"watchers", {{{"globPattern", "**/*"}}}}}}}}}});
}

void DocumentSync::watch(const std::shared_ptr<Workspace>& workspace) {
  if (!state_.client.features().register_watched_files) watch_.add(workspace);
}

std::string DocumentSync::watched_how(const std::filesystem::path& root) const {
  if (const auto ours = watch_.state(root)) return *ours;
  return state_.client.features().register_watched_files ? "by the client" : "";
}

void DocumentSync::did_open(const protocol::DidOpenTextDocumentParams& params) {
  const std::string& uri = params.textDocument.uri;
  state_.scheduler.document_changed(uri);
  log_if_wrong(state_.documents.open(params.textDocument, state_.workspaces.place_of(uri)));
  share_with_index(uri);
}

void DocumentSync::did_change(const protocol::DidChangeTextDocumentParams& params) {
  const std::string& uri = params.textDocument.uri;
  state_.scheduler.document_changed(uri);
  const auto before = state_.documents.find(uri);
  log_if_wrong(state_.documents.change(params));
  if (before && !state_.documents.is_out_of_sync(uri))
    note_changes(state_.edits, *before, params, std::chrono::steady_clock::now());
  repairer_.document_changed(uri);
  if (state_.documents.is_out_of_sync(uri))
    state_.client.show_once(protocol::MessageType::kWarning,
                            uri +
                                ": the editor sent a change that does not fit. Close and open "
                                "the file to get completions in it again.");
  share_with_index(uri);
}

void DocumentSync::did_close(const protocol::TextDocumentParams& params) {
  const std::string& uri = params.textDocument.uri;
  state_.scheduler.document_changed(uri);
  log_if_wrong(state_.documents.close(uri));
  completer_.forget(uri);
  repairer_.forget(uri);
  const DocumentPlace place = state_.workspaces.place_of(uri);
  if (place.workspace && place.workspace->index() != nullptr)
    place.workspace->index()->close_buffer(place.path);
}

void DocumentSync::did_save(const protocol::TextDocumentParams& params) {
  const DocumentPlace place = state_.workspaces.place_of(params.textDocument.uri);
  if (place.workspace) state_.services.update_files(place.workspace, {place.path});
}

void DocumentSync::did_focus(const protocol::DidFocusParams& params) {
  if (params.textDocument) state_.documents.touch(params.textDocument->uri);
}

void DocumentSync::did_change_watched_files(const protocol::DidChangeWatchedFilesParams& params) {
  std::map<std::shared_ptr<Workspace>, std::vector<std::string>> changed;
  for (const protocol::FileEvent& event : params.changes) {
    DocumentPlace place = state_.workspaces.place_of(event.uri);
    if (place.workspace) changed[place.workspace].push_back(std::move(place.path));
  }
  for (auto& [workspace, paths] : changed) {
    if (paths.size() > kFileEventsMax)
      state_.services.update(workspace);
    else
      state_.services.update_files(workspace, std::move(paths));
  }
}

void DocumentSync::share_with_index(const std::string& uri) {
  const auto document = state_.documents.find(uri);
  if (!document || !document->place().workspace) return;
  if (indexer::Index* index = document->place().workspace->index())
    index->set_buffer(document->place().path, document->shared_text());
}

}  // namespace curlew::server
