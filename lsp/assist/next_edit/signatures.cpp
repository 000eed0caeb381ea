#include "lsp/assist/next_edit/signatures.h"

#include <algorithm>

#include "lsp/assist/next_edit/names.h"

namespace curlew::assist {
namespace {

bool has_generics(const CodeView& view) {
  return view.family() == Family::kC || view.family() == Family::kJava ||
         view.family() == Family::kRust || view.family() == Family::kScript;
}

// `<` that opens a list of types: closed again before anything that no type has in it.
std::size_t end_of_generics(const CodeView& view, std::size_t idx, std::size_t end) {
  int depth = 0;
  for (std::size_t at = idx; at < end; ++at) {
    const std::string_view word = view.spelling(at);
    if (word == "<") ++depth;
    if (word == ">") --depth;
    if (word == ">>") depth -= 2;
    if (depth <= 0) return depth == 0 && view.is_word(idx - 1) ? at : kNone;
    const bool in_type = view.is_word(at) || word == "<" || word == ">" || word == ">>" ||
                         word == "," || word == "::" || word == "*" || word == "&" || word == "." ||
                         word == "[" || word == "]" || word == "|" || word == "?" ||
                         view.token(at).kind == TokenKind::kNumber;
    if (!in_type) return kNone;
  }
  return kNone;
}

std::string_view name_of(const CodeView& view, ListItem item) {
  std::size_t value = item.begin;  // where the type or the default value begins
  while (value < item.end && view.spelling(value) != "=" && view.spelling(value) != ":") ++value;
  switch (view.family()) {
    case Family::kC:
    case Family::kJava: {
      std::size_t at = item.begin;
      while (at < item.end && view.spelling(at) != "=") ++at;
      while (at > item.begin && (view.spelling(at - 1) == "]" || view.spelling(at - 1) == "["))
        --at;
      return at > item.begin + 1 && view.is_word(at - 1) ? view.spelling(at - 1) : "";
    }
    case Family::kRust:
    case Family::kScript:
      return value > item.begin && view.is_word(value - 1)
                 ? view.spelling(value - 1)
                 : (value > item.begin + 1 ? view.spelling(value - 2) : std::string_view());
    default: {
      std::size_t at = item.begin;
      while (at < item.end && !view.is_word(at)) ++at;
      return view.spelling(at < item.end ? at : kNone);
    }
  }
}

bool is_self(const CodeView& view, ListItem item) {
  for (std::size_t at = item.begin; at < item.end; ++at)
    if (view.spelling(at) == "self" ||
        (view.family() == Family::kPython && view.spelling(at) == "cls"))
      return at == item.begin || view.family() == Family::kRust;
  return false;
}

}  // namespace

std::vector<ListItem> items_of(const CodeView& view, std::size_t opener) {
  std::vector<ListItem> items;
  const std::size_t close = view.partner(opener);
  if (close == kNone || close == opener + 1) return items;
  ListItem item{opener + 1, opener + 1};
  for (std::size_t at = opener + 1; at < close; ++at) {
    const std::string_view word = view.spelling(at);
    if (word == ",") {
      item.end = at;
      items.push_back(item);
      item.begin = at + 1;
    } else if (view.partner(at) != kNone && view.partner(at) > at) {
      at = view.partner(at);
    } else if (word == "<" && has_generics(view)) {
      if (const std::size_t end = end_of_generics(view, at, close); end != kNone) at = end;
    }
  }
  item.end = close;
  if (item.begin < item.end) items.push_back(item);  // a trailing comma ends the list
  return items;
}

std::vector<Parameter> parameters_of(const CodeView& view, std::size_t opener) {
  std::vector<Parameter> parameters;
  for (const ListItem item : items_of(view, opener)) {
    Parameter parameter{.item = item, .name = name_of(view, item)};
    parameter.is_receiver = parameters.empty() && is_self(view, item);
    for (std::size_t at = item.begin; at < item.end; ++at) {
      const std::string_view word = view.spelling(at);
      const bool is_star = view.family() == Family::kPython && (word == "*" || word == "**");
      if (word == "=" || word == "?" || word == "..." || is_star) parameter.is_optional = true;
    }
    parameters.push_back(parameter);
  }
  return parameters;
}

std::vector<std::size_t> SignatureChange::added() const {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < origins.size(); ++i)
    if (origins[i] == kNone) out.push_back(i);
  return out;
}

std::vector<std::size_t> SignatureChange::removed() const {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < before.size(); ++i)
    if (std::ranges::find(origins, i) == origins.end()) out.push_back(i);
  return out;
}

