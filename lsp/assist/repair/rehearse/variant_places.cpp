#include "lsp/assist/repair/rehearse/variant_places.h"

#include <algorithm>
#include <functional>

#include "indexer/source/live_tree.h"
#include "indexer/source/macros.h"
#include "indexer/source/thread_clock.h"
#include "lsp/assist/repair/rehearse/variant_place_rules.h"
#include "lsp/assist/repair/rehearse/variant_scope.h"

namespace curlew::assist {
namespace {

using indexer::TreeHandle;

constexpr std::chrono::milliseconds kTextMax{500}, kChangeMax{50};  // of this thread, to parse it
constexpr std::size_t kTextBytesMax = std::size_t{4} << 20;

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

// The children of a list that touch it, as long as `visit` says so.
template <class Visit>
bool each_inside(TSNode list, Span within, const Visit& visit) {
  for (std::uint32_t i = 0; i < ts_node_child_count(list); ++i) {
    const TSNode child = ts_node_child(list, i);
    const Span span = span_of(child);
    if (span.start >= within.end && span.start > within.start) break;
    const bool touches = span.start < within.end && span.end > within.start;
    const bool holds_point =
        within.start == within.end && span.start < within.start && within.start < span.end;
    if ((touches || holds_point) && !visit(child, span)) return false;
  }
  return true;
}

}  // namespace

struct VariantPlaces::Impl {
  const indexer::Language* language = nullptr;
  std::string text;  // as the parser sees it, macros blanked
  indexer::ParserHandle parser{ts_parser_new()};
  TreeHandle tree;
  std::unique_ptr<PlaceRules> rules;
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

  std::optional<VariantPlace> as_expression(TSNode node) const;
  std::optional<VariantPlace> as_statement(TSNode node) const;
  std::optional<VariantPlace> as_part_of(TSNode list) const;
};

std::optional<VariantPlace> VariantPlaces::Impl::as_expression(TSNode node) const {
  const Span span = span_of(node);
  if (!rules->is_expression(node) || span.start > difference.start || span.end < difference.end)
    return std::nullopt;
  const auto role = rules->role_of(node);
  if (!role || !rules->may_choose(node)) return std::nullopt;
  const TSNode now = counterpart(span);
  if (ts_node_is_null(now) || !rules->is_expression(now) || ts_node_has_error(now) ||
      !rules->keeps_role(node, now))
    return std::nullopt;
  return VariantPlace{*role, span.start, span.end};
}

std::optional<VariantPlace> VariantPlaces::Impl::as_statement(TSNode node) const {
  const Span span = span_of(node);
  if (!rules->is_statement(node) || !rules->takes_statement(ts_node_parent(node)) ||
      span.start > difference.start || span.end < difference.end)
    return std::nullopt;
  const TSNode now = counterpart(span);
  const bool is_one = !ts_node_is_null(now) && rules->is_statement(now) && !ts_node_has_error(now);
  if (!is_one || !rules->may_choose(node) || !rules->may_move(node) || !rules->may_move(now))
    return std::nullopt;
  return VariantPlace{VariantKind::kStatements, span.start, span.end};
}

// Of the statements in a list those that the difference touches.
std::optional<VariantPlace> VariantPlaces::Impl::as_part_of(TSNode list) const {
  if (!rules->holds_statements(list) || !rules->may_choose(list)) return std::nullopt;
  const Span inner = span_of(list);
  if (inner.start > difference.start || inner.end < difference.end) return std::nullopt;
  Span part{difference.start, difference.end};
  bool ends_in_comment = false;  // what is put behind it would be a part of it
  const bool are_statements =
      each_inside(list, {difference.start, difference.end}, [&](TSNode child, Span span) {
        part = {std::min(part.start, span.start), std::max(part.end, span.end)};
        ends_in_comment = type_of(child) == "comment" && span.end == part.end;
        return type_of(child) == "comment" ||
               (rules->is_statement(child) && rules->may_move(child));
      });
  if (!are_statements || ends_in_comment || !rules->may_insert(list, part.start))
    return std::nullopt;
  TSNode now = counterpart(inner);
  while (!ts_node_is_null(now) && type_of(now) != type_of(list)) {
    const TSNode only = ts_node_named_child(now, 0);  // of the same bytes
    if (ts_node_is_null(only) || span_of(only).start != inner.start) return std::nullopt;
    now = only;
  }
  if (ts_node_is_null(now)) return std::nullopt;
  const Span changed_part{part.start, moved(part.end)};
  const bool are_still = each_inside(now, changed_part, [&](TSNode child, Span span) {
    return ((rules->is_statement(child) && rules->may_move(child)) ||
            type_of(child) == "comment") &&
           !ts_node_has_error(child) && span.start >= changed_part.start &&
           span.end <= changed_part.end;
  });
  if (!are_still) return std::nullopt;
  return VariantPlace{VariantKind::kStatements, part.start, part.end};
}

bool is_script(const indexer::Language* language) {
  return language != nullptr && is_any(language->name, {"javascript", "typescript", "tsx"});
}

bool has_variants(const indexer::Language* language) {
  return is_script(language) || (language != nullptr && is_any(language->name, {"c", "cpp"}));
}

VariantPlaces::VariantPlaces(const indexer::Language* language, std::string_view text)
    : impl_(std::make_unique<Impl>()) {
  if (!has_variants(language) || text.size() > kTextBytesMax) return;
  impl_->language = language;
  impl_->text = indexer::without_macros(*language, text).value_or(std::string(text));
  indexer::ThreadTimeLimit limit(kTextMax);
  impl_->tree = indexer::parse_text(impl_->parser.get(), *language, nullptr, impl_->text,
                                    [&] { return limit(); });
  impl_->rules = is_script(language) ? place_rules_script()
                                     : place_rules_c(language->name == "cpp", impl_->text);
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
    if (impl_->rules->is_outermost(node)) return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace curlew::assist
