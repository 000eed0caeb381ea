#include "model/constrain/grammar.h"

#include <utility>

#include "model/constrain/edit_rules.h"
#include "model/constrain/edits.h"
#include "model/constrain/json_schema.h"
#include "model/constrain/regex.h"
#include "model/constrain/rule_table.h"

namespace curlew::model {
namespace {

constexpr int kLinesSpare = 100;  // what a text written anew may gain beside twice its lines

Expected<std::unique_ptr<const Rules>> single_rule(ExpressionPool& pool, ExprId body,
                                                   std::string place) {
  const RuleSource rule{body, std::move(place)};
  Expected<std::unique_ptr<const RuleTable>> table = RuleTable::compile(pool, {&rule, 1}, 0);
  if (!table) return std::move(table.error()).pass();
  return std::move(*table);
}

}  // namespace

Grammar::Grammar(std::unique_ptr<const Rules> rules, std::vector<std::string> notes)
    : rules_(std::move(rules)), notes_(std::move(notes)) {}

Grammar::~Grammar() = default;

Grammar::Made Grammar::from_regex(std::string_view pattern) {
  ExpressionPool pool;
  const Spelling spell = [&pool](const CodePointSet& set) { return utf8_of(pool, set); };
  const Expected<ExprId> body = parse_regex(pool, pattern, RegexMatch::kWhole, spell);
  if (!body) return Error(body.error()).pass();
  Expected<std::unique_ptr<const Rules>> rules = single_rule(pool, *body, "regular expression");
  if (!rules) return std::move(rules.error()).pass();
  return std::shared_ptr<const Grammar>(new Grammar(std::move(*rules), {}));
}

Grammar::Made Grammar::from_json_schema(std::string_view schema, JsonSpaces spaces) {
  Expected<SchemaRules> read = schema_rules(schema, spaces);
  if (!read) return std::move(read.error()).pass();
  return std::shared_ptr<const Grammar>(
      new Grammar(std::move(read->rules), std::move(read->notes)));
}

Grammar::Made Grammar::edit_of(std::string_view original, EditOptions options) {
  int lines_max = options.lines_max;
  if (lines_max == 0) {
    const auto lines =
        static_cast<int>(std::min<std::size_t>(split_lines(original).size(), kWrittenLinesMax));
    lines_max = std::min(2 * lines + kLinesSpare, kWrittenLinesMax);
  }
  Expected<std::unique_ptr<const Rules>> rules =
      options.form == EditForm::kBlocks ? block_rules(original) : line_rules(lines_max);
  if (!rules) return std::move(rules.error()).pass();
  return std::shared_ptr<const Grammar>(new Grammar(std::move(*rules), {}));
}

Grammar::Made Grammar::one_of(std::span<const std::string> texts) {
  ExpressionPool pool;
  std::vector<ExprId> options;
  for (const std::string& text : texts) options.push_back(pool.literal(text));
  Expected<std::unique_ptr<const Rules>> rules =
      single_rule(pool, pool.either(std::move(options)), "choice of texts");
  if (!rules) return std::move(rules.error()).pass();
  return std::shared_ptr<const Grammar>(new Grammar(std::move(*rules), {}));
}

}  // namespace curlew::model