bool SignatureChange::is_reordered() const {
  std::size_t last = 0;
  for (const std::size_t origin : origins) {
    if (origin == kNone) continue;
    if (origin < last) return true;
    last = origin;
  }
  return false;
}

namespace {

// By name; one that is left over on both sides at the same place was renamed or got another type.
std::vector<std::size_t> origins_of(const std::vector<Parameter>& now,
                                    const std::vector<Parameter>& before) {
  std::vector<std::size_t> origins(now.size(), kNone);
  std::vector<bool> taken(before.size(), false);
  for (std::size_t i = 0; i < now.size(); ++i)
    for (std::size_t k = 0; k < before.size(); ++k)
      if (!taken[k] && !now[i].name.empty() && now[i].name == before[k].name) {
        origins[i] = k;
        taken[k] = true;
        break;
      }
  if (now.size() == before.size())
    for (std::size_t i = 0; i < now.size(); ++i)
      if (origins[i] == kNone && !taken[i]) {
        origins[i] = i;
        taken[i] = true;
      }
  return origins;
}

// The parentheses that hold all hunks, with a declared name before them.
std::size_t list_of(const Change& change) {
  const CodeView& now = *change.now;
  const Hunk& first = change.hunks.front();
  const Hunk& last = change.hunks.back();
  if (first.begin >= now.size()) return kNone;
  // What was removed before a closing bracket stood inside of it.
  const bool at_closer = first.begin == first.end && now.partner(first.begin) < first.begin;
  std::size_t around = at_closer ? now.partner(first.begin) : now.opener_of(first.begin);
  for (; around != kNone; around = now.opener_of(around)) {
    const std::size_t close = now.partner(around);
    if (close == kNone || now.spelling(around) != "(" || around == 0) continue;
    if (last.begin > close) continue;
    if (now.is_word(around - 1) && role_of(now, around - 1) == NameRole::kDeclaration)
      return around;
  }
  return kNone;
}

std::optional<SignatureChange> signature_change(const Change& change) {
  if (change.hunks.empty()) return std::nullopt;
  const std::size_t opener = list_of(change);
  if (opener == kNone || opener <= change.first || change.hunks.front().begin <= opener)
    return std::nullopt;
  SignatureChange out{.change = &change, .name = opener - 1, .opener = opener};
  out.old_opener = opener - change.first;
  const std::size_t old_close = change.old->partner(out.old_opener);
  if (old_close == kNone || change.hunks.back().old_end > old_close ||
      change.hunks.back().end > change.now->partner(opener))
    return std::nullopt;
  out.now = parameters_of(*change.now, opener);
  out.before = parameters_of(*change.old, out.old_opener);
  out.origins = origins_of(out.now, out.before);
  return out;
}

}  // namespace

std::vector<SignatureChange> signature_changes(const Situation& situation) {
  std::vector<SignatureChange> out;
  for (const Change& change : situation.changes()) {
    std::optional<SignatureChange> found = signature_change(change);
    if (!found) continue;
    const bool is_known = std::ranges::any_of(out, [&](const SignatureChange& other) {
      return other.change->now == change.now && other.opener == found->opener;
    });
    if (!is_known) out.push_back(std::move(*found));
  }
  return out;
}

bool same_types(const CodeView& a, const std::vector<Parameter>& a_list, const CodeView& b,
                const std::vector<Parameter>& b_list) {
  if (a_list.size() != b_list.size()) return false;
  const auto type_of = [](const CodeView& view, const Parameter& parameter) {
    std::string type;
    for (std::size_t at = parameter.item.begin; at < parameter.item.end; ++at) {
      if (view.spelling(at) == "=") break;
      if (!parameter.name.empty() && view.spelling(at).data() == parameter.name.data()) continue;
      type += view.spelling(at);
      type += ' ';
    }
    return type;
  };
  for (std::size_t i = 0; i < a_list.size(); ++i)
    if (type_of(a, a_list[i]) != type_of(b, b_list[i])) return false;
  return true;
}

bool is_counterpart(const CodeView& a, std::size_t a_name, const CodeView& b, std::size_t b_name) {
  if (a.spelling(a_name + 1) != "(" || b.spelling(b_name + 1) != "(") return false;
  return class_around(a, a_name) == class_around(b, b_name) &&
         same_types(a, parameters_of(a, a_name + 1), b, parameters_of(b, b_name + 1));
}

}  // namespace curlew::assist
