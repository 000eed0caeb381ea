// Compiling scopes.scm.
#include <algorithm>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "indexer/source/scopes.h"

namespace curlew::indexer {
namespace {

using Role = ScopesQuery::Role;

bool role_of(std::string_view capture, Role& out) {
  struct Row {
    std::string_view name;
    Role role;
  };
  static constexpr Row kRows[] = {
      {"scope", Role::kScope},
      {"scope.function", Role::kFunctionScope},
      {"scope.class", Role::kClassScope},
      {"scope.closed", Role::kClosedScope},
      {"after", Role::kAfter},
      {"outside", Role::kOutside},
      {"assigned", Role::kAssigned},
      {"local", Role::kLocal},
      {"local.new", Role::kLocalNew},
      {"local.everywhere", Role::kLocalEverywhere},
      {"local.function", Role::kLocalFunction},
      {"local.assigned", Role::kLocalAssigned},
      {"parameter", Role::kParameter},
      {"definition", Role::kDefinition},
      {"name", Role::kName},
      {"outer", Role::kOuter},
      {"outer.file", Role::kOuterFile},
      {"use", Role::kUse},
      {"skip", Role::kSkip},
  };
  if (capture.starts_with('_')) return true;
  const Row* row = std::find_if(std::begin(kRows), std::end(kRows),
                                [&](const Row& r) { return r.name == capture; });
  if (row == std::end(kRows)) return false;
  out = row->role;
  return true;
}

}  // namespace

Expected<ScopesQuery> ScopesQuery::compile(const Language& language) {
  const auto wrong = [&](const Error& error) {
    return fail(error.kind(), "languages/{}/scopes.scm: {}", language.name, error.message());
  };
  const Expected<std::vector<QueryPattern>> query = read_query(language.scopes_query);
  if (!query) return wrong(query.error());
  Expected<Patterns> patterns = Patterns::compile(language.grammar(), *query);
  if (!patterns) return wrong(patterns.error());
  ScopesQuery out(std::move(*patterns), language.grammar());
  for (const std::string& name : out.patterns_.capture_names()) {
    if (!role_of(name, out.roles_.emplace_back()))
      return fail(Errc::kInvalidInput, "languages/{}/scopes.scm: no meaning is known for @{}",
                  language.name, name);
  }
  return out;
}

const ScopesQuery* scopes_query_of(const Language& language) {
  static std::mutex mutex;
  static std::unordered_map<const Language*, std::unique_ptr<ScopesQuery>> compiled;
  if (language.grammar == nullptr || language.scopes_query.empty()) return nullptr;
  std::lock_guard lock(mutex);
  const auto [entry, is_new] = compiled.try_emplace(&language);
  if (is_new) {
    Expected<ScopesQuery> query = ScopesQuery::compile(language);
    if (query) entry->second = std::make_unique<ScopesQuery>(std::move(*query));
  }
  return entry->second.get();
}

std::string_view binding_kind_name(BindingKind kind) {
  switch (kind) {
    case BindingKind::kLocal:
      return "local";
    case BindingKind::kParameter:
      return "parameter";
    case BindingKind::kMember:
      return "member";
    case BindingKind::kFile:
      return "file";
  }
  return "";
}

}  // namespace curlew::indexer
