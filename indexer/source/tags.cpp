#include "indexer/source/tags.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
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
      {"imports", CaptureRole::kImports},
      {"skip", CaptureRole::kSkip},
      {"local", CaptureRole::kLocal},
      {"test", CaptureRole::kTest},
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

std::string_view query_error_name(TSQueryError error) {
  switch (error) {
    case TSQueryErrorSyntax:
      return "syntax error";
    case TSQueryErrorNodeType:
      return "unknown node type";
    case TSQueryErrorField:
      return "unknown field";
    case TSQueryErrorCapture:
      return "unknown capture";
    case TSQueryErrorStructure:
      return "impossible pattern";
    default:
      return "error";
  }
}

std::string_view string_of(const TSQuery* query, std::uint32_t id) {
  std::uint32_t length = 0;
  const char* text = ts_query_string_value_for_id(query, id, &length);
  return {text, length};
}

}  // namespace

Expected<TagsQuery> TagsQuery::compile(const Language& language) {
  std::uint32_t offset = 0;
  TSQueryError error = TSQueryErrorNone;
  TagsQuery out;
  out.query_.reset(ts_query_new(language.grammar(), language.tags_query.data(),
                                static_cast<std::uint32_t>(language.tags_query.size()), &offset,
                                &error));
  if (!out.query_) {
    const std::string_view rest =
        language.tags_query.substr(std::min<std::size_t>(offset, language.tags_query.size()));
    return fail(Errc::kInvalidInput, "languages/{}/tags.scm: offset {}: {} at \"{}\"",
                language.name, offset, query_error_name(error), rest.substr(0, rest.find('\n')));
  }
  if (Status s = out.read_captures(language); !s) return std::move(s.error()).pass();
  if (Status s = out.read_predicates(language); !s) return std::move(s.error()).pass();
  return out;
}

Status TagsQuery::read_captures(const Language& language) {
  meanings_.resize(ts_query_capture_count(query_.get()));
  for (std::uint32_t i = 0; i < meanings_.size(); ++i) {
    std::uint32_t length = 0;
    const char* name = ts_query_capture_name_for_id(query_.get(), i, &length);
    if (!meaning_of({name, length}, meanings_[i])) {
      return fail(Errc::kInvalidInput, "languages/{}/tags.scm: no meaning is known for @{}",
                  language.name, std::string_view(name, length));
    }
  }
  return {};
}

std::optional<TagsQuery::Wants> TagsQuery::wants_of(std::string_view predicate) {
  if (predicate == "eq?" || predicate == "any-of?") return Wants::kOneOf;
  if (predicate == "prefix?") return Wants::kPrefixOneOf;
  if (predicate == "upper-case?") return Wants::kUpperCase;
  return std::nullopt;
}

Status TagsQuery::read_predicates(const Language& language) {
  predicates_.resize(ts_query_pattern_count(query_.get()));
  for (std::uint32_t pattern = 0; pattern < predicates_.size(); ++pattern) {
    std::uint32_t step_count = 0;
    const TSQueryPredicateStep* steps =
        ts_query_predicates_for_pattern(query_.get(), pattern, &step_count);
    for (std::uint32_t i = 0; i < step_count;) {
      std::uint32_t end = i;
      while (end < step_count && steps[end].type != TSQueryPredicateStepTypeDone) ++end;
      const std::string_view name = string_of(query_.get(), steps[i].value_id);
      const std::optional<Wants> wants = wants_of(name);
      const std::uint32_t words_min = wants == Wants::kUpperCase ? 0 : 1;
      if (!wants || end - i < 2 + words_min ||
          steps[i + 1].type != TSQueryPredicateStepTypeCapture) {
        return fail(Errc::kInvalidInput, "languages/{}/tags.scm: pattern {}: cannot read #{}",
                    language.name, pattern, name);
      }
      Predicate predicate{*wants, steps[i + 1].value_id, {}};
      for (std::uint32_t w = i + 2; w < end; ++w) {
        predicate.words.emplace_back(string_of(query_.get(), steps[w].value_id));
      }
      predicates_[pattern].push_back(std::move(predicate));
      i = end + 1;
    }
  }
  return {};
}

bool TagsQuery::passes(const Predicate& predicate, std::string_view word) {
  const auto any = [&](auto matches) {
    return std::any_of(predicate.words.begin(), predicate.words.end(), matches);
  };
  switch (predicate.wants) {
    case Wants::kOneOf:
      return any([&](const std::string& one) { return word == one; });
    case Wants::kPrefixOneOf:
      return any([&](const std::string& prefix) { return word.starts_with(prefix); });
    case Wants::kUpperCase:
      return std::none_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  }
  return false;
}

bool TagsQuery::accepts(const TSQueryMatch& match, std::string_view text) const {
  for (const Predicate& predicate : predicates_[match.pattern_index]) {
    for (std::uint16_t i = 0; i < match.capture_count; ++i) {
      if (match.captures[i].index != predicate.capture) continue;
      const std::string_view word = text_of(match.captures[i].node, text);
      if (!passes(predicate, word)) return false;
    }
  }
  return true;
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
