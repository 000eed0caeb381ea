// Repairs of complaints in open documents, for whoever asks: quick fixes, commands, and, while nobody
// asks, the complaints that the client has just reported, so that a quick fix is checked before
// anybody sees it.
//
// What has to be run is run in the sandbox, in workspaces that their user trusts (trust.h); the user
// is asked once. Thread-safe.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "lsp/assist/repair/repair_document.h"
#include "lsp/protocol/code_action.h"
#include "lsp/server/ahead.h"
#include "lsp/server/session_state.h"

namespace curlew::server {

using Complaints = std::vector<protocol::Diagnostic>;
using DocumentPtr = std::shared_ptr<const Snapshot>;

constexpr std::chrono::milliseconds kIdleBeforeRepair{600};
constexpr std::size_t kRepairedAheadMax = 3;  // complaints of one document
constexpr std::chrono::seconds kAheadBudget{15};

enum class Consent { kAsk, kDoNotAsk };

class Repairer {
 public:
  explicit Repairer(SessionState& state) : state_(state), ahead_(kIdleBeforeRepair) {}

  // Synchronous and long. No complaints: what the document's own check has to say. kInvalidInput for
  // a document outside every workspace, kCancelled.
  Expected<assist::DocumentRepair> repair(const DocumentPtr& document, const Complaints& complaints,
                                          Consent consent, std::stop_token stop);
  // The document's check, as far as its user lets it be run; else why there is none.
  struct AllowedCheck {
    std::optional<assist::CheckCommand> command;
    std::string why_not;
  };
  Expected<AllowedCheck> allowed_check(const DocumentPtr& document, Consent consent,
                                       std::stop_token stop);
  // The open documents of a document's workspace as they stand, this one as given. Requires the
  // document to lie in a workspace.
  assist::Changes buffers_around(const DocumentPtr& document) const;
  // Whether there is anything to try. Short.
  bool is_promising(const Snapshot& document, const protocol::Diagnostic& complaint);
  // What has been found out about a complaint in this version of its document.
  std::optional<assist::DocumentRepair> known(const Snapshot& document,
                                              const protocol::Diagnostic& complaint) const;

  // What the client has told of this version, as far as it touches the range: some clients pass on
  // to a server's code actions only what that server itself reported.
  Complaints reported(const Snapshot& document, const protocol::Range& range) const;

  // curlew/didChangeDiagnostics. What is said of a version that has not come yet (some clients hold
  // edits back for a moment) counts when it comes.
  void diagnostics_changed(const protocol::DidChangeDiagnosticsParams& params);
  // Ends what is at work for the older text of any document.
  void document_changed(const std::string& uri);
  void forget(const std::string& uri);  // the document is closed

  bool wait_until_idle(std::chrono::steady_clock::time_point deadline) {
    return ahead_.wait_until_idle(deadline);
  }

 private:
  struct Known {
    int version = 0;
    Complaints reported;
    // By the complaint's JSON.
    std::map<std::string, bool> promising;
    std::map<std::string, assist::DocumentRepair> repairs;
  };
  // mutex_ held. What is known of an older version is dropped; null when a newer one is known.
  Known* known_of(const std::string& uri, int version);
  void plan_repairs(const DocumentPtr& document);
  void repair_ahead(const DocumentPtr& document, const Complaints& complaints,
                    std::stop_token stop);
  void remember(const Snapshot& document, const protocol::Diagnostic& complaint,
                assist::DocumentRepair repair);
  Expected<bool> may_run(const Workspace& workspace, const std::string& check, Consent consent,
                         std::stop_token stop);
  Expected<bool> ask(const Workspace& workspace, const std::string& check, std::stop_token stop);

  SessionState& state_;
  mutable std::mutex mutex_;
  std::map<std::string, Known> known_;       // mutex_; by URI
  std::set<std::filesystem::path> refused_;  // mutex_; roots whose user said no
  std::atomic<int> next_bar_ = 1;            // progress tokens
  Ahead ahead_;                              // last: its thread uses everything above
};

}  // namespace curlew::server
