#include "lsp/assist/next_edit/entity.h"

#include <algorithm>

namespace curlew::assist {
namespace {

constexpr std::size_t kDeclarationTokensMax = 12;

// The class whose method a place is in, also where that is defined outside of it.
std::string class_of_method(const CodeView& view, std::size_t idx) {
  const bool is_qualified = idx > 0 && view.spelling(idx - 1) == "::";
  if (!is_qualified && view.family() != Family::kGo)
    if (std::string name = class_around(view, idx); !name.empty()) return name;
  for (std::size_t around = view.opener_of(idx); around != kNone; around = view.opener_of(around)) {
    if (view.spelling(around) != "{") continue;
    for (std::size_t at = view.statement_start(around); at < around; ++at)
      if (at > 0 && view.spelling(at) == "::" && view.spelling(at + 2) == "(")
        return std::string(view.spelling(at - 1));
  }
  return {};
}

// The declaration of a variable names the class as its type, or makes one.
bool is_of_type(const CodeView& view, std::size_t first, std::string_view variable,
                std::string_view type) {
  bool seen_variable = false;
  for (std::size_t at = first; at < view.size() && at < first + kDeclarationTokensMax; ++at) {
    const std::string_view word = view.spelling(at);
    if (word == type) return true;
    seen_variable |= word == variable;
    if (seen_variable && (word == ";" || word == ")" || word == ",")) return false;
  }
  return false;
}

bool is_member_of(const Entity& entity, const CodeView& view, std::size_t idx, NameRole role) {
  if (role == NameRole::kMember) {
    const std::string_view receiver = view.spelling(idx - 2);
    if (receiver == entity.owner) return true;
    if (receiver == "self" || receiver == "this" || receiver == "Self")
      return class_of_method(view, idx) == entity.owner;
    const std::size_t declared = view.is_word(idx - 2) ? local_at(view, idx, receiver) : kNone;
    return declared != kNone && is_of_type(view, declared, receiver, entity.owner);
  }
  const bool is_bare_member = view.family() == Family::kC || view.family() == Family::kJava;
  return is_bare_member && role == NameRole::kUse && !entity.owner.empty() &&
         class_of_method(view, idx) == entity.owner && !is_local_at(view, idx, entity.name);
}

// `module.name`, `package.Name`, `ns::name`.
bool is_qualified_by_home(const Entity& entity, const CodeView& view, std::size_t idx) {
  const std::string_view receiver = view.spelling(idx - 2);
  const std::string_view path = entity.home->path();
  const std::size_t slash = path.rfind('/');
  const std::string_view file = slash == path.npos ? path : path.substr(slash + 1);
  if (receiver.empty()) return false;
  if (receiver == file.substr(0, file.rfind('.'))) return true;
  const std::string_view folder = slash == path.npos ? std::string_view() : path.substr(0, slash);
  const std::size_t above = folder.rfind('/');
  if (receiver == (above == folder.npos ? folder : folder.substr(above + 1))) return true;
  return std::ranges::any_of(entity.home->words(receiver), [&](std::size_t at) {
    const std::string_view before = at > 0 ? entity.home->spelling(at - 1) : "";
    return before == "namespace" || before == "mod";
  });
}

}  // namespace

Entity entity_at(const CodeView& view, std::size_t declaration, std::string_view name) {
  Entity entity{&view, declaration, name, class_around(view, declaration),
                scope_of(view, declaration).reach};
  if (!entity.owner.empty() && entity.reach == Reach::kFile) entity.reach = Reach::kMember;
  return entity;
}

bool stands_for(const Entity& entity, const CodeView& view, std::size_t idx) {
  const NameRole role = role_of(view, idx);
  if (role == NameRole::kDeclaration || role == NameRole::kKey || role == NameRole::kShorthand)
    return false;
  if (entity.reach == Reach::kMember) return is_member_of(entity, view, idx, role);
  if (role == NameRole::kMember) return is_qualified_by_home(entity, view, idx);
  return !is_local_at(view, idx, entity.name) &&
         (&view == entity.home || is_known_in(entity, view));
}

bool is_known_in(const Entity& entity, const CodeView& view) {
  const bool by_name = view.family() == Family::kPython || view.family() == Family::kScript;
  if (!by_name) return true;
  return std::ranges::any_of(view.words(entity.name), [&](std::size_t idx) {
    return role_of(view, idx) == NameRole::kImport;
  });
}

}  // namespace curlew::assist
