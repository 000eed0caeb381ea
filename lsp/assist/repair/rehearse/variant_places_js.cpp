// Where a choice can stand in JavaScript, TypeScript and TSX: an expression that is used for its value alone, or whole
// statements. Values have no types that the other branch could change.
#include "indexer/source/syntax.h"
#include "lsp/assist/repair/rehearse/variant_place_rules.h"

namespace curlew::assist {
namespace {

using indexer::TreeWalk;

constexpr std::size_t kPlaceBytesMax = 16u << 10;  // of a body that is written again for a change

bool is_any_of(TSNode node, std::initializer_list<std::string_view> types) {
  return is_any(type_of(node), types);
}

// "use strict": it must stay where it is.
bool is_directive(TSNode node) {
  return type_of(node) == "expression_statement" && ts_node_named_child_count(node) == 1 &&
         type_of(ts_node_named_child(node, 0)) == "string";
}

bool is_super_call(TSNode node) {
  return type_of(node) == "call_expression" && type_of(field_of(node, "function")) == "super";
}

// What a member, an index or a call is of; null of anything else.
TSNode link_of(TSNode node) {
  const std::string_view type = type_of(node);
  if (type == "member_expression" || type == "subscript_expression")
    return field_of(node, "object");
  if (type == "call_expression") return field_of(node, "function");
  return type == "non_null_expression" ? ts_node_child(node, 0) : TSNode{};
}

bool has_optional_link(TSNode node) {
  for (TSNode link = link_of(node); !ts_node_is_null(link); node = link, link = link_of(node))
    for (std::uint32_t i = 0; i < ts_node_child_count(node); ++i)
      if (is_any_of(ts_node_child(node, i), {"optional_chain", "?."})) return true;
  return false;
}

// A "(" at the beginning of a statement would go on with the line before where that has no semicolon.
bool begins_statement(TSNode node) {
  const std::uint32_t start = ts_node_start_byte(node);
  for (TSNode up = node; !ts_node_is_null(up) && ts_node_start_byte(up) == start;
       up = ts_node_parent(up))
    if (type_of(up) == "expression_statement") return true;
  return false;
}

bool is_value(TSNode node);

// In brackets, or with a type said of it: as that is.
bool is_value_within(TSNode node, TSNode parent) {
  if (type_of(parent) != "parenthesized_expression")
    return ts_node_eq(ts_node_child(parent, 0), node) && is_value(parent);
  return is_any_of(ts_node_parent(parent), {"if_statement", "while_statement", "do_statement",
                                            "switch_statement", "with_statement"}) ||
         is_value(parent);
}

bool is_value_of_field(TSNode node, TSNode parent) {
  struct Field {
    std::string_view parent, name;
  };
  constexpr Field kFields[] = {{"pair", "value"},
                               {"variable_declarator", "value"},
                               {"assignment_expression", "right"},
                               {"augmented_assignment_expression", "right"},
                               {"assignment_pattern", "right"},
                               {"object_assignment_pattern", "right"},
                               {"required_parameter", "value"},
                               {"optional_parameter", "value"},
                               {"arrow_function", "body"},
                               {"subscript_expression", "index"},
                               {"subscript_expression", "object"},
                               {"member_expression", "object"},
                               {"switch_case", "value"},
                               {"for_in_statement", "right"},
                               {"for_statement", "initializer"},
                               {"for_statement", "condition"},
                               {"for_statement", "increment"},
                               {"field_definition", "value"},
                               {"public_field_definition", "value"},
                               {"export_statement", "value"}};
  return std::ranges::any_of(kFields, [&](const Field& field) {
    return field.parent == type_of(parent) && is_field(node, parent, field.name);
  });
}

// Neither a place that something is put into, nor what a call takes its `this` from, nor a link of a chain that
// may end early.
bool is_value(TSNode node) {
  const TSNode parent = ts_node_parent(node);
  const std::string_view type = type_of(parent);
  if (is_super_call(node)) return false;
  if (is_any(type, {"parenthesized_expression", "as_expression", "satisfies_expression",
                    "non_null_expression"}))
    return !(type == "non_null_expression" && has_optional_link(node)) &&
           is_value_within(node, parent);
  if (is_any(type, {"member_expression", "subscript_expression"}) &&
      ts_node_eq(link_of(parent), node) && has_optional_link(node))
    return false;
  if (type == "unary_expression") {
    const std::string_view sign = type_of(ts_node_child(parent, 0));
    // `typeof` of a name that is nowhere is no error.
    return sign != "delete" && !(sign == "typeof" && type_of(node) == "identifier");
  }
  return is_any(type, {"binary_expression", "arguments", "array", "ternary_expression",
                       "return_statement", "throw_statement", "template_substitution",
                       "spread_element", "await_expression", "yield_expression",
                       "sequence_expression", "jsx_expression", "expression_statement"}) ||
         is_value_of_field(node, parent);
}

class ScriptRules final : public PlaceRules {
 public:
  bool is_expression(TSNode node) const override {
    return type_of(node).ends_with("_expression") ||
           is_any_of(node,
                     {"identifier", "number", "string", "template_string", "regex", "true", "false",
                      "null", "undefined", "this", "array", "object", "arrow_function",
                      "generator_function", "class", "jsx_element", "jsx_self_closing_element"});
  }
  // `var` is known in all of a function, wherever it stands.
  bool is_statement(TSNode node) const override {
    if (is_directive(node)) return false;
    return is_any_of(node, {"statement_block", "variable_declaration"}) ||
           (type_of(node).ends_with("_statement") &&
            !is_any_of(node, {"import_statement", "export_statement"}));
  }
  bool holds_statements(TSNode list) const override {
    return is_any_of(list, {"program", "statement_block", "switch_case", "switch_default"});
  }
  bool takes_statement(TSNode parent) const override {
    return is_any_of(parent,
                     {"if_statement", "else_clause", "while_statement", "for_statement",
                      "for_in_statement", "do_statement", "with_statement", "function_declaration",
                      "function_expression", "generator_function", "generator_function_declaration",
                      "arrow_function", "method_definition", "try_statement", "catch_clause",
                      "finally_clause", "class_static_block"});
  }
  std::optional<VariantKind> role_of(TSNode node) const override {
    const bool is_small = ts_node_end_byte(node) - ts_node_start_byte(node) < kPlaceBytesMax;
    if (!is_small || begins_statement(node) || !is_value(node)) return std::nullopt;
    return VariantKind::kValue;
  }
  bool keeps_role(TSNode node, TSNode now) const override {
    return type_of(ts_node_parent(now)) == type_of(ts_node_parent(node)) && role_of(now) &&
           may_choose(now);
  }
  bool may_choose(TSNode node) const override;
  bool may_move(TSNode statement) const override;
  bool may_insert(TSNode list, std::size_t offset) const override;
  bool is_outermost(TSNode /*node*/) const override { return false; }
};

// Not in types, decorators, names of elements, and what the compiler of TypeScript works out.
bool ScriptRules::may_choose(TSNode node) const {
  for (TSNode up = node; !ts_node_is_null(up); up = ts_node_parent(up)) {
    if (is_any_of(up, {"statement_block", "class_static_block", "program"})) return true;
    if (is_any_of(up, {"ambient_declaration", "decorator", "enum_declaration", "export_clause",
                       "import_alias", "import_statement", "interface_declaration", "literal_type",
                       "type_alias_declaration", "type_annotation", "type_arguments",
                       "type_parameters", "type_query"}))
      return false;
    const TSNode parent = ts_node_parent(up);
    const bool is_element = is_any_of(
        parent, {"jsx_opening_element", "jsx_self_closing_element", "jsx_closing_element"});
    if (is_element && is_field(up, parent, "name")) return false;
  }
  return true;
}

// A constructor's call of `super` must stay where it is, and so must what stands at a body's head.
bool ScriptRules::may_move(TSNode statement) const {
  if (ts_node_end_byte(statement) - ts_node_start_byte(statement) > kPlaceBytesMax) return false;
  if (type_of(statement) == "statement_block")
    for (std::uint32_t i = 0; i < ts_node_named_child_count(statement); ++i)
      if (is_directive(ts_node_named_child(statement, i))) return false;
  TreeWalk walk(statement);
  for (bool more = true; more;) {
    if (is_super_call(walk.node())) return false;
    more = walk.advance(type_of(walk.node()) == "class_body" ? TreeWalk::Into::kNext
                                                             : TreeWalk::Into::kChildren);
  }
  return true;
}

bool ScriptRules::may_insert(TSNode list, std::size_t offset) const {
  for (std::uint32_t i = 0; i < ts_node_child_count(list); ++i) {
    const TSNode child = ts_node_child(list, i);
    const bool is_head = is_directive(child) || type_of(child) == "hash_bang_line";
    if (is_head && ts_node_start_byte(child) >= offset) return false;
  }
  return true;
}

}  // namespace

std::unique_ptr<PlaceRules> place_rules_script() {
  return std::make_unique<ScriptRules>();
}

}  // namespace curlew::assist
