// The table of methods: what each takes, answers, and in which lane it runs.
//
//   bind.method("textDocument/inlineCompletion", Lane::kTyping, this,
//               &InlineCompletionFeature::complete, Freshness::kLatestOnly);
//   void complete(const InlineCompletionParams& params, const Call& call, Reply<List> reply);
//
// Features bind their methods and announce their capabilities in one place; parsing, snapshots,
// cancel handles, queues and the one answer are the binder's business. Bound once, before the first
// message; read by the reading thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lsp/protocol/rpc.h"
#include "lsp/protocol/types.h"
#include "lsp/server/documents.h"
#include "lsp/server/reply.h"
#include "lsp/server/scheduler.h"

namespace curlew::server {

// What a handler gets besides its parameters.
struct Call {
  std::stop_token stop;
  // The document that the parameters name, as it was when the request arrived; null when it is not
  // open, or when the method is about no document.
  std::shared_ptr<const Snapshot> document;
};

class Binder {
 public:
  Binder(Documents& documents, Scheduler& scheduler)
      : documents_(documents), scheduler_(scheduler) {}

  template <class Params, class Result, class Owner>
  void method(std::string name, Lane lane, Owner* owner,
              void (Owner::*handler)(const Params&, const Call&, Reply<Result>),
              Freshness freshness = Freshness::kAny) {
    methods_[std::move(name)] = [this, lane, owner, handler, freshness](
                                    std::shared_ptr<PendingRequest> request,
                                    const protocol::Json& json) {
      auto params = std::make_shared<Params>();
      std::string error;
      if (!from_json(json, *params, protocol::Path("params", error)))
        return request->refuse(protocol::RpcCode::kInvalidParams, error);
      const std::string document = uri_of(*params);
      Call call{request->stop_token(), documents_.find(document)};
      if (!scheduler_.admit(request, document, freshness))
        return request->refuse(protocol::RpcCode::kInvalidRequest, "this id is already in flight");
      scheduler_.submit(lane, request, [=, call = std::move(call)] {
        (owner->*handler)(*params, call, Reply<Result>(request));
      });
    };
  }

  // Notifications run in the main lane, in order.
  template <class Params, class Owner>
  void notification(std::string name, Owner* owner, void (Owner::*handler)(const Params&)) {
    notifications_[std::move(name)] = [owner, handler](const protocol::Json& json) -> Status {
      Params params;
      std::string error;
      if (!from_json(json, params, protocol::Path("params", error)))
        return fail(Errc::kInvalidInput, "{}", error);
      (owner->*handler)(params);
      return {};
    };
  }

  // False when nobody bound the method; the request is then still open.
  bool dispatch(const std::string& method, std::shared_ptr<PendingRequest> request,
                const protocol::Json& params) const;
  // An error names the bad field. Unknown notifications are ignored, as LSP asks.
  Status dispatch(const std::string& method, const protocol::Json& params) const;

  std::vector<std::string> names() const;  // of methods and notifications, sorted

 private:
  template <class Params>
  static std::string uri_of(const Params& params) {
    if constexpr (requires { params.textDocument.uri; })
      return params.textDocument.uri;
    else
      return {};
  }

  Documents& documents_;
  Scheduler& scheduler_;
  std::map<std::string, std::function<void(std::shared_ptr<PendingRequest>, const protocol::Json&)>>
      methods_;
  std::map<std::string, std::function<Status(const protocol::Json&)>> notifications_;
};

}  // namespace curlew::server
