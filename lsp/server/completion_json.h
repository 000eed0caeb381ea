// A completion as the JSON of the interface: `curlew complete --json` prints it, `curlew/complete`
// answers it.
#pragma once

#include "lsp/assist/complete.h"
#include "lsp/protocol/json.h"

namespace curlew::server {

protocol::Json completion_to_json(const assist::Completion& completion);
protocol::Json chunk_to_json(const indexer::ContextChunk& chunk);

}  // namespace curlew::server
