// Quick fixes for what other servers complain of, and source.fixAll.curlew. LSP 3.17, "Code Action
// Request".
//
// An action costs nothing to offer: the work is done when it is chosen (codeAction/resolve), or has
// been done while nobody asked (repairer.h). Only what was checked is marked preferred. Clients that
// cannot resolve get a command instead, which edits by itself.
#pragma once

#include "lsp/server/binder.h"
#include "lsp/server/instructed_edits.h"
#include "lsp/server/repairer.h"

namespace curlew::server {

constexpr std::size_t kComplaintsOffered = 8;  // of one request

class CodeActionFeature {
 public:
  CodeActionFeature(SessionState& state, Repairer& repairer)
      : state_(state), repairer_(repairer), instructed_edits_(state, repairer) {}

  void bind(Binder& bind, protocol::Json& capabilities);

  // curlew.edit [uri, range, instruction, {follow?}]: an edit asked for in words, applied. Answers as
  // docs/protocol.md says; with clients that apply no edits, the edit, too.
  void edit_command(const std::vector<protocol::Json>& arguments, const Call& call,
                    Reply<protocol::Json> reply);
  // curlew.repair [uri, diagnostics?]: repairs and applies. Answers {found, verified, applied, why,
  // reason, check}; with clients that apply no edits, the edit.
  void repair_command(const std::vector<protocol::Json>& arguments, const Call& call,
                      Reply<protocol::Json> reply);

 private:
  void offer(const protocol::CodeActionParams& params, const Call& call,
             Reply<protocol::Json> reply);
  void resolve(const protocol::CodeActionResolveParams& params, const Call& call,
               Reply<protocol::Json> reply);
  protocol::Json quick_fix(const Snapshot& document, const protocol::Diagnostic& complaint);
  protocol::Json unresolved(const Snapshot& document, std::string title, const std::string& kind,
                            const Complaints& complaints) const;
  Expected<protocol::Json> edit_of(const Snapshot& document,
                                   const assist::DocumentRepair& repair) const;
  void apply(protocol::Json answer, Reply<protocol::Json> reply);
  void tell_not_repaired(const assist::DocumentRepair& repair);

  SessionState& state_;
  Repairer& repairer_;
  const InstructedEdits instructed_edits_;
};

}  // namespace curlew::server
