#include "model/constrain/json_layout.h"

#include <algorithm>

namespace curlew::model {

using json = nlohmann::ordered_json;

JsonLayout::JsonLayout(ExpressionPool& pool, JsonSpaces spaces, RuleId space_rule) : pool_(pool) {
  const bool flexible = spaces == JsonSpaces::kFlexible;
  gap_ = flexible ? pool_.optional(pool_.call(space_rule)) : pool_.empty();
  comma_ = pool_.sequence(pool_.literal(","), gap_);
  colon_ = pool_.literal(":");
  if (flexible) colon_ = pool_.sequence(colon_, pool_.optional(pool_.literal(" ")));
}

// A space, or a new line and its indent.
ExprId JsonLayout::space_rule() {
  const ExprId space = pool_.literal(" ");
  const ExprId indent = pool_.either(pool_.repeat(space, 0, kIndentSpacesMax),
                                     pool_.repeat(pool_.literal("\t"), 0, kIndentTabsMax));
  return pool_.either(space, pool_.sequence(pool_.literal("\n"), indent));
}

ExprId JsonLayout::written(const json& value) {
  if (!value.is_structured()) return pool_.literal(value.dump());
  const bool is_object = value.is_object();
  if (value.empty()) return pool_.literal(is_object ? "{}" : "[]");
  std::vector<ExprId> members;
  for (const auto& [name, part] : value.items()) {
    const ExprId text = written(part);
    members.push_back(is_object ? pool_.sequence({pool_.literal(json(name).dump()), colon_, text})
                                : text);
  }
  ExprId parts = members.back();
  for (auto member = members.rbegin() + 1; member != members.rend(); ++member) {
    parts = pool_.sequence({*member, comma_, parts});
  }
  return enclosed(is_object ? "{" : "[", parts, is_object ? "}" : "]");
}

ExprId JsonLayout::enclosed(std::string_view open, ExprId parts, std::string_view close) {
  return pool_.sequence({pool_.literal(open), gap_, parts, gap_, pool_.literal(close)});
}

ExprId JsonLayout::array(const std::vector<ExprId>& prefix, ExprId other,
                         const JsonCounts& counts) {
  const ExprId filled = enclosed("[", items(prefix, other, counts), "]");
  return counts.min == 0 ? pool_.either(pool_.literal("[]"), filled) : filled;
}

// One item or more, within the counts: those of the prefix, then others.
ExprId JsonLayout::items(const std::vector<ExprId>& prefix, ExprId other,
                         const JsonCounts& counts) {
  const int many = ExpressionPool::kMany;
  const int n_prefix = static_cast<int>(prefix.size());
  const int first = n_prefix == 0 ? 1 : 0;  // an item that needs no comma
  const int taken = n_prefix + first;
  ExprId parts = pool_.none();
  if (counts.max == many || counts.max >= taken) {
    parts = pool_.repeat(pool_.sequence(comma_, other), std::max(0, counts.min - taken),
                         counts.max == many ? many : counts.max - taken);
  }
  if (n_prefix == 0) return pool_.sequence(other, parts);
  for (int i = n_prefix; i-- > 0;) {  // parts: what follows item i
    const bool may_end = i + 1 >= counts.min && (counts.max == many || i + 1 <= counts.max);
    const bool last = counts.max != many && i + 1 >= counts.max;
    if (i + 1 < n_prefix && !last) parts = pool_.sequence(comma_, parts);
    if (last) parts = pool_.none();
    if (may_end) parts = pool_.optional(parts);
    parts = pool_.sequence(prefix[static_cast<std::size_t>(i)], parts);
  }
  return parts;
}

// Built from the end: `begun` is what may follow a member, `fresh` the same where none has been
// written yet.
ExprId JsonLayout::object(const std::vector<Member>& members, ExprId other) {
  ExprId begun = pool_.repeat(pool_.sequence(comma_, other), 0, ExpressionPool::kMany);
  ExprId fresh = pool_.sequence(other, begun);  // at least one
  bool may_be_empty = true;
  for (auto member = members.rbegin(); member != members.rend(); ++member) {
    const ExprId from_here = pool_.sequence(member->text, begun);
    const ExprId with_comma = pool_.sequence(comma_, from_here);
    fresh = member->required ? from_here : pool_.either(from_here, fresh);
    begun = member->required ? with_comma : pool_.either(with_comma, begun);
    may_be_empty &= !member->required;
  }
  const ExprId filled = enclosed("{", fresh, "}");
  return may_be_empty ? pool_.either(pool_.literal("{}"), filled) : filled;
}

}  // namespace curlew::model
