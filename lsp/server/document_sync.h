// The life of documents and files: didOpen, didChange, didClose, didSave, didFocus,
// didChangeWatchedFiles. LSP 3.17, "Text Document Synchronization".
//
// Every edit reaches three places, in this order: the requests it makes stale are cancelled, the
// document gets its new snapshot, the index gets the new buffer. What changes on the disk is told
// by the client where it can watch files, else by the system (file_watch.h); a save updates its file
// in any case.
#pragma once

#include "lsp/server/binder.h"
#include "lsp/server/completer.h"
#include "lsp/server/file_watch.h"
#include "lsp/server/repairer.h"

namespace curlew::server {

constexpr std::size_t kFileEventsMax =
    200;  // in one notification; more: the whole tree is rescanned

class DocumentSync {
 public:
  DocumentSync(SessionState& state, Completer& completer, Repairer& repairer)
      : state_(state), completer_(completer), repairer_(repairer), watch_(state.services) {}

  void bind(Binder& bind, protocol::Json& capabilities);
  void watch_files();  // `initialized`: asks the client to, where it can; else the server does
  // A folder that came or went afterwards.
  void watch(const std::shared_ptr<Workspace>& workspace);
  void unwatch(const std::filesystem::path& root) { watch_.remove(root); }
  // How the files of a workspace are watched, for people.
  std::string watched_how(const std::filesystem::path& root) const;

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
  FileWatch watch_;
};

}  // namespace curlew::server
