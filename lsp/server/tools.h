// curlew/complete and curlew/context: the command line's `complete` and `context` for scripts and
// tests that already talk to a server (docs/protocol.md).
#pragma once

#include "lsp/server/binder.h"
#include "lsp/server/completer.h"

namespace curlew::server {

class ToolsFeature {
 public:
  explicit ToolsFeature(Completer& completer) : completer_(completer) {}

  void bind(Binder& bind);

 private:
  void complete(const protocol::PlaceParams& params, const Call& call, Reply<protocol::Json> reply);
  void context(const protocol::PlaceParams& params, const Call& call, Reply<protocol::Json> reply);

  Completer& completer_;
};

}  // namespace curlew::server
