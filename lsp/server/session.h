// One client: reads its messages, keeps the life cycle, and hands the rest to the features.
//
//   new -> initialize -> running -> shutdown -> exit
//
// Ends at `exit`, at the end of input, when the client stops reading, or when the process that the
// client named as its parent is gone. No message ends it otherwise: what is malformed gets an error
// reply or a line in the log. LSP 3.17, "Lifecycle Messages".
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lsp/protocol/transport.h"
#include "lsp/server/binder.h"
#include "lsp/server/code_actions.h"
#include "lsp/server/commands.h"
#include "lsp/server/completion.h"
#include "lsp/server/configuration.h"
#include "lsp/server/document_sync.h"
#include "lsp/server/inline_completion.h"
#include "lsp/server/navigation.h"
#include "lsp/server/next_edit.h"
#include "lsp/server/parent_watch.h"
#include "lsp/server/session_state.h"
#include "lsp/server/status.h"
#include "lsp/server/symbols.h"
#include "lsp/server/tools.h"

namespace curlew::server {

struct SessionOptions {
  Settings command_line;                       // what the command line set explicitly
  std::vector<std::string> command_line_keys;  // names of the fields above that it set
  int parent_pid = 0;                          // 0: taken from initialize.processId
  LaneThreads threads;
};

class Session {
 public:
  // Both must outlive the session.
  Session(Services& services, protocol::Transport& transport, SessionOptions options = {});
  ~Session();

  // Serves until the end. Returns the process's exit code: 0 after `shutdown`, else 1.
  int run();

  std::vector<std::string> method_names() const;  // what is bound, for the test of the documents

 private:
  enum class Life { kNew, kRunning, kShutDown, kOver };

  void bind();
  void take(const std::string& body);
  void take_request(protocol::Request request);
  void take_notification(const protocol::Notification& notification);

  void initialize(const protocol::InitializeParams& params, const Call& call,
                  Reply<protocol::Json> reply);
  void initialized(const protocol::NoParams& params);
  void shutdown(const protocol::NoParams& params, const Call& call, Reply<protocol::Json> reply);
  void exit(const protocol::NoParams& params);
  void cancel_request(const protocol::Json& params);
  void cancel_work(const protocol::Json& params);
  void set_trace(const protocol::NoParams& params);
  void change_workspace_folders(const protocol::DidChangeWorkspaceFoldersParams& params);

  void negotiate_encoding(const std::vector<std::string>& offered);
  std::shared_ptr<Workspace> add_workspace(const std::string& uri);  // null: not of this machine
  void watch_parent(int process_id);

  protocol::Transport& transport_;
  const SessionOptions options_;
  Life life_ = Life::kNew;
  std::unique_ptr<ParentWatch> parent_;
  SessionState state_;
  Binder binder_;
  protocol::Json capabilities_ = protocol::Json::object();
  // Features, in the order of their needs.
  Configuration configuration_;
  Completer completer_;
  Repairer repairer_;
  DocumentSync document_sync_;
  InlineCompletionFeature inline_completion_;
  NextEditFeature next_edit_;
  CompletionFeature completion_;
  SymbolsFeature symbols_;
  NavigationFeature navigation_;
  StatusFeature status_;
  ToolsFeature tools_;
  CodeActionFeature code_actions_;
  CommandsFeature commands_;
};

}  // namespace curlew::server
