// The local engine for commands that look inside it: logits, generate, bench, models info.
#pragma once

#include <memory>

#include "editors/cli/options.h"
#include "editors/cli/workspace.h"
#include "model/decode/engine.h"

namespace curlew::cli {

// Loads --model with --threads; `kv` as in EngineOptions. kUnavailable for --model none and for an
// endpoint.
Expected<std::unique_ptr<model::Engine>> open_engine(const CommonOptions& common,
                                                     model::KvPrecision kv, int context_tokens = 0);

// Every id must be one of the vocabulary's; the error names the first that is not.
Status check_tokens(const model::Engine& engine, const std::vector<model::TokenId>& ids);

}  // namespace curlew::cli
