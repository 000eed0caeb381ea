// A rename's leftovers: something got another name where it is introduced, and is still used under
// the old one, which now stands for nothing.
#include <algorithm>
#include <set>

#include "lsp/assist/next_edit/entity.h"
#include "lsp/assist/next_edit/signatures.h"
#include "lsp/assist/next_edit/situation.h"

namespace curlew::assist {
namespace {

constexpr std::size_t kRenamesMax = 6;  // that are looked at
// Tokens that an edit may change besides names: one that changes more writes something else.
constexpr std::size_t kOtherTokensMax = 8;
// A name that may go on is not taken for one before its user has stopped for so long.
constexpr std::chrono::milliseconds kSettled{2500};

struct Rename {
  const Change* change = nullptr;
  std::size_t declaration = 0;  // token of the new name
  std::string_view from, to;
  Scope scope;
  Entity entity;  // under the old name
};

bool is_name(const CodeView& view, std::size_t idx) {
  return view.is_word(idx) && is_identifier(view.spelling(idx)) && !is_keyword(view.spelling(idx));
}

class RenameEngine {
 public:
  RenameEngine(Situation& situation, std::vector<Proposal>& proposals)
      : situation_(situation), proposals_(proposals) {}

  void run() {
    std::size_t found = 0;
    for (const Change& change : situation_.changes()) {
      if (other_tokens(change) > kOtherTokensMax) continue;
      for (const Hunk& hunk : change.hunks)
        if (const std::optional<Rename> rename = rename_in(change, hunk)) {
          if (++found > kRenamesMax) return;
          propose(*rename);
        }
    }
  }

 private:
  static std::size_t other_tokens(const Change& change) {
    std::size_t count = 0;
    for (const Hunk& hunk : change.hunks) {
      const bool is_one = hunk.old_end == hunk.old_begin + 1 && hunk.end == hunk.begin + 1;
      if (!is_one) count += hunk.old_end - hunk.old_begin + hunk.end - hunk.begin;
    }
    return count;
  }

  std::optional<Rename> rename_in(const Change& change, const Hunk& hunk) const {
    const CodeView& now = *change.now;
    if (hunk.old_end != hunk.old_begin + 1 || hunk.end != hunk.begin + 1) return std::nullopt;
    if (!is_name(*change.old, hunk.old_begin) || !is_name(now, hunk.begin)) return std::nullopt;
    Rename rename{.change = &change,
                  .declaration = hunk.begin,
                  .from = change.old->spelling(hunk.old_begin),
                  .to = now.spelling(hunk.begin)};
    if (role_of(now, hunk.begin) != NameRole::kDeclaration || is_half_typed(rename))
      return std::nullopt;
    rename.scope = scope_of(now, hunk.begin);
    rename.entity = entity_at(now, hunk.begin, rename.from);
    return rename;
  }

  // While the cursor stands at its end, a name may go on: a letter, or what is left of the old one.
  bool is_half_typed(const Rename& rename) const {
    const NextEditRequest& request = situation_.request();
    const CodeToken& token = rename.change->now->token(rename.declaration);
    const bool is_here = request.path == rename.change->edit->path &&
                         token.start <= request.cursor && request.cursor <= token.end;
    if (!is_here || request.now - rename.change->edit->time >= kSettled) return false;
    return rename.to.size() < 2 || rename.from.starts_with(rename.to);
  }

  void propose(const Rename& rename) {
    Proposal proposal{.kind = NextEditKind::kRename, .age = rename.change->age, .confidence = 0.9};
    proposal.why = fmt::format("`{}` is now `{}`", rename.from, rename.to);
    if (rename.entity.reach == Reach::kLocal) {
      if (!leftovers_in_scope(rename, proposal)) return note_declared_again(rename);
      keyword_arguments(rename, proposal);
    } else {
      if (!leftovers_in_file(rename, proposal)) return note_declared_again(rename);
      leftovers_elsewhere(rename, proposal);
    }
    if (!proposal.places.empty()) proposals_.push_back(std::move(proposal));
  }

  void note_declared_again(const Rename& rename) {
    situation_.note(fmt::format("`{}` is left where it is used: {} still has one of that name",
                                rename.from, rename.change->now->path()));
  }

  // --- Locals and parameters ---

