// curlew/status: what the server is doing and what it has, for status bars, `doctor` and tests
// (docs/protocol.md).
#pragma once

#include "lsp/server/binder.h"
#include "lsp/server/completer.h"
#include "lsp/server/document_sync.h"
#include "lsp/server/next_edit.h"

namespace curlew::server {

class StatusFeature {
 public:
  StatusFeature(SessionState& state, const DocumentSync& document_sync, const Completer& completer,
                const NextEditFeature& next_edit)
      : state_(state),
        document_sync_(document_sync),
        completer_(completer),
        next_edit_(next_edit) {}

  void bind(Binder& bind);
  protocol::Json status() const;

 private:
  void answer(const protocol::NoParams& params, const Call& call, Reply<protocol::Json> reply);
  protocol::Json model() const;
  protocol::Json completion() const;
  protocol::Json next_edits() const;

  SessionState& state_;
  const DocumentSync& document_sync_;
  const Completer& completer_;
  const NextEditFeature& next_edit_;
};

}  // namespace curlew::server
