// Calls of a function whose parameters were changed: an argument too many goes, one that has moved
// moves, one that is missing comes where it is known what to pass.
#include <algorithm>

#include "lsp/assist/next_edit/entity.h"
#include "lsp/assist/next_edit/signatures.h"
#include "lsp/assist/next_edit/situation.h"

namespace curlew::assist {
namespace {

constexpr std::size_t kSignaturesMax = 4;  // changes that are looked at

struct Call {
  std::size_t name = 0, opener = 0;
  std::vector<ListItem> arguments;
};

bool is_named(const CodeView& view, ListItem argument) {
  return view.family() == Family::kPython && view.spelling(argument.begin + 1) == "=";
}
bool is_spread(const CodeView& view, ListItem argument) {
  const std::string_view first = view.spelling(argument.begin);
  return first == "..." || (view.family() == Family::kPython && (first == "*" || first == "**")) ||
         view.spelling(argument.end - 1) == "...";
}

class CallSiteEngine {
 public:
  CallSiteEngine(Situation& situation, std::vector<Proposal>& proposals)
      : situation_(situation), proposals_(proposals) {}

  void run() {
    std::vector<SignatureChange> changes = signature_changes(situation_);
    if (changes.size() > kSignaturesMax) changes.resize(kSignaturesMax);
    for (SignatureChange& change : changes) {
      if (!prepare(change)) continue;
      propose(change);
    }
  }

 private:
  // False when no call has to change, or it is not known how.
  bool prepare(SignatureChange& change) {
    added_ = change.added();
    removed_ = change.removed();
    if (added_.size() > 1 || (added_.empty() && removed_.empty() && !change.is_reordered()))
      return false;
    const bool needs_nothing =
        !added_.empty() && change.now[added_[0]].is_optional && removed_.empty();
    receivers_ = !change.before.empty() && change.before[0].is_receiver ? 1 : 0;
    return !needs_nothing && !is_overloaded(change);
  }

  // Another function of this name in the file, other than this one's other half.
  bool is_overloaded(const SignatureChange& change) const {
    const CodeView& view = *change.change->now;
    for (const std::size_t idx : view.words(view.spelling(change.name))) {
      if (idx == change.name || role_of(view, idx) != NameRole::kDeclaration) continue;
      if (view.spelling(idx + 1) != "(") return true;
      const std::vector<Parameter> parameters = parameters_of(view, idx + 1);
      if (class_around(view, idx) != class_around(view, change.name)) continue;
      if (!same_types(view, parameters, view, change.now) &&
          !same_types(view, parameters, *change.change->old, change.before))
        return true;
    }
    return false;
  }

  void propose(const SignatureChange& change) {
    const CodeView& view = *change.change->now;
    const Entity entity = entity_at(view, change.name, view.spelling(change.name));
    Proposal proposal{
        .kind = NextEditKind::kCallSite, .age = change.change->age, .confidence = 0.85};
    proposal.why = fmt::format("`{}` takes other parameters now", entity.name);
    add_calls(change, entity, view, proposal);
    if (entity.reach != Reach::kLocal && is_only_one(entity))
      for (const std::string& path : situation_.other_files_with(entity.name, view))
        add_calls(change, entity, *situation_.view(path), proposal);
    if (!proposal.places.empty()) proposals_.push_back(std::move(proposal));
  }

  // By the index: no other file defines a function of this name that calls could mean.
  bool is_only_one(const Entity& entity) const {
    if (situation_.index() == nullptr || entity.reach == Reach::kMember) return true;
    const auto hits = situation_.index()->definitions(entity.name);
    if (!hits) return false;
    const std::string_view path = entity.home->path();
    const std::string_view stem = path.substr(0, path.rfind('.'));
    return std::ranges::all_of(*hits, [&](const indexer::SearchHit& hit) {
      const std::string_view other = std::string_view(hit.path).substr(0, hit.path.rfind('.'));
      return other.substr(other.rfind('/') + 1) == stem.substr(stem.rfind('/') + 1);
    });
  }

