// The other half of a function in C and C++: the declaration in the header follows the definition's
// parameters, and the other way round.
#include <algorithm>
#include <array>

#include "lsp/assist/next_edit/names.h"
#include "lsp/assist/next_edit/signatures.h"
#include "lsp/assist/next_edit/situation.h"

namespace curlew::assist {
namespace {

constexpr std::array<std::string_view, 10> kExtensions = {".h",   ".hpp", ".hh",  ".hxx", ".cuh",
                                                          ".cpp", ".cc",  ".cxx", ".c",   ".cu"};

// Files that may hold the other half: of the same name with another extension, here or where the
// index says the function is defined.
std::vector<std::string> partner_files(const Situation& situation, const CodeView& view,
                                       std::string_view name) {
  std::vector<std::string> paths{view.path()};
  const std::size_t dot = view.path().rfind('.');
  if (dot == std::string::npos) return paths;
  const std::string without = view.path().substr(0, dot);
  for (const std::string_view extension : kExtensions)
    if (without + std::string(extension) != view.path())
      paths.push_back(without + std::string(extension));
  if (situation.index() == nullptr) return paths;
  const std::string stem = without.substr(without.rfind('/') + 1);
  if (const auto hits = situation.index()->definitions(name))
    for (const indexer::SearchHit& hit : *hits) {
      const std::string other = hit.path.substr(0, hit.path.rfind('.'));
      if (other.substr(other.rfind('/') + 1) == stem &&
          std::ranges::find(paths, hit.path) == paths.end())
        paths.push_back(hit.path);
    }
  return paths;
}

// The text of one parameter for a declaration that has default values (the header) or must not.
std::string without_default(const CodeView& view, const Parameter& parameter) {
  std::size_t end = parameter.item.begin;
  while (end < parameter.item.end && view.spelling(end) != "=") ++end;
  return std::string(text_of(view, parameter.item.begin, end));
}

bool has_body(const CodeView& view, std::size_t opener) {
  for (std::size_t at = view.partner(opener) + 1; at < view.size(); ++at) {
    if (view.spelling(at) == "{") return true;
    if (view.spelling(at) == ";") return false;
  }
  return false;
}

// The other half's list with the change made: what did not change stays as it is written there.
std::string changed_list(const SignatureChange& change, const CodeView& other, std::size_t opener) {
  const std::vector<Parameter> theirs = parameters_of(other, opener);
  const CodeView& now = *change.change->now;
  const CodeView& old = *change.change->old;
  const bool keeps_defaults = !has_body(other, opener);
  std::string list;
  for (std::size_t i = 0; i < change.now.size(); ++i) {
    if (i > 0) list += ", ";
    const std::size_t origin = change.origins[i];
    const bool is_same = origin != kNone && without_default(now, change.now[i]) ==
                                                without_default(old, change.before[origin]);
    if (is_same)
      list += text_of(other, theirs[origin].item.begin, theirs[origin].item.end);
    else
      list += keeps_defaults
                  ? std::string(text_of(now, change.now[i].item.begin, change.now[i].item.end))
                  : without_default(now, change.now[i]);
  }
  return list;
}

bool only_names_differ(const SignatureChange& change) {
  return change.added().empty() && change.removed().empty() && !change.is_reordered() &&
         same_types(*change.change->now, change.now, *change.change->old, change.before);
}

// A parameter under another name, and a body that knows the old one.
bool renames_what_a_body_uses(const SignatureChange& change, const CodeView& other,
                              std::size_t opener) {
  if (!has_body(other, opener)) return false;
  for (std::size_t i = 0; i < change.now.size(); ++i)
    if (change.origins[i] != kNone && change.now[i].name != change.before[change.origins[i]].name)
      return true;
  return false;
}

}  // namespace

void propose_counterparts(Situation& situation, std::vector<Proposal>& proposals) {
  for (const SignatureChange& change : signature_changes(situation)) {
    const CodeView& view = *change.change->now;
    if (view.family() != Family::kC) continue;
    const std::string_view name = view.spelling(change.name);
    Proposal proposal{.kind = NextEditKind::kCounterpart,
                      .age = change.change->age,
                      .why = fmt::format("the other half of `{}`", name),
                      .confidence = 0.9};
    for (const std::string& path : partner_files(situation, view, name)) {
      const CodeView* other = situation.view(path);
      if (other == nullptr) continue;
      for (const std::size_t idx : other->words(name)) {
        if ((other == &view && idx == change.name) || other->spelling(idx + 1) != "(") continue;
        const std::size_t close = other->partner(idx + 1);
        if (close == kNone || role_of(*other, idx) != NameRole::kDeclaration) continue;
        if (class_around(*other, idx) != class_around(view, change.name)) continue;
        if (!same_types(*other, parameters_of(*other, idx + 1), *change.change->old, change.before))
          continue;
        if (only_names_differ(change) || renames_what_a_body_uses(change, *other, idx + 1))
          continue;
        proposal.places.push_back({path,
                                   situation.shared_text(path),
                                   {{other->token(idx + 1).end, other->token(close).start,
                                     changed_list(change, *other, idx + 1)}}});
      }
    }
    // With several halves of the old shape it is not said which is meant.
    if (proposal.places.size() == 1) proposals.push_back(std::move(proposal));
  }
}

}  // namespace curlew::assist
