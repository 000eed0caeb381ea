// workspace/executeCommand: what editors run by name. LSP 3.17, "Execute Command".
#pragma once

#include "lsp/server/binder.h"
#include "lsp/server/code_actions.h"
#include "lsp/server/completer.h"
#include "lsp/server/next_edit.h"
#include "lsp/server/status.h"

namespace curlew::server {

class CommandsFeature {
 public:
  CommandsFeature(SessionState& state, Completer& completer, NextEditFeature& next_edit,
                  const StatusFeature& status, CodeActionFeature& code_actions)
      : state_(state),
        completer_(completer),
        next_edit_(next_edit),
        status_(status),
        code_actions_(code_actions) {}

  void bind(Binder& bind, protocol::Json& capabilities);

 private:
  using Arguments = std::vector<protocol::Json>;
  void execute(const protocol::ExecuteCommandParams& params, const Call& call,
               Reply<protocol::Json> reply);
  Expected<protocol::Json> accepted(const Arguments& arguments);  // [id]
  Expected<protocol::Json> status(const Arguments& arguments);
  Expected<protocol::Json> reindex(const Arguments& arguments);
  Expected<protocol::Json> pause(const Arguments& arguments);  // [true or false]; none: the other

  struct Row {
    const char* name;
    Expected<protocol::Json> (CommandsFeature::*run)(const Arguments&);
  };
  static const Row kCommands[4];

  SessionState& state_;
  Completer& completer_;
  NextEditFeature& next_edit_;
  const StatusFeature& status_;
  CodeActionFeature& code_actions_;
};

}  // namespace curlew::server
