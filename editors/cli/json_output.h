// Results as the JSON of the interface page. One place, so that two commands cannot disagree on a
// name.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "indexer/index.h"
#include "lsp/assist/evaluate.h"
#include "model/generator.h"

namespace curlew::cli {

using Json = nlohmann::ordered_json;

Json to_json(const indexer::SearchHit& hit);
Json to_json(const indexer::IndexStats& stats);
Json to_json(const assist::EvaluationReport& report);
Json to_json(const model::Generation& generation);

// On one line, with bytes that are no UTF-8 replaced (a source file may hold any).
std::string dump(const Json& json);

}  // namespace curlew::cli
