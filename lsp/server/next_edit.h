// textDocument/copilotInlineEdit, as the clients of Copilot's server ask it, and curlew/nextEdit,
// which says more (docs/protocol.md): the edit that most likely comes next.
//
// Answered in the query lane, as a rule without a model; the newest request of a document only. What
// a client says it was refused is not offered again in this session.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "lsp/assist/next_edit/next_edit.h"
#include "lsp/server/binder.h"
#include "lsp/server/session_state.h"

namespace curlew::server {

constexpr std::size_t kNextEditsRemembered = 64;  // that may still be refused
constexpr std::size_t kRefusalsRemembered = 256;

struct NextEditParams {
  protocol::VersionedTextDocumentIdentifier textDocument;
  protocol::Position position;
};
bool from_json(const protocol::Json& json, NextEditParams& out, const protocol::Path& path);

struct NextEditRefusedParams {
  std::string id;
};
bool from_json(const protocol::Json& json, NextEditRefusedParams& out, const protocol::Path& path);

// Whether the files that an edit is for still hold the texts it was made from; open documents are
// looked at in `documents`, others on the disk.
bool is_current(const Documents& documents, const std::filesystem::path& root,
                const assist::FileEdit& edit);

struct NextEditCounts {
  std::int64_t requests = 0, found = 0, accepted = 0, refused = 0;
};

class NextEditFeature {
 public:
  explicit NextEditFeature(SessionState& state) : state_(state) {}

  void bind(Binder& bind);
  // curlew.accepted: false when the id is no next edit's.
  bool note_accepted(const std::string& id);
  NextEditCounts counts() const;

 private:
  struct Found {
    std::string id;  // "" when there is nothing
    std::shared_ptr<const Snapshot> document;
    assist::NextEditAnswer answer;
  };
  void copilot_inline_edit(const NextEditParams& params, const Call& call,
                           Reply<protocol::Json> reply);
  void next_edit(const NextEditParams& params, const Call& call, Reply<protocol::Json> reply);
  void refused(const NextEditRefusedParams& params);
  void did_show(const protocol::NoParams& params);

  Expected<Found> find(const NextEditParams& params, const Call& call);
  std::string why_off(const Snapshot& document) const;
  assist::NextEditRequest request_for(const Snapshot& document, std::size_t cursor) const;
  void keep_current(Found& found) const;
  void remember(Found& found);
  protocol::Json text_document_edit(const Found& found, const assist::FileEdit& edit) const;

  SessionState& state_;
  mutable std::mutex mutex_;
  std::deque<std::pair<std::string, assist::LineChange>> shown_;  // mutex_; id, newest last
  std::deque<assist::LineChange> refused_;                        // mutex_; paths are URIs
  std::int64_t next_id_ = 1;                                      // mutex_
  NextEditCounts counts_;                                         // mutex_
};

}  // namespace curlew::server