  // False when the old name means something else there.
  bool leftovers_in_scope(const Rename& rename, Proposal& proposal) {
    const CodeView& view = *rename.change->now;
    std::vector<Scope> hidden;  // where the name is introduced anew
    std::vector<TextEdit> edits;
    std::vector<std::size_t> words = view.words(rename.from);
    if (words.empty()) words = view.words(rename.from, rename.scope.start, rename.scope.end);
    for (const std::size_t idx : words) {
      const NameRole role = role_of(view, idx);
      if (role != NameRole::kDeclaration && role != NameRole::kImport) continue;
      if (is_member_like(view, idx)) continue;
      const Scope scope = scope_of(view, idx);
      const bool is_around = scope.start <= rename.scope.start && scope.end >= rename.scope.end;
      if (is_around || scope.reach != Reach::kLocal) {
        const bool hides = view.family() == Family::kRust || scope.reach != Reach::kMember;
        if (hides && is_same_or_outer(rename, view, idx, scope)) return false;
      }
      if (scope.start >= rename.scope.start && scope.end <= rename.scope.end)
        hidden.push_back({Reach::kLocal, view.token(idx).start, scope.end});
    }
    for (const std::size_t idx : view.words(rename.from, rename.scope.start, rename.scope.end))
      if (!is_hidden(hidden, view.token(idx).start)) add_use(view, idx, rename, edits);
    for (const std::size_t at : shown_in_strings(view, rename.from))
      if (at >= rename.scope.start && at < rename.scope.end && !is_hidden(hidden, at))
        edits.push_back({at, at + rename.from.size(), std::string(rename.to)});
    add_places(view, std::move(edits), proposal);
    return true;
  }

  // A declaration in the renamed one's own block, or around it: the old name is still one.
  static bool is_same_or_outer(const Rename& rename, const CodeView& view, std::size_t idx,
                               const Scope& scope) {
    const std::size_t at = view.token(idx).start;
    const bool is_redeclared_below = view.family() == Family::kRust && at > rename.scope.start &&
                                     scope.start >= rename.scope.start;
    if (is_redeclared_below) return false;  // `let` again: hidden from there on
    return scope.start <= rename.scope.start && rename.scope.start < scope.end;
  }

  static bool is_hidden(const std::vector<Scope>& hidden, std::size_t at) {
    return std::ranges::any_of(
        hidden, [&](const Scope& scope) { return scope.start <= at && at < scope.end; });
  }
  static bool is_member_like(const CodeView& view, std::size_t idx) {
    const std::string_view before = idx > 0 ? view.spelling(idx - 1) : "";
    return before == "." || before == "->" || before == "::";
  }

  static void add_use(const CodeView& view, std::size_t idx, const Rename& rename,
                      std::vector<TextEdit>& edits) {
    const CodeToken& token = view.token(idx);
    const NameRole role = role_of(view, idx);
    if (role == NameRole::kUse || role == NameRole::kImport)
      edits.push_back({token.start, token.end, std::string(rename.to)});
    if (role == NameRole::kShorthand)
      edits.push_back({token.start, token.end, fmt::format("{}: {}", rename.from, rename.to)});
  }

  void add_places(const CodeView& view, std::vector<TextEdit> edits, Proposal& proposal) {
    auto places = places_by_line(view, situation_.shared_text(view.path()), std::move(edits));
    std::ranges::move(places, std::back_inserter(proposal.places));
  }

  // Python's callers name a parameter: f(old=1).
  void keyword_arguments(const Rename& rename, Proposal& proposal) {
    const CodeView& view = *rename.change->now;
    const std::size_t list = view.opener_of(rename.declaration);
    if (view.family() != Family::kPython || list == kNone || list < 2 ||
        view.spelling(list - 2) != "def")
      return;
    std::vector<TextEdit> edits;
    for (const std::size_t idx : view.words(rename.from)) {
      if (role_of(view, idx) != NameRole::kKey) continue;
      const std::size_t call = view.opener_of(idx);
      const CodeToken& token = view.token(idx);
      if (call != kNone && call > 0 && view.spelling(call - 1) == view.spelling(list - 1))
        edits.push_back({token.start, token.end, std::string(rename.to)});
    }
    add_places(view, std::move(edits), proposal);
  }

  // --- Members, functions, types ---

  // The old name's declarations that stand for the renamed one: its other half.
  bool is_other_half(const Rename& rename, const CodeView& view, std::size_t idx) const {
    return view.family() == Family::kC &&
           is_counterpart(*rename.change->now, rename.declaration, view, idx);
  }

