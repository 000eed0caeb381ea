#include "lsp/assist/repair/rehearse/variant_scope.h"

#include <algorithm>

#include "indexer/source/syntax.h"

namespace curlew::assist {
namespace {

using indexer::TreeWalk;

std::string_view type_of(TSNode node) {
  return ts_node_is_null(node) ? "" : ts_node_type(node);
}

// The name at the core of `*name[3]`, `name = 4`, `(*name)(int)`.
TSNode name_of(TSNode declarator) {
  while (!ts_node_is_null(declarator) && type_of(declarator) != "identifier") {
    TSNode inner = ts_node_child_by_field_name(declarator, "declarator", 10);
    if (ts_node_is_null(inner) && type_of(declarator) == "parenthesized_declarator")
      inner = ts_node_named_child(declarator, 0);
    declarator = inner;
  }
  return declarator;
}

// What a declaration holds for: a block, a loop, a function, or all that follows.
TSNode holder_of(TSNode declaration) {
  const bool is_parameter = type_of(declaration) == "parameter_declaration";
  for (TSNode up = ts_node_parent(declaration); !ts_node_is_null(up); up = ts_node_parent(up)) {
    const std::string_view type = type_of(up);
    if (type == "function_definition" || type == "translation_unit") return up;
    if (!is_parameter && (type == "compound_statement" || type == "for_statement")) return up;
    if (is_parameter && type == "declaration") return {};  // of a prototype
  }
  return {};
}

}  // namespace

DeclaredNames::DeclaredNames(TSNode root, std::string_view text) {
  TreeWalk walk(root);
  for (bool more = true; more;) {
    const std::string_view type = type_of(walk.node());
    const bool declares = type == "declaration" || type == "parameter_declaration" ||
                          type == "function_definition" || type == "enumerator" ||
                          type == "preproc_def" || type == "preproc_function_def";
    if (declares) add(walk.node(), text);
    more = walk.advance(TreeWalk::Into::kChildren);
  }
}

void DeclaredNames::add(TSNode declaration, std::string_view text) {
  const auto note = [&](TSNode name, Sight sight) {
    if (ts_node_is_null(name)) return;
    const std::size_t start = ts_node_start_byte(name), end = ts_node_end_byte(name);
    names_[std::string(text.substr(start, end - start))].push_back(sight);
  };
  const std::string_view type = type_of(declaration);
  const bool is_everywhere = type != "declaration" && type != "parameter_declaration";
  const TSNode holder = is_everywhere ? TSNode{} : holder_of(declaration);
  if (!is_everywhere && ts_node_is_null(holder)) return;
  const Sight sight = is_everywhere
                          ? Sight{0, text.size()}
                          : Sight{ts_node_start_byte(declaration), ts_node_end_byte(holder)};
  note(ts_node_child_by_field_name(declaration, "name", 4), sight);
  for (std::uint32_t i = 0; i < ts_node_child_count(declaration); ++i) {
    const char* field = ts_node_field_name_for_child(declaration, i);
    if (field != nullptr && std::string_view(field) == "declarator")
      note(name_of(ts_node_child(declaration, i)), sight);
  }
}

bool DeclaredNames::is_out_of_sight(std::string_view name, std::size_t offset) const {
  const auto known = names_.find(name);
  return known != names_.end() && std::ranges::none_of(known->second, [&](const Sight& sight) {
           return sight.start <= offset && offset < sight.end;
         });
}

}  // namespace curlew::assist
