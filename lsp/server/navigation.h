// Where a name is defined, implemented and used, out of the index: textDocument/definition,
// implementation, references and documentHighlight. LSP 3.17.
//
// Only where the setting `navigation` asks for it: a language's own server knows better, and editors
// show the answers of both. For the languages that have none, and for workspaces that do not build.
#pragma once

#include <optional>
#include <vector>

#include "lsp/server/binder.h"
#include "lsp/server/session_state.h"

namespace curlew::server {

class NavigationFeature {
 public:
  explicit NavigationFeature(SessionState& state) : state_(state) {}

  void bind(Binder& bind);
  // Adds what `settings` ask for.
  static void announce(const Settings& settings, protocol::Json& capabilities);

 private:
  using Locations = std::vector<protocol::Location>;
  struct Word;  // the one at a place, and the index that knows it

  void definition(const protocol::PlaceParams& params, const Call& call, Reply<Locations> reply);
  void implementation(const protocol::PlaceParams& params, const Call& call,
                      Reply<Locations> reply);
  void references(const protocol::ReferenceParams& params, const Call& call,
                  Reply<Locations> reply);
  void highlight(const protocol::PlaceParams& params, const Call& call,
                 Reply<protocol::Json> reply);

  // Nothing where no index knows the document.
  Expected<std::optional<Word>> word_at(const protocol::PlaceParams& params,
                                        const Call& call) const;
  Locations locations(const Workspace& workspace,
                      const std::vector<indexer::SearchHit>& hits) const;

  SessionState& state_;
};

}  // namespace curlew::server
