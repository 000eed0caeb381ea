// The same change elsewhere: what two edits have in common, made where nothing else differs
// (rewrite_example.h).
#include "lsp/assist/next_edit/names.h"
#include "lsp/assist/next_edit/rewrite_example.h"
#include "lsp/assist/next_edit/signatures.h"

namespace curlew::assist {
namespace {

constexpr std::size_t kSecondExampleAgeMax = 4;  // edits between the two examples
constexpr std::size_t kHunksMax = 6;
constexpr std::size_t kTwinsMax = 4;

class SameChangeEngine {
 public:
  SameChangeEngine(Situation& situation, std::vector<Proposal>& proposals)
      : situation_(situation), proposals_(proposals) {}

  void run() {
    if (situation_.changes().empty()) return;
    const Change& newest = situation_.changes().front();
    if (newest.age != 0 || !is_example(newest)) return;
    const Example example(newest);
    if (is_of_a_rename(example)) return;
    for (const Change& change : situation_.changes()) {
      if (change.age == 0 || change.age > kSecondExampleAgeMax || !is_example(change)) continue;
      if (change.now->family() != newest.now->family()) continue;
      const Example second(change);
      if (!example.is_same_rewrite(second)) continue;
      if (const auto finder = finder_of(example, second))
        return propose(example, newest, &change, *finder, 0.8);
    }
    if (const auto twins = twin_finder_of(example)) propose(example, newest, nullptr, *twins, 0.6);
  }

 private:
  // A use follows its declaration: propose_renames() knows better where.
  bool is_of_a_rename(const Example& example) const {
    return std::ranges::any_of(situation_.changes(), [&](const Change& change) {
      return std::ranges::any_of(change.hunks, [&](const Hunk& hunk) {
        const Hunk& mine = example.first();
        const bool is_one = hunk.end == hunk.begin + 1 && change.now->is_word(hunk.begin) &&
                            role_of(*change.now, hunk.begin) == NameRole::kDeclaration;
        return is_one &&
               same_tokens(*change.old, hunk.old_begin, hunk.old_end, example.old(), mine.old_begin,
                           mine.old_end) &&
               same_tokens(*change.now, hunk.begin, hunk.end, example.now(), mine.begin, mine.end);
      });
    });
  }

  static bool is_example(const Change& change) {
    return !change.hunks.empty() && change.hunks.size() <= kHunksMax;
  }

  void propose(const Example& example, const Change& newest, const Change* second,
               const Finder& finder, double confidence) {
    Proposal proposal{.kind = NextEditKind::kSameChange, .confidence = confidence};
    proposal.why = second != nullptr ? "the same change as in the last edits"
                                     : "a line like the one that was changed";
    std::vector<const CodeView*> views{newest.now};
    if (second != nullptr && second->now != newest.now) views.push_back(second->now);
    for (const CodeView* view : views)
      if (!add_places(example, newest, second, finder, *view, proposal)) return;
    if (second == nullptr && proposal.places.size() > kTwinsMax) return;
    if (!proposal.places.empty()) proposals_.push_back(std::move(proposal));
  }

  // False when a place between the two examples was passed over: its user knows why.
  bool add_places(const Example& example, const Change& newest, const Change* second,
                  const Finder& finder, const CodeView& view, Proposal& proposal) {
    const bool both_here = second != nullptr && second->now == &view && newest.now == &view;
    const std::size_t from = both_here ? std::min(newest.edit->start, second->edit->start) : 0;
    const std::size_t to = both_here ? std::max(newest.edit->start, second->edit->start) : 0;
    for (std::size_t idx = 0; idx < view.size(); ++idx) {
      const auto replacements = finder.at(view, idx);
      if (!replacements) continue;
      const std::size_t at = view.token(idx).start;
      if (touches_example(view, at, replacements->back())) continue;
      if (from < at && at < to) return false;
      if (!has_what_it_needs(example, newest, view, idx)) continue;
      auto edits = edits_for(example, view, *replacements);
      if (!edits) continue;
      proposal.places.push_back(
          {view.path(), situation_.shared_text(view.path()), std::move(*edits)});
    }
    return true;
  }

  bool touches_example(const CodeView& view, std::size_t start, const Replacement& last) const {
    const std::size_t end = last.end > 0 ? view.token(std::min(last.end, view.size()) - 1).end : 0;
    return situation_.is_edited_since(view.path(), start, std::max(start, end),
                                      kSecondExampleAgeMax);
  }

  // Variables that the change brings in exist there, too; `await` and `?` stay in their function.
  static bool has_what_it_needs(const Example& example, const Change& newest, const CodeView& view,
                                std::size_t idx) {
    const CodeView& now = example.now();
    const std::size_t here = std::min(newest.hunks.front().begin, now.size() - 1);
    for (const Hunk& hunk : example.hunks())
      for (std::size_t at = hunk.begin; at < hunk.end; ++at) {
        const std::string_view word = now.spelling(at);
        const bool binds_function = is_mark(word, {"await", "?", "return", "yield"});
        if (binds_function &&
            (&view != &now || function_around(view, idx) != function_around(now, here)))
          return false;
        if (!now.is_word(at) || is_keyword(word) || role_of(now, at) == NameRole::kMember) continue;
        if (role_of(now, at) == NameRole::kKey) continue;
        if (is_local_at(now, here, word) && !is_local_at(view, idx, word)) return false;
      }
    return true;
  }

  Situation& situation_;
  std::vector<Proposal>& proposals_;
};

}  // namespace

void propose_same_change(Situation& situation, std::vector<Proposal>& proposals) {
  SameChangeEngine(situation, proposals).run();
}

}  // namespace curlew::assist