  void add_calls(const SignatureChange& change, const Entity& entity, const CodeView& view,
                 Proposal& proposal) {
    std::vector<TextEdit> edits;
    for (const std::size_t idx : view.words(entity.name)) {
      if (view.spelling(idx + 1) != "(" || view.partner(idx + 1) == kNone) continue;
      if (!stands_for(entity, view, idx) || is_handled(change, view, idx)) continue;
      const Call call{idx, idx + 1, items_of(view, idx + 1)};
      if (receivers_ > 0 && view.family() == Family::kRust && view.spelling(idx - 1) == "::")
        continue;
      std::vector<TextEdit> more = edits_of(change, view, call);
      std::ranges::move(more, std::back_inserter(edits));
    }
    auto places = places_by_line(view, situation_.shared_text(view.path()), std::move(edits));
    std::ranges::move(places, std::back_inserter(proposal.places));
  }

  // The user has been at this call since.
  bool is_handled(const SignatureChange& change, const CodeView& view, std::size_t idx) const {
    return situation_.is_edited_since(view.path(), view.token(idx).start,
                                      view.token(view.partner(idx + 1)).end, change.change->age);
  }

  std::vector<TextEdit> edits_of(const SignatureChange& change, const CodeView& view,
                                 const Call& call) const {
    const std::size_t expected = change.before.size() - receivers_;
    for (const ListItem argument : call.arguments)
      if (is_spread(view, argument)) return {};
    const bool has_named = std::ranges::any_of(
        call.arguments, [&](ListItem argument) { return is_named(view, argument); });
    if (added_.empty() && !change.is_reordered()) return removals(change, view, call);
    if (call.arguments.size() != expected || has_named) return {};
    if (removed_.empty() && !change.is_reordered()) return insertion(change, view, call);
    if (added_.empty() && removed_.empty()) return permutation(change, view, call);
    return {};
  }

  std::vector<TextEdit> removals(const SignatureChange& change, const CodeView& view,
                                 const Call& call) const {
    const std::size_t expected = change.before.size() - receivers_;
    if (call.arguments.size() > expected) return {};
    for (std::size_t i = call.arguments.size(); i < expected; ++i)
      if (!change.before[i + receivers_].is_optional) return {};
    std::vector<TextEdit> edits;
    for (const std::size_t parameter : removed_) {
      const std::size_t idx = argument_of(change, view, call, parameter);
      if (idx == kNone) continue;
      const ListItem item = call.arguments[idx];
      const bool is_last = idx + 1 == call.arguments.size();
      const std::size_t start = idx > 0 && is_last ? view.token(call.arguments[idx - 1].end - 1).end
                                                   : view.token(item.begin).start;
      const std::size_t end =
          is_last ? view.token(item.end - 1).end : view.token(call.arguments[idx + 1].begin).start;
      edits.push_back({start, end, ""});
    }
    // Two neighbours at the end would share their comma.
    return removed_.size() > 1 && !check_edits(view.text(), edits) ? std::vector<TextEdit>()
                                                                   : edits;
  }

  std::size_t argument_of(const SignatureChange& change, const CodeView& view, const Call& call,
                          std::size_t parameter) const {
    for (std::size_t i = 0; i < call.arguments.size(); ++i)
      if (is_named(view, call.arguments[i]) &&
          view.spelling(call.arguments[i].begin) == change.before[parameter].name)
        return i;
    const std::size_t idx = parameter - receivers_;
    return idx < call.arguments.size() && !is_named(view, call.arguments[idx]) ? idx : kNone;
  }

  std::vector<TextEdit> permutation(const SignatureChange& change, const CodeView& view,
                                    const Call& call) const {
    std::vector<TextEdit> edits;
    for (std::size_t i = receivers_; i < change.origins.size(); ++i) {
      const std::size_t from = change.origins[i] - receivers_;
      const ListItem here = call.arguments[i - receivers_];
      if (from == i - receivers_) continue;
      const ListItem there = call.arguments[from];
      edits.push_back({view.token(here.begin).start, view.token(here.end - 1).end,
                       std::string(text_of(view, there.begin, there.end))});
    }
    return edits;
  }

