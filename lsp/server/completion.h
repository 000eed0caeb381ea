// textDocument/completion, for clients without inline completion: the same suggestion as one entry
// of the popup menu. LSP 3.17, "Completion Request".
#pragma once

#include "lsp/server/binder.h"
#include "lsp/server/completer.h"

namespace curlew::server {

class CompletionFeature {
 public:
  explicit CompletionFeature(Completer& completer) : completer_(completer) {}

  void bind(Binder& bind);
  // Announced only to clients that cannot show inline completions: others would show it twice.
  static void announce(const ClientFeatures& client, protocol::Json& capabilities);

 private:
  void complete(const protocol::CompletionParams& params, const Call& call,
                Reply<protocol::CompletionList> reply);

  Completer& completer_;
};

}  // namespace curlew::server
