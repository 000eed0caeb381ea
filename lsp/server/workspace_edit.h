// Changes of files -> an LSP WorkspaceEdit: versioned, annotated, as small as the difference. LSP
// 3.17, "WorkspaceEdit".
#pragma once

#include "lsp/assist/repair/checker.h"
#include "lsp/server/session_state.h"

namespace curlew::server {

struct EditLabel {
  std::string label;        // "`lenght` is spelt `length`"
  std::string description;  // "checked with g++ -fsyntax-only"
  bool needs_confirmation = false;
};

// The open documents of a workspace, by path.
std::map<std::string, std::shared_ptr<const Snapshot>> open_documents(const SessionState& state,
                                                                      const Workspace& workspace);

// A title's length at most, cut at a character's start.
std::string shortened(const std::string& text);

// The text of a file of a workspace as its user has it: in the editor where it is open there, else on
// the disk. Null where there is none, or nothing to be edited: not in step with the editor, a link
// (what it leads to is edited under its own name), too large.
std::shared_ptr<const std::string> text_now(const Documents& documents,
                                            const std::filesystem::path& root,
                                            const std::string& path);

// What turns `before` into `after`. kCancelled: an open document is not as `before` says any more.
Expected<protocol::Json> workspace_edit(const SessionState& state, const Workspace& workspace,
                                        const assist::Changes& before, const assist::Changes& after,
                                        const EditLabel& label);

}  // namespace curlew::server
