// What grammars say of where a choice can stand (variant_places.h). Pure; a text's rules must not outlive it.
#pragma once

#include <tree_sitter/api.h>

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string_view>

#include "lsp/assist/repair/rehearse/variant_places.h"

namespace curlew::assist {

class PlaceRules {
 public:
  virtual ~PlaceRules() = default;
  virtual bool is_expression(TSNode node) const = 0;
  // One that can stand in braces of its own: nothing that is declared there is known outside.
  virtual bool is_statement(TSNode node) const = 0;
  virtual bool holds_statements(TSNode list) const = 0;
  virtual bool takes_statement(TSNode parent) const = 0;  // one alone: no list
  // What an expression stands for in what holds it; nothing where it cannot be chosen.
  virtual std::optional<VariantKind> role_of(TSNode node) const = 0;
  // Whether an expression of the changed text has the same role as the one whose counterpart it is.
  virtual bool keeps_role(TSNode node, TSNode now) const = 0;
  // In code that runs, not in what is worked out before.
  virtual bool may_choose(TSNode node) const = 0;
  // A statement that can stand there twice, and in braces.
  virtual bool may_move(TSNode statement) const = 0;
  virtual bool may_insert(TSNode list, std::size_t offset) const = 0;
  // What holds it is no place any more.
  virtual bool is_outermost(TSNode node) const = 0;
};

// `text` as the parser saw it.
std::unique_ptr<PlaceRules> place_rules_c(bool is_cpp, std::string_view text);
std::unique_ptr<PlaceRules> place_rules_script();

inline std::string_view type_of(TSNode node) {
  return ts_node_is_null(node) ? "" : ts_node_type(node);
}
inline bool is_any(std::string_view type, std::initializer_list<std::string_view> of) {
  return std::ranges::find(of, type) != of.end();
}
inline TSNode field_of(TSNode node, std::string_view name) {
  return ts_node_child_by_field_name(node, name.data(), static_cast<std::uint32_t>(name.size()));
}
inline bool is_field(TSNode node, TSNode parent, std::string_view name) {
  const TSNode child = field_of(parent, name);
  return !ts_node_is_null(child) && ts_node_eq(child, node);
}

}  // namespace curlew::assist
