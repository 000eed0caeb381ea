// The life of documents and files: didOpen, didChange, didClose, didSave, didFocus,
// didChangeWatchedFiles. LSP 3.17, "Text Document Synchronization".
//
// Every edit reaches three places, in this order: the requests it makes stale are cancelled, the
// document gets its new snapshot, the index gets the new buffer. What changes on the disk is told
// by the client where it can watch files; elsewhere a save updates its file, and coming back to the
// editor rescans the workspace, at most once in kRescanIntervalMin.
#pragma once

#include <chrono>

#include "lsp/server/binder.h"
#include "lsp/server/completer.h"
#include "lsp/server/repairer.h"

namespace curlew::server {

constexpr auto kRescanIntervalMin = std::chrono::seconds(30);
constexpr std::size_t kFileEventsMax =
    200;  // in one notification; more: the whole tree is rescanned

class DocumentSync {
 public:
  DocumentSync(SessionState& state, Completer& completer, Repairer& repairer)
      : state_(state), completer_(completer), repairer_(repairer) {}

  void bind(Binder& bind, protocol::Json& capabilities);
  void watch_files();  // `initialized`: asks the client to, where it can

 private:
  void did_open(const protocol::DidOpenTextDocumentParams& params);
  void did_change(const protocol::DidChangeTextDocumentParams& params);
  void did_close(const protocol::TextDocumentParams& params);
  void did_save(const protocol::TextDocumentParams& params);
  void did_focus(const protocol::DidFocusParams& params);
  void did_change_watched_files(const protocol::DidChangeWatchedFilesParams& params);
  void share_with_index(const std::string& uri);

  SessionState& state_;
  Completer& completer_;
  Repairer& repairer_;
  std::chrono::steady_clock::time_point rescanned_ = std::chrono::steady_clock::now();
};

}  // namespace curlew::server
