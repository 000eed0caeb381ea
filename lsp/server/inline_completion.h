// textDocument/inlineCompletion: ghost text. LSP 3.18, "Inline Completion Request".
//
// Answered with at most one item, or with none where nothing is worth showing; `data` of the item
// says where it came from (docs/protocol.md). Also the notifications by which Copilot's clients
// tell what became of a suggestion.
#pragma once

#include "lsp/server/binder.h"
#include "lsp/server/completer.h"

namespace curlew::server {

class InlineCompletionFeature {
 public:
  InlineCompletionFeature(SessionState& state, Completer& completer)
      : state_(state), completer_(completer) {}

  void bind(Binder& bind, protocol::Json& capabilities);

 private:
  void complete(const protocol::InlineCompletionParams& params, const Call& call,
                Reply<protocol::InlineCompletionList> reply);
  void did_show(const protocol::NoParams& params);
  void did_partially_accept(const protocol::NoParams& params);

  SessionState& state_;
  Completer& completer_;
};

}  // namespace curlew::server
