// Where a choice can stand in C and C++.
#include "indexer/source/syntax.h"
#include "lsp/assist/repair/rehearse/variant_place_rules.h"

namespace curlew::assist {
namespace {

using indexer::TreeWalk;

class CRules final : public PlaceRules {
 public:
  CRules(bool is_cpp, std::string_view text) : is_cpp_(is_cpp), text_(text) {}

  bool is_expression(TSNode node) const override {
    const std::string_view type = type_of(node);
    return type.ends_with("_expression") ||
           is_any(type, {"identifier", "number_literal", "string_literal", "char_literal", "true",
                         "false", "null", "nullptr", "this", "concatenated_string",
                         "qualified_identifier", "raw_string_literal", "user_defined_literal"});
  }
  // No declarations, labels and cases: these reach beyond the braces that a variant stands in.
  bool is_statement(TSNode node) const override {
    const std::string_view type = type_of(node);
    return (type.ends_with("_statement") &&
            !is_any(type, {"case_statement", "labeled_statement", "init_statement",
                           "attributed_statement"})) ||
           type == "for_range_loop";
  }
  bool holds_statements(TSNode list) const override {
    return is_any(type_of(list), {"compound_statement", "case_statement", "preproc_if",
                                  "preproc_ifdef", "preproc_else", "preproc_elif"}) &&
           type_of(ts_node_parent(list)) != "switch_statement";
  }
  bool takes_statement(TSNode parent) const override {
    return is_any(type_of(parent),
                  {"if_statement", "else_clause", "while_statement", "for_statement",
                   "for_range_loop", "do_statement", "function_definition", "labeled_statement",
                   "lambda_expression", "catch_clause", "try_statement"});
  }
  std::optional<VariantKind> role_of(TSNode node) const override;
  bool keeps_role(TSNode node, TSNode now) const override {
    return type_of(ts_node_parent(now)) == type_of(ts_node_parent(node));
  }
  bool may_choose(TSNode node) const override;
  bool may_move(TSNode statement) const override;
  bool may_insert(TSNode /*list*/, std::size_t /*offset*/) const override { return true; }
  bool is_outermost(TSNode node) const override { return type_of(node) == "function_definition"; }

 private:
  std::optional<VariantKind> role_of_initial_value(TSNode node, TSNode parent) const;
  bool is_local(TSNode node) const;

  const bool is_cpp_;
  const std::string_view text_;
};

std::optional<VariantKind> CRules::role_of(TSNode node) const {
  const TSNode parent = ts_node_parent(node);
  const std::string_view type = type_of(parent);
  if (type == "parenthesized_expression" || type == "condition_clause") {
    const std::string_view holder = type_of(ts_node_parent(parent));
    if (holder == "switch_statement") return VariantKind::kValue;
    if (!is_any(holder, {"if_statement", "while_statement", "do_statement"})) return std::nullopt;
    return VariantKind::kCondition;
  }
  if (type == "for_statement") {
    if (is_field(node, parent, "condition")) return VariantKind::kCondition;
    return VariantKind::kDiscarded;
  }
  return role_of_initial_value(node, parent);
}

std::optional<VariantKind> CRules::role_of_initial_value(TSNode node, TSNode parent) const {
  for (; is_any(type_of(parent), {"argument_list", "initializer_list"});
       parent = ts_node_parent(parent)) {
  }
  const std::string_view type = type_of(parent);
  if (type == "field_initializer") return VariantKind::kValue;
  if (type == "for_range_loop" && is_field(node, parent, "right")) return VariantKind::kValue;
  if (type == "declaration" && type_of(ts_node_parent(parent)) == "condition_clause" &&
      is_field(node, parent, "value"))
    return VariantKind::kValue;
  if (type != "init_declarator" || !is_local(parent)) return std::nullopt;
  const TSNode declarator = field_of(parent, "declarator");
  if (ts_node_eq(declarator, node)) return std::nullopt;
  const bool is_all = ts_node_eq(ts_node_parent(node), parent);
  if (is_all && type_of(declarator) == "array_declarator") return std::nullopt;  // of a string
  return VariantKind::kValue;
}

// Whether what is declared there gets its value as the program runs, each time.
bool CRules::is_local(TSNode node) const {
  const TSNode declaration = ts_node_parent(node);
  if (type_of(declaration) != "declaration") return false;
  const std::size_t start = ts_node_start_byte(declaration);
  const std::string_view head = text_.substr(start, ts_node_start_byte(node) - start);
  for (const std::string_view word : {"static", "constexpr", "constinit", "extern", "thread_local"})
    if (head.find(word) != head.npos) return false;
  // `const int n = 4;` may be a constant of the language.
  const TSNode value = field_of(node, "value");
  const bool is_number =
      is_any(type_of(value), {"number_literal", "char_literal", "true", "false"});
  if (is_number && is_cpp_ && head.find("const") != head.npos) return false;
  for (TSNode up = ts_node_parent(declaration); !ts_node_is_null(up); up = ts_node_parent(up))
    if (type_of(up) == "compound_statement") return true;
  return false;
}

// In code that runs, not in what the compiler works out.
bool CRules::may_choose(TSNode node) const {
  for (TSNode up = node; !ts_node_is_null(up); up = ts_node_parent(up)) {
    if (is_any(type_of(up), {"sizeof_expression", "decltype", "alignof_expression",
                             "requires_expression", "template_argument_list"}))
      return false;
    if (type_of(up) != "function_definition") continue;
    const TSNode body = field_of(up, "body");
    const std::size_t start = ts_node_start_byte(up);
    const std::size_t end = ts_node_is_null(body) ? ts_node_end_byte(up) : ts_node_start_byte(body);
    const std::string_view head = text_.substr(start, end - start);
    return head.find("constexpr") == head.npos && head.find("consteval") == head.npos;
  }
  return false;
}

// Labels are known in a whole function, and may stand there once.
bool CRules::may_move(TSNode statement) const {
  TreeWalk walk(statement);
  for (bool more = true; more;) {
    const TSNode node = walk.node();
    if (ts_node_start_byte(node) >= ts_node_end_byte(statement)) return true;
    if (type_of(node) == "labeled_statement") return false;
    more = walk.advance(is_expression(node) ? TreeWalk::Into::kNext : TreeWalk::Into::kChildren);
  }
  return true;
}

}  // namespace

std::unique_ptr<PlaceRules> place_rules_c(bool is_cpp, std::string_view text) {
  return std::make_unique<CRules>(is_cpp, text);
}

}  // namespace curlew::assist