  std::vector<TextEdit> insertion(const SignatureChange& change, const CodeView& view,
                                  const Call& call) const {
    const std::size_t place = added_[0] - receivers_;
    const std::string value = value_at(change, view, call);
    if (value.empty() || place > call.arguments.size()) return {};
    if (call.arguments.empty()) {
      const std::size_t at = view.token(call.opener).end;
      return {{at, at, value}};
    }
    if (place == call.arguments.size()) {
      const std::size_t at = view.token(call.arguments.back().end - 1).end;
      return {{at, at, ", " + value}};
    }
    const std::size_t at = view.token(call.arguments[place].begin).start;
    return {{at, at, value + ", "}};
  }

  // What to pass for the new parameter; "" when nobody knows.
  std::string value_at(const SignatureChange& change, const CodeView& view,
                       const Call& call) const {
    if (std::string shown = value_by_example(change, view, call); !shown.empty()) return shown;
    const Parameter& parameter = change.now[added_[0]];
    const std::size_t declared =
        parameter.name.empty() ? kNone : local_at(view, call.name, parameter.name);
    if (declared == kNone || !has_same_type(change, parameter, view, declared)) return {};
    return std::string(parameter.name);
  }

  // In languages that write types down, the variable's declaration names the parameter's.
  bool has_same_type(const SignatureChange& change, const Parameter& parameter,
                     const CodeView& view, std::size_t declared) const {
    if (view.family() == Family::kPython) return true;
    const CodeView& now = *change.change->now;
    std::string_view type;
    for (std::size_t at = parameter.item.begin; at < parameter.item.end; ++at)
      if (now.is_word(at) && now.spelling(at).data() != parameter.name.data() &&
          now.spelling(at) != "const" && now.spelling(at) != "mut")
        type = now.spelling(at);
    if (type.empty()) return view.path().ends_with(".js") || view.path().ends_with(".jsx");
    for (std::size_t at = declared; at < view.size() && at < declared + 12; ++at) {
      if (view.spelling(at) == type) return true;
      if (view.spelling(at) == ";" || view.spelling(at) == ")") return false;
    }
    return false;
  }

  // A call that the user has corrected since shows what to pass.
  std::string value_by_example(const SignatureChange& change, const CodeView& view,
                               const Call& call) const {
    for (const Change& later : situation_.changes()) {
      if (later.age >= change.change->age) break;
      const CodeView& now = *later.now;
      for (const std::size_t idx : now.words(change.change->now->spelling(change.name))) {
        const std::size_t close = now.spelling(idx + 1) == "(" ? now.partner(idx + 1) : kNone;
        if (close == kNone || now.token(idx).start > later.edit->start ||
            now.token(close).end < later.edit->end())
          continue;
        const std::vector<ListItem> arguments = items_of(now, idx + 1);
        const std::size_t place = added_[0] - receivers_;
        if (arguments.size() != change.now.size() - receivers_) continue;
        if (is_good_everywhere(now, idx, arguments[place], view, call))
          return std::string(text_of(now, arguments[place].begin, arguments[place].end));
      }
    }
    return {};
  }

  // A constant, or a variable that both places have.
  static bool is_good_everywhere(const CodeView& now, std::size_t idx, ListItem value,
                                 const CodeView& view, const Call& call) {
    for (std::size_t at = value.begin; at < value.end; ++at)
      if (!now.is_word(at) && now.token(at).kind == TokenKind::kOperator &&
          now.spelling(at) != "." && now.spelling(at) != "::" && now.spelling(at) != "->" &&
          now.spelling(at) != "&" && now.spelling(at) != "-")
        return false;
    std::size_t root = value.begin;
    while (root + 1 < value.end && !now.is_word(root)) ++root;
    if (!now.is_word(root) || is_keyword(now.spelling(root))) return true;
    return !is_local_at(now, idx, now.spelling(root)) ||
           is_local_at(view, call.name, now.spelling(root));
  }

  Situation& situation_;
  std::vector<Proposal>& proposals_;
  std::vector<std::size_t> added_, removed_;  // of the change that is looked at
  std::size_t receivers_ = 0;                 // its parameters that no call writes: `self`
};

}  // namespace

void propose_call_sites(Situation& situation, std::vector<Proposal>& proposals) {
  CallSiteEngine(situation, proposals).run();
}

}  // namespace curlew::assist
