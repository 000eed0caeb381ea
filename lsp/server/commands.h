// workspace/executeCommand: what editors run by name. LSP 3.17, "Execute Command".
#pragma once

#include "lsp/server/binder.h"
#include "lsp/server/completer.h"
#include "lsp/server/status.h"

namespace curlew::server {

class CommandsFeature {
 public:
  CommandsFeature(SessionState& state, Completer& completer, const StatusFeature& status)
      : state_(state), completer_(completer), status_(status) {}

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
  const StatusFeature& status_;
};

}  // namespace curlew::server
