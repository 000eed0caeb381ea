#include "indexer/source/tags.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace curlew::indexer {
namespace {

constexpr SymbolKind kLastKind = SymbolKind::kSection;

// "definition.enum_member" -> kDefinition of kEnumMember.
bool meaning_of(std::string_view capture, CaptureMeaning& out) {
  struct Row {
    std::string_view name;
    CaptureRole role;
  };
  static constexpr Row kRows[] = {
      {"definition", CaptureRole::kDefinition},
      {"declaration", CaptureRole::kDeclaration},
      {"name", CaptureRole::kName},
      {"declarator", CaptureRole::kDeclarator},
      {"container", CaptureRole::kContainer},
      {"scope", CaptureRole::kScope},
      {"wrapper", CaptureRole::kWrapper},
      {"reference", CaptureRole::kReference},
      {"import", CaptureRole::kImport},
      {"item", CaptureRole::kItem},
      {"imports", CaptureRole::kImports},
      {"skip", CaptureRole::kSkip},
      {"local", CaptureRole::kLocal},
      {"test", CaptureRole::kTest},
      {"clause", CaptureRole::kClause},
      {"implements", CaptureRole::kImplements},
      {"implementer", CaptureRole::kImplementer},
      {"doc", CaptureRole::kDoc},
  };
  if (capture.starts_with('_')) return true;
  const std::size_t dot = std::min(capture.find('.'), capture.size());
  const std::string_view head = capture.substr(0, dot);
  const std::string_view detail = capture.substr(std::min(dot + 1, capture.size()));
  const Row* row = std::find_if(std::begin(kRows), std::end(kRows),
                                [&](const Row& r) { return r.name == head; });
  if (row == std::end(kRows)) return false;
  out.role = row->role;
  if (out.role == CaptureRole::kDefinition || out.role == CaptureRole::kDeclaration) {
    for (int k = 0; k <= static_cast<int>(kLastKind); ++k) {
      out.kind = static_cast<SymbolKind>(k);
      if (symbol_kind_name(out.kind) == detail) return true;
    }
    return false;
  }
  if (out.role == CaptureRole::kReference) {
    for (const ReferenceRole role : {ReferenceRole::kCall, ReferenceRole::kType,
                                     ReferenceRole::kName, ReferenceRole::kImport}) {
      out.reference = role;
      if (reference_role_name(role) == detail) return true;
    }
    return false;
  }
  return detail.empty();
}

}  // namespace

TagsQuery::TagsQuery(Patterns patterns, const TSLanguage* language)
    : patterns_(std::move(patterns)),
      declarators_(language),
      body_fields_{field_id(language, "body"), field_id(language, "value")} {}

Expected<TagsQuery> TagsQuery::compile(const Language& language) {
  const auto wrong = [&](const Error& error) {
    return fail(error.kind(), "languages/{}/tags.scm: {}", language.name, error.message());
  };
  const Expected<std::vector<QueryPattern>> query = read_query(language.tags_query);
  if (!query) return wrong(query.error());
  Expected<Patterns> patterns = Patterns::compile(language.grammar(), *query);
  if (!patterns) return wrong(patterns.error());
  TagsQuery out(std::move(*patterns), language.grammar());
  for (const std::string& name : out.patterns_.capture_names()) {
    if (!meaning_of(name, out.meanings_.emplace_back())) {
      return fail(Errc::kInvalidInput, "languages/{}/tags.scm: no meaning is known for @{}",
                  language.name, name);
    }
  }
  return out;
}

const TagsQuery* tags_query_of(const Language& language) {
  static std::mutex mutex;
  static std::unordered_map<const Language*, std::unique_ptr<TagsQuery>> compiled;
  if (language.grammar == nullptr) return nullptr;
  std::lock_guard lock(mutex);
  const auto [entry, is_new] = compiled.try_emplace(&language);
  if (is_new) {
    Expected<TagsQuery> query = TagsQuery::compile(language);
    if (query) entry->second = std::make_unique<TagsQuery>(std::move(*query));
  }
  return entry->second.get();
}

}  // namespace curlew::indexer
