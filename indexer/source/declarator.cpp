#include "indexer/source/declarator.h"

#include <algorithm>

#include "indexer/source/nesting.h"

namespace curlew::indexer {
namespace {

constexpr int kDeclaratorDepthMax = 64;

}  // namespace

Declarators::Declarators(const TSLanguage* language)
    : kinds_(ts_language_symbol_count(language), Kind::kOther),
      declarator_field_(field_id(language, "declarator")),
      name_field_(field_id(language, "name")),
      scope_field_(field_id(language, "scope")) {
  struct Row {
    std::string_view name;
    Kind kind;
  };
  static constexpr Row kRows[] = {
      {"function_declarator", Kind::kFunction},
      {"qualified_identifier", Kind::kQualified},
      {"operator_cast", Kind::kOperatorCast},
      {"template_function", Kind::kTemplate},
      {"template_method", Kind::kTemplate},
      {"template_type", Kind::kTemplate},
      {"parenthesized_declarator", Kind::kParenthesized},
      {"parenthesized_field_declarator", Kind::kUnnamed},
      {"reference_declarator", Kind::kUnnamed},
      {"attributed_declarator", Kind::kUnnamed},
      {"attribute_declaration", Kind::kBeside},
      {"comment", Kind::kBeside},
  };
  for (const Row& row : kRows) {
    const TSSymbol symbol = ts_language_symbol_for_name(
        language, row.name.data(), static_cast<std::uint32_t>(row.name.size()), true);
    if (symbol != 0) kinds_[symbol] = row.kind;
  }
}

// The declarator inside this one; kNoNode when `node` is the name itself.
std::uint32_t Declarators::inner_of(const FlatTree& tree, std::uint32_t node) const {
  const std::uint32_t inner = child_with_field(tree, node, declarator_field_);
  if (inner != kNoNode) return inner;
  const Kind kind = kind_of(tree.nodes[node]);
  if (kind != Kind::kParenthesized && kind != Kind::kUnnamed) return kNoNode;
  std::uint32_t last = kNoNode;
  for (std::uint32_t child = node + 1; child < tree.nodes[node].next;
       child = tree.nodes[child].next) {
    if (tree.nodes[child].named && kind_of(tree.nodes[child]) != Kind::kBeside) last = child;
  }
  return last;
}

Declared Declarators::declared_by(const FlatTree& tree, std::uint32_t node,
                                  std::string_view text) const {
  Declared out;
  const auto take_name = [&](std::uint32_t name) {
    if (name == kNoNode) return;
    out.name_span = tree.nodes[name].span;
    out.name = text_of(tree.nodes[name], text);
  };
  for (int depth = 0; depth < kDeclaratorDepthMax; ++depth) {
    const Kind kind = kind_of(tree.nodes[node]);
    if (kind == Kind::kQualified) {
      const std::uint32_t scope = child_with_field(tree, node, scope_field_);
      if (scope != kNoNode) {
        const std::uint32_t name = child_with_field(tree, scope, name_field_);
        const std::string_view word = text_of(tree.nodes[name == kNoNode ? scope : name], text);
        out.scope.append(out.scope.empty() || word.empty() ? "" : "::").append(word);
      }
      node = child_with_field(tree, node, name_field_);
      if (node == kNoNode) return out;
      continue;
    }
    if (kind == Kind::kOperatorCast) {  // its field "declarator" holds the parameters
      out.is_function = true;
      take_name(node);
      const std::uint32_t parameters = child_with_field(tree, node, declarator_field_);
      if (parameters != kNoNode) {
        out.name_span.end = tree.nodes[parameters].span.start;
        out.name_span = trimmed(out.name_span, text);
        out.name = text.substr(out.name_span.start, out.name_span.bytes());
      }
      return out;
    }
    if (kind == Kind::kTemplate) {
      take_name(child_with_field(tree, node, name_field_));
      return out;
    }
    const std::uint32_t inner = inner_of(tree, node);
    if (inner == kNoNode) {
      take_name(node);
      return out;
    }
    if (kind != Kind::kParenthesized) out.is_function = kind == Kind::kFunction;
    node = inner;
  }
  return out;
}

}  // namespace curlew::indexer
