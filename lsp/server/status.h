// curlew/status: what the server is doing and what it has, for status bars, `doctor` and tests
// (docs/protocol.md).
#pragma once

#include "lsp/server/binder.h"
#include "lsp/server/completer.h"

namespace curlew::server {

class StatusFeature {
 public:
  StatusFeature(SessionState& state, Completer& completer) : state_(state), completer_(completer) {}

  void bind(Binder& bind);
  protocol::Json status() const;

 private:
  void answer(const protocol::NoParams& params, const Call& call, Reply<protocol::Json> reply);
  protocol::Json model() const;
  protocol::Json completion() const;

  SessionState& state_;
  Completer& completer_;
};

}  // namespace curlew::server
