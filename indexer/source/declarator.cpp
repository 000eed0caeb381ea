#include "indexer/source/declarator.h"

#include "indexer/source/nesting.h"

namespace curlew::indexer {
namespace {

constexpr int kDeclaratorDepthMax = 64;

std::string_view type_of(TSNode node) {
  return ts_node_type(node);
}

// The declarator inside this one; null when `node` is the name itself.
TSNode inner_of(TSNode node) {
  if (const TSNode inner = field_of(node, "declarator"); !ts_node_is_null(inner)) return inner;
  const std::string_view type = type_of(node);
  if (type != "parenthesized_declarator" && type != "reference_declarator" &&
      type != "attributed_declarator" && type != "parenthesized_field_declarator") {
    return {};
  }
  // These have no field for it: the declarator is the last child that is no punctuation.
  for (std::uint32_t i = ts_node_named_child_count(node); i-- > 0;) {
    const TSNode child = ts_node_named_child(node, i);
    const std::string_view child_type = type_of(child);
    if (child_type != "attribute_declaration" && child_type != "comment") return child;
  }
  return {};
}

// "A" of `A`, `A<int>`; "" of the global scope.
std::string_view scope_text(TSNode scope, std::string_view text) {
  if (ts_node_is_null(scope)) return {};
  const TSNode name = field_of(scope, "name");
  return text_of(ts_node_is_null(name) ? scope : name, text);
}

// The text of `node`, up to where `end` begins if there is such a node.
void set_name(Declared& out, TSNode node, TSNode end, std::string_view text) {
  out.name_range = range_of(node);
  if (!ts_node_is_null(end)) {
    const TSPoint point = ts_node_start_point(end);
    out.name_range.end_byte = ts_node_start_byte(end);
    out.name_range.end_line = point.row;
    out.name_range.end_col = point.column;
    out.name_range = trimmed(out.name_range, text);
  }
  out.name = text_at(out.name_range, text);
}

}  // namespace

Declared declared_by(TSNode declarator, std::string_view text) {
  Declared out;
  TSNode node = declarator;
  for (int depth = 0; depth < kDeclaratorDepthMax; ++depth) {
    const std::string_view type = type_of(node);
    if (type == "qualified_identifier") {
      const std::string_view scope = scope_text(field_of(node, "scope"), text);
      if (!scope.empty()) out.scope.append(out.scope.empty() ? "" : "::").append(scope);
      node = field_of(node, "name");
      if (ts_node_is_null(node)) return out;
      continue;
    }
    if (type == "operator_cast") {  // its field "declarator" holds the parameters
      out.is_function = true;
      set_name(out, node, field_of(node, "declarator"), text);
      return out;
    }
    if (type == "template_function" || type == "template_method" || type == "template_type") {
      set_name(out, field_of(node, "name"), {}, text);
      return out;
    }
    const TSNode inner = inner_of(node);
    if (ts_node_is_null(inner)) {
      set_name(out, node, {}, text);
      return out;
    }
    if (type != "parenthesized_declarator") out.is_function = type == "function_declarator";
    node = inner;
  }
  return out;
}

}  // namespace curlew::indexer
