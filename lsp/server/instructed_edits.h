// Edits asked for in words (assist/edit/instructed_edit.h), for the command curlew.edit: made,
// checked as far as the user lets anything run, and put as one edit of the workspace.
#pragma once

#include <atomic>

#include "lsp/assist/next_edit/follow_up.h"
#include "lsp/server/repairer.h"

namespace curlew::server {

struct EditAsked {
  DocumentPtr document;
  protocol::Range range;  // empty: the definition around it
  std::string instruction;
  bool follow = false;  // with what follows from it elsewhere (assist/next_edit/follow_up.h)
};

class InstructedEdits {
 public:
  InstructedEdits(SessionState& state, Repairer& repairer) : state_(state), repairer_(repairer) {}

  // What curlew.edit answers (docs/protocol.md), with the `edit` unless there is none. Synchronous
  // and long. Errors: those of instructed_edit(); kInvalidInput for a document outside every
  // workspace; kCancelled.
  Expected<protocol::Json> make(const EditAsked& asked, std::stop_token stop) const;

 private:
  Expected<assist::FollowUp> follow(const EditAsked& asked, const std::string& after,
                                    std::stop_token stop) const;

  SessionState& state_;
  Repairer& repairer_;
  mutable std::atomic<int> next_bar_ = 1;  // progress tokens
};

}  // namespace curlew::server
