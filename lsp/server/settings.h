// Settings from TOML and JSON: one table of keys for both (settings.cpp).
//
// Sections and spelling are forgiven: `completion.budgetMs`, [completion] budget_ms and
// completion_budget_ms are the same key; `completion.lines` is `lines`. What is not in the table,
// or has the wrong type, becomes a complaint and changes nothing.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lsp/protocol/json.h"
#include "lsp/server/server.h"

namespace curlew::server {

// `source` names the origin in complaints: "curlew.toml", "the editor's settings".
void apply_settings(const protocol::Json& json, std::string_view source, Settings& settings,
                    std::vector<std::string>& complaints);

std::vector<std::string> setting_names();  // as the struct spells them

}  // namespace curlew::server