  // False when the old name is still somebody's.
  bool leftovers_in_file(const Rename& rename, Proposal& proposal) {
    const CodeView& view = *rename.change->now;
    const Uses uses(rename.entity, view);
    std::vector<TextEdit> edits;
    for (const std::size_t idx : view.words(rename.from)) {
      const NameRole role = role_of(view, idx);
      const CodeToken& token = view.token(idx);
      if (role == NameRole::kDeclaration) {
        const bool is_local = scope_of(view, idx).reach == Reach::kLocal;
        if (is_local && !is_member_like(view, idx)) continue;
        const bool is_another =
            rename.entity.reach == Reach::kMember && class_around(view, idx) != rename.entity.owner;
        if (is_another) continue;
        const bool is_set_again = view.family() == Family::kPython && is_member_like(view, idx);
        if (!is_set_again && !is_other_half(rename, view, idx)) return false;
        edits.push_back({token.start, token.end, std::string(rename.to)});
      } else if (uses.contains(idx)) {
        edits.push_back({token.start, token.end, std::string(rename.to)});
      }
    }
    add_places(view, std::move(edits), proposal);
    return true;
  }

  // --- Other files ---

  // Where somebody else has the same name, uses in other files may be theirs: then only files that
  // import this very one are followed.
  void leftovers_elsewhere(const Rename& rename, Proposal& proposal) {
    std::set<std::string> other_halves, rivals;
    std::vector<FileEdit> sure, others;
    for (const std::string& path : situation_.other_files_with(rename.from, *rename.change->now)) {
      const CodeView& other = *situation_.view(path);
      const Uses uses(rename.entity, other);
      std::vector<TextEdit> edits;
      for (const std::size_t idx : other.words(rename.from)) {
        const CodeToken& token = other.token(idx);
        const bool is_declaration = role_of(other, idx) == NameRole::kDeclaration;
        const bool is_half = is_declaration && is_other_half(rename, other, idx);
        if (is_half) other_halves.insert(path);
        if (is_declaration && !is_half) {
          const Entity rival = entity_at(other, idx, rename.from);
          if (rival.reach == rename.entity.reach && rival.owner == rename.entity.owner)
            rivals.insert(path);
        }
        if (is_half || uses.contains(idx))
          edits.push_back({token.start, token.end, std::string(rename.to)});
      }
      const bool is_sure = rename.entity.reach == Reach::kFile && !rivals.contains(path) &&
                           imports_from(other, rename.from, rename.change->now->path());
      std::ranges::move(places_by_line(other, situation_.shared_text(path), std::move(edits)),
                        std::back_inserter(is_sure ? sure : others));
    }
    add_rivals(rename, other_halves, rivals);
    std::ranges::move(sure, std::back_inserter(proposal.places));
    if (rivals.empty())
      std::ranges::move(others, std::back_inserter(proposal.places));
    else
      note_left(rename, *rivals.begin(), others);
  }

  void note_left(const Rename& rename, const std::string& rival,
                 const std::vector<FileEdit>& others) {
    std::set<std::string> left;
    for (const FileEdit& place : others)
      if (place.path != rival) left.insert(place.path);
    if (left.empty()) return;
    std::string paths;
    for (const std::string& path : left) paths += (paths.empty() ? "" : ", ") + path;
    situation_.note(
        fmt::format("`{}` in {} is left: {} has one of its own", rename.from, paths, rival));
  }

  // By the index.
  void add_rivals(const Rename& rename, const std::set<std::string>& other_halves,
                  std::set<std::string>& rivals) const {
    if (situation_.index() == nullptr) return;
    const auto hits = situation_.index()->definitions(rename.from);
    if (!hits) {
      rivals.insert("(an index that cannot be read)");
      return;
    }
    for (const indexer::SearchHit& hit : *hits) {
      const bool is_rival =
          rename.entity.owner.empty() || hit.container.ends_with(rename.entity.owner);
      if (is_rival && hit.path != rename.change->edit->path && !other_halves.contains(hit.path))
        rivals.insert(hit.path);
    }
  }

  Situation& situation_;
  std::vector<Proposal>& proposals_;
};

}  // namespace

void propose_renames(Situation& situation, std::vector<Proposal>& proposals) {
  RenameEngine(situation, proposals).run();
}

}  // namespace curlew::assist
