#include "lsp/assist/repair/rehearse/variant_places.h"

#include <algorithm>
#include <functional>

#include "indexer/source/live_tree.h"
#include "indexer/source/macros.h"
#include "indexer/source/thread_clock.h"
#include "lsp/assist/repair/rehearse/variant_scope.h"

namespace curlew::assist {
namespace {

using indexer::TreeHandle;
using indexer::TreeWalk;

constexpr std::chrono::milliseconds kTextMax{500}, kChangeMax{50};  // of this thread, to parse it
constexpr std::size_t kTextBytesMax = std::size_t{4} << 20;

std::string_view type_of(TSNode node) {
  return ts_node_is_null(node) ? "" : ts_node_type(node);
}
bool is_any(std::string_view type, std::initializer_list<std::string_view> of) {
  return std::ranges::find(of, type) != of.end();
}

bool is_expression(std::string_view type) {
  return type.ends_with("_expression") ||
         is_any(type, {"identifier", "number_literal", "string_literal", "char_literal", "true",
                       "false", "null", "nullptr", "this", "concatenated_string",
                       "qualified_identifier", "raw_string_literal", "user_defined_literal"});
}

// No declarations, labels and cases: these reach beyond the braces that a variant stands in.
bool is_statement(std::string_view type) {
  return (type.ends_with("_statement") &&
          !is_any(type, {"case_statement", "labeled_statement", "init_statement",
                         "attributed_statement"})) ||
         type == "for_range_loop";
}

bool holds_statements(std::string_view type) {
  return is_any(type, {"compound_statement", "case_statement", "preproc_if", "preproc_ifdef",
                       "preproc_else", "preproc_elif"});
}

// Where one statement stands alone: no list.
bool takes_statement(std::string_view parent) {
  return is_any(
      parent, {"if_statement", "else_clause", "while_statement", "for_statement", "for_range_loop",
               "do_statement", "function_definition", "labeled_statement", "lambda_expression",
               "catch_clause", "try_statement"});
}

TSPoint point_at(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is the first line's 0
  return {static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n')),
          static_cast<std::uint32_t>(offset - line_start)};
}

struct Span {
  std::size_t start = 0, end = 0;
};
Span span_of(TSNode node) {
  return {ts_node_start_byte(node), ts_node_end_byte(node)};
}

bool is_field(TSNode node, TSNode parent, const char* name) {
  const TSNode child = ts_node_child_by_field_name(
      parent, name, static_cast<std::uint32_t>(std::string_view(name).size()));
  return !ts_node_is_null(child) && ts_node_eq(child, node);
}

// Labels are known in a whole function, and may stand there once.
bool holds_labels(TSNode root, Span within) {
  TreeWalk walk(root);
  for (bool more = true; more;) {
    const TSNode node = walk.node();
    const Span span = span_of(node);
    if (span.start >= within.end) return false;
    const bool is_inside = span.start >= within.start && span.end <= within.end;
    if (is_inside && type_of(node) == "labeled_statement") return true;
    const bool is_leaf = span.end <= within.start || is_expression(type_of(node));
    more = walk.advance(is_leaf ? TreeWalk::Into::kNext : TreeWalk::Into::kChildren);
  }
  return false;
}

}  // namespace

struct VariantPlaces::Impl {
  const indexer::Language* language = nullptr;
  std::string text;  // as the parser sees it, macros blanked
  indexer::ParserHandle parser{ts_parser_new()};
  TreeHandle tree;
  DeclaredNames names;
  // Of the change at work.
  TreeHandle changed;
  TextDifference difference;

  TSNode root() const { return ts_tree_root_node(tree.get()); }
  std::size_t moved(std::size_t offset) const {  // of what ends behind the difference
    return offset + difference.now.size() - (difference.end - difference.start);
  }

  bool parse_changed() {
    changed.reset(ts_tree_copy(tree.get()));
    TSInputEdit edit{};
    edit.start_byte = static_cast<std::uint32_t>(difference.start);
    edit.old_end_byte = static_cast<std::uint32_t>(difference.end);
    edit.new_end_byte = static_cast<std::uint32_t>(difference.start + difference.now.size());
    const std::string now = difference.around(text, 0, text.size());
    edit.start_point = point_at(text, edit.start_byte);
    edit.old_end_point = point_at(text, edit.old_end_byte);
    edit.new_end_point = point_at(now, edit.new_end_byte);
    ts_tree_edit(changed.get(), &edit);
    indexer::ThreadTimeLimit limit(kChangeMax);
    changed =
        indexer::parse_text(parser.get(), *language, changed.get(), now, [&] { return limit(); });
    return changed != nullptr;
  }

