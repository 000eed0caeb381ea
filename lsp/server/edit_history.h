// The changes of documents, as editors send them, for assist::EditHistory.
#pragma once

#include "lsp/assist/next_edit/edit_history.h"
#include "lsp/protocol/types.h"
#include "lsp/server/documents.h"

namespace curlew::server {

// Enters the changes of one didChange; `before` is the document they were made in. A change of the
// whole text enters as what differs. Paths in the history are URIs.
void note_changes(assist::EditHistory& history, const Snapshot& before,
                  const protocol::DidChangeTextDocumentParams& params,
                  assist::EditClock::time_point now);

}  // namespace curlew::server
