// JSON Schema -> rules. docs/constraints.md lists what is read; an assertion that is not is refused
// by name and place, so whatever is accepted is also enforced.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/constrain/grammar.h"
#include "model/constrain/rule_table.h"
#include "model/error.h"

namespace curlew::model {

constexpr std::size_t kSchemaBytesMax = 1 << 20;
constexpr int kSchemaDepthMax = 100;   // schemas inside schemas
constexpr int kSchemaCountMax = 4096;  // different schemas in one
constexpr int kItemsMax = 10'000;      // minItems, maxItems, minLength, maxLength

struct SchemaRules {
  std::unique_ptr<const Rules> rules;
  std::vector<std::string> notes;  // what is read but not enforced
};

Expected<SchemaRules> schema_rules(std::string_view text, JsonSpaces spaces);

}  // namespace curlew::model