  // The outermost node of the changed text that is what [start, end) of the text became.
  TSNode counterpart(Span span) const {
    const auto end = static_cast<std::uint32_t>(moved(span.end));
    const auto start = static_cast<std::uint32_t>(span.start);
    TSNode node =
        ts_node_named_descendant_for_byte_range(ts_tree_root_node(changed.get()), start, end);
    const auto fits = [&](TSNode n) {
      return !ts_node_is_null(n) && ts_node_start_byte(n) == start && ts_node_end_byte(n) == end;
    };
    if (!fits(node)) return {};
    for (TSNode up = ts_node_parent(node); fits(up); up = ts_node_parent(up)) node = up;
    return node;
  }

  std::optional<VariantKind> role_of(TSNode node) const;
  std::optional<VariantKind> role_of_initial_value(TSNode node, TSNode parent) const;
  bool is_local(TSNode node) const;
  bool may_choose(TSNode node) const;
  std::optional<VariantPlace> as_expression(TSNode node) const;
  std::optional<VariantPlace> as_statement(TSNode node) const;
  std::optional<VariantPlace> as_part_of(TSNode list) const;
};

// What an expression stands for in what holds it.
std::optional<VariantKind> VariantPlaces::Impl::role_of(TSNode node) const {
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

std::optional<VariantKind> VariantPlaces::Impl::role_of_initial_value(TSNode node,
                                                                      TSNode parent) const {
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
  const TSNode declarator = ts_node_child_by_field_name(parent, "declarator", 10);
  if (ts_node_eq(declarator, node)) return std::nullopt;
  const bool is_all = ts_node_eq(ts_node_parent(node), parent);
  if (is_all && type_of(declarator) == "array_declarator") return std::nullopt;  // of a string
  return VariantKind::kValue;
}

// Whether what is declared there gets its value as the program runs, each time.
bool VariantPlaces::Impl::is_local(TSNode node) const {
  const TSNode declaration = ts_node_parent(node);
  if (type_of(declaration) != "declaration") return false;
  const Span span = span_of(declaration);
  const std::string_view head =
      std::string_view(text).substr(span.start, ts_node_start_byte(node) - span.start);
  for (const std::string_view word : {"static", "constexpr", "constinit", "extern", "thread_local"})
    if (head.find(word) != head.npos) return false;
  // `const int n = 4;` may be a constant of the language.
  const TSNode value = ts_node_child_by_field_name(node, "value", 5);
  const bool is_number =
      is_any(type_of(value), {"number_literal", "char_literal", "true", "false"});
  if (is_number && language->name == "cpp" && head.find("const") != head.npos) return false;
  for (TSNode up = ts_node_parent(declaration); !ts_node_is_null(up); up = ts_node_parent(up))
    if (type_of(up) == "compound_statement") return true;
  return false;
}

// In code that runs, not in what the compiler works out.
bool VariantPlaces::Impl::may_choose(TSNode node) const {
  for (TSNode up = node; !ts_node_is_null(up); up = ts_node_parent(up)) {
    if (is_any(type_of(up), {"sizeof_expression", "decltype", "alignof_expression",
                             "requires_expression", "template_argument_list"}))
      return false;
    if (type_of(up) != "function_definition") continue;
    const TSNode body = ts_node_child_by_field_name(up, "body", 4);
    const std::size_t start = ts_node_start_byte(up);
    const std::size_t end = ts_node_is_null(body) ? ts_node_end_byte(up) : ts_node_start_byte(body);
    const std::string_view head = std::string_view(text).substr(start, end - start);
    return head.find("constexpr") == head.npos && head.find("consteval") == head.npos;
  }
  return false;
}

std::optional<VariantPlace> VariantPlaces::Impl::as_expression(TSNode node) const {
  const Span span = span_of(node);
  if (!is_expression(type_of(node)) || span.start > difference.start || span.end < difference.end)
    return std::nullopt;
  const auto role = role_of(node);
  if (!role || !may_choose(node)) return std::nullopt;
  const TSNode now = counterpart(span);
  if (ts_node_is_null(now) || !is_expression(type_of(now)) || ts_node_has_error(now) ||
      type_of(ts_node_parent(now)) != type_of(ts_node_parent(node)))
    return std::nullopt;
  return VariantPlace{*role, span.start, span.end};
}

std::optional<VariantPlace> VariantPlaces::Impl::as_statement(TSNode node) const {
  const TSNode parent = ts_node_parent(node);
  const Span span = span_of(node);
  if (!is_statement(type_of(node)) || !takes_statement(type_of(parent)) ||
      span.start > difference.start || span.end < difference.end)
    return std::nullopt;
  const TSNode now = counterpart(span);
  const bool is_one =
      !ts_node_is_null(now) && is_statement(type_of(now)) && !ts_node_has_error(now);
  if (!is_one || !may_choose(node) || holds_labels(node, span)) return std::nullopt;
  return VariantPlace{VariantKind::kStatements, span.start, span.end};
}

// Of the statements in a list those that the difference touches.
std::optional<VariantPlace> VariantPlaces::Impl::as_part_of(TSNode list) const {
  if (!holds_statements(type_of(list)) || !may_choose(list)) return std::nullopt;
  const bool is_switch = type_of(ts_node_parent(list)) == "switch_statement";
  const Span inner = span_of(list);
  if (is_switch || inner.start > difference.start || inner.end < difference.end)
    return std::nullopt;
  Span part{difference.start, difference.end};
  const auto each_inside = [](TSNode of, Span within, const auto& visit) {
    for (std::uint32_t i = 0; i < ts_node_child_count(of); ++i) {
      const TSNode child = ts_node_child(of, i);
      const Span span = span_of(child);
      if (span.start >= within.end && span.start > within.start) break;
      const bool touches = span.start < within.end && span.end > within.start;
      const bool holds_point =
          within.start == within.end && span.start < within.start && within.start < span.end;
      if ((touches || holds_point) && !visit(child, span)) return false;
    }
    return true;
  };
  bool ends_in_comment = false;  // what is put behind it would be a part of it
  const bool are_statements =
      each_inside(list, {difference.start, difference.end}, [&](TSNode child, Span span) {
        part = {std::min(part.start, span.start), std::max(part.end, span.end)};
        ends_in_comment = type_of(child) == "comment" && span.end == part.end;
        return type_of(child) == "comment" ||
               (is_statement(type_of(child)) && !holds_labels(child, span));
      });
  if (!are_statements || ends_in_comment) return std::nullopt;
  TSNode now = counterpart(inner);
  while (!ts_node_is_null(now) && type_of(now) != type_of(list)) {
    const TSNode only = ts_node_named_child(now, 0);  // of the same bytes
    if (ts_node_is_null(only) || span_of(only).start != inner.start) return std::nullopt;
    now = only;
  }
  if (ts_node_is_null(now)) return std::nullopt;
  const Span changed_part{part.start, moved(part.end)};
  const bool are_still = each_inside(now, changed_part, [&](TSNode child, Span span) {
    return (is_statement(type_of(child)) || type_of(child) == "comment") &&
           !ts_node_has_error(child) && span.start >= changed_part.start &&
           span.end <= changed_part.end;
  });
  if (!are_still) return std::nullopt;
  return VariantPlace{VariantKind::kStatements, part.start, part.end};
}

VariantPlaces::VariantPlaces(const indexer::Language* language, std::string_view text)
    : impl_(std::make_unique<Impl>()) {
  const bool is_known = language != nullptr && (language->name == "c" || language->name == "cpp");
  if (!is_known || text.size() > kTextBytesMax) return;
  impl_->language = language;
  impl_->text = indexer::without_macros(*language, text).value_or(std::string(text));
  indexer::ThreadTimeLimit limit(kTextMax);
  impl_->tree = indexer::parse_text(impl_->parser.get(), *language, nullptr, impl_->text,
                                    [&] { return limit(); });
  if (impl_->tree && language->name == "c") impl_->names = {impl_->root(), impl_->text};
}
VariantPlaces::~VariantPlaces() = default;
VariantPlaces::VariantPlaces(VariantPlaces&&) noexcept = default;
VariantPlaces& VariantPlaces::operator=(VariantPlaces&&) noexcept = default;

bool VariantPlaces::is_out_of_sight(std::string_view name, std::size_t offset) const {
  return impl_->names.is_out_of_sight(name, offset);
}

bool VariantPlaces::declares(std::string_view name) const {
  return impl_->names.declares(name);
}

std::optional<VariantPlace> VariantPlaces::find(const TextDifference& difference) {
  if (!impl_->tree) return std::nullopt;
  impl_->difference = difference;
  if (!impl_->parse_changed()) return std::nullopt;
  TSNode node =
      ts_node_descendant_for_byte_range(impl_->root(), static_cast<std::uint32_t>(difference.start),
                                        static_cast<std::uint32_t>(difference.end));
  if (type_of(node) == "comment") return std::nullopt;
  for (; !ts_node_is_null(node); node = ts_node_parent(node)) {
    if (auto place = impl_->as_expression(node)) return place;
    if (auto place = impl_->as_part_of(node)) return place;
    if (auto place = impl_->as_statement(node)) return place;
    if (type_of(node) == "function_definition") return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace curlew::assist
