// The same change elsewhere: what two edits have in common, made where nothing else differs.
//
// Both edits must replace the same tokens by the same tokens; only what stands around may differ.
// Three shapes of "around" are known: the arguments of a call (`f(a)` -> `f(a, ctx)`), a run of
// tokens with the same neighbours (`.unwrap()` -> `?`, `print(` -> `log.info(`), and a statement
// with the same beginning (`await` before `db.insert(`). One edit alone is an example only for
// lines that are its line's twins.
#include <algorithm>
#include <set>

#include "lsp/assist/next_edit/names.h"
#include "lsp/assist/next_edit/signatures.h"
#include "lsp/assist/next_edit/situation.h"

namespace curlew::assist {
namespace {

constexpr std::size_t kSecondExampleAgeMax = 4;  // edits between the two examples
constexpr std::size_t kHunksMax = 6;
constexpr std::size_t kTwinTokensMin = 10;  // of a line of which one example is enough
constexpr std::size_t kTwinsMax = 4;

// Tokens [begin, end) that are to be replaced, by text that stands where they do.
struct Replacement {
  std::size_t begin = 0, end = 0;
};

bool is_mark(std::string_view word, std::initializer_list<std::string_view> marks) {
  return std::ranges::find(marks, word) != marks.end();
}

class Example {
 public:
  explicit Example(const Change& change) : change_(&change) {}

  const CodeView& old() const { return *change_->old; }
  const CodeView& now() const { return *change_->now; }
  const std::vector<Hunk>& hunks() const { return change_->hunks; }
  const Hunk& first() const { return hunks().front(); }
  const Hunk& last() const { return hunks().back(); }

  bool is_same_rewrite(const Example& other) const {
    if (hunks().size() != other.hunks().size()) return false;
    for (std::size_t i = 0; i < hunks().size(); ++i) {
      const Hunk &a = hunks()[i], &b = other.hunks()[i];
      if (!same_tokens(old(), a.old_begin, a.old_end, other.old(), b.old_begin, b.old_end) ||
          !same_tokens(now(), a.begin, a.end, other.now(), b.begin, b.end))
        return false;
    }
    return true;
  }

  // Of a hunk, all between the tokens around it: the text that comes there.
  std::string text_between(const Hunk& hunk) const {
    const std::size_t start = hunk.begin > 0 ? now().token(hunk.begin - 1).end : 0;
    const std::size_t end =
        hunk.end < now().size() ? now().token(hunk.end).start : now().text().size();
    return std::string(now().text().substr(start, end - start));
  }

  // The innermost call that holds all hunks, as it was: its opening parenthesis in old().
  std::size_t call() const {
    std::size_t around = opener_at(first().old_begin, first().old_end);
    while (around != kNone) {
      const std::size_t close = old().partner(around);
      if (close != kNone && last().old_end <= close && old().spelling(around) == "(" &&
          around > 0 && old().is_word(around - 1) && !is_keyword(old().spelling(around - 1)))
        return around;
      if (old().spelling(around) == "{") return kNone;
      around = old().opener_of(around);
    }
    return kNone;
  }

 private:
  std::size_t opener_at(std::size_t begin, std::size_t end) const {
    if (begin >= old().size()) return kNone;
    const bool at_closer = begin == end && old().partner(begin) < begin;
    return at_closer ? old().partner(begin) : old().opener_of(begin);
  }

  const Change* change_;
};

// Replaces tokens of the view as the example's hunks say.
std::optional<std::vector<TextEdit>> edits_for(const Example& example, const CodeView& view,
                                               const std::vector<Replacement>& replacements) {
  std::vector<TextEdit> edits;
  for (std::size_t i = 0; i < replacements.size(); ++i) {
    const Replacement& r = replacements[i];
    const std::size_t start = r.begin > 0 ? view.token(r.begin - 1).end : 0;
    const std::size_t end = r.end < view.size() ? view.token(r.end).start : view.text().size();
    const std::string_view gap = view.text().substr(start, end - start);
    std::string text = example.text_between(example.hunks()[i]);
    // Blanks at both ends stay as they are here; the example's may be of another line.
    const auto blanks_before = [](std::string_view s) {
      return std::min(s.find_first_not_of(" \t\r\n"), s.size());
    };
    const auto blanks_behind = [](std::string_view s) {
      const std::size_t at = s.find_last_not_of(" \t\r\n");
      return at == s.npos ? s.size() : s.size() - at - 1;
    };
    const bool breaks_line = gap.substr(0, blanks_before(gap)).find('\n') != gap.npos;
    TextEdit edit{start, end, std::move(text)};
    if (breaks_line || r.begin == 0 || example.hunks()[i].begin == 0) {
      const std::size_t kept = blanks_before(gap);
      edit.start += std::min(kept, gap.size());
      edit.text.erase(0, blanks_before(edit.text));
    }
    const std::string_view rest = view.text().substr(edit.start, edit.end - edit.start);
    const std::size_t behind = blanks_behind(rest);
    if (rest.substr(rest.size() - behind).find('\n') != rest.npos && behind < rest.size() + 1) {
      edit.end -= behind;
      edit.text.resize(edit.text.size() - std::min(blanks_behind(edit.text), edit.text.size()));
    }
    if (edit.text.find('\n') != edit.text.npos) return std::nullopt;
    edits.push_back(std::move(edit));
  }
  if (!check_edits(view.text(), edits)) return std::nullopt;
  return edits;
}

// What finds the places that a rewrite fits, one a shape.
class Finder {
 public:
  virtual ~Finder() = default;
  // The replacements for the place that begins with this token, one a hunk; none if it is none.
  virtual std::optional<std::vector<Replacement>> at(const CodeView& view,
                                                     std::size_t idx) const = 0;
};

// --- Arguments of a call -------------------------------------------------------------------------

class CallFinder final : public Finder {
 public:
  static std::unique_ptr<Finder> make(const Example& a, const Example& b) {
    const std::size_t a_open = a.call(), b_open = b.call();
    if (a_open == kNone || b_open == kNone) return nullptr;
    if (a.old().spelling(a_open - 1) != b.old().spelling(b_open - 1)) return nullptr;
    auto finder = std::make_unique<CallFinder>();
    finder->name_ = a.old().spelling(a_open - 1);
    if (!finder->read(a, a_open, b, b_open)) return nullptr;
    return finder;
  }

  std::optional<std::vector<Replacement>> at(const CodeView& view, std::size_t idx) const override {
    if (view.spelling(idx) != name_ || view.spelling(idx + 1) != "(" ||
        view.partner(idx + 1) == kNone || role_of(view, idx) == NameRole::kDeclaration)
      return std::nullopt;
    const std::vector<ListItem> items = items_of(view, idx + 1);
    if (items.size() != fixed_.size()) return std::nullopt;
    for (std::size_t i = 0; i < items.size(); ++i)
      if (!fixed_[i].empty() && spellings(view, items[i]) != fixed_[i]) return std::nullopt;
    std::vector<Replacement> out;
    for (const Spot& spot : spots_) {
      std::optional<Replacement> found = place_of(spot, view, idx + 1, items);
      if (!found) return std::nullopt;
      out.push_back(*found);
    }
    return out;
  }

 private:
  // Where in the list a hunk is: `item` from its start or its end, or in it the tokens `replaced`.
  struct Spot {
    enum { kEmptyList, kStart, kEnd, kInside } where = kEnd;
    std::size_t item = 0;
    std::vector<std::string> replaced;
    bool operator==(const Spot&) const = default;
  };

  static std::vector<std::string> spellings(const CodeView& view, ListItem item) {
    std::vector<std::string> out;
    for (std::size_t at = item.begin; at < item.end; ++at) out.emplace_back(view.spelling(at));
    return out;
  }

  bool read(const Example& a, std::size_t a_open, const Example& b, std::size_t b_open) {
    const std::vector<ListItem> a_items = items_of(a.old(), a_open);
    const std::vector<ListItem> b_items = items_of(b.old(), b_open);
    if (a_items.size() != b_items.size()) return false;
    for (std::size_t i = 0; i < a_items.size(); ++i) {
      std::vector<std::string> spelt = spellings(a.old(), a_items[i]);
      const bool is_named = a.old().is_word(a_items[i].begin);
      if (!is_named || spelt != spellings(b.old(), b_items[i])) spelt.clear();
      fixed_.push_back(std::move(spelt));  // empty: any argument
    }
    for (std::size_t i = 0; i < a.hunks().size(); ++i) {
      const auto spot = spot_of(a, a.hunks()[i], a_items);
      if (!spot || spot != spot_of(b, b.hunks()[i], b_items)) return false;
      spots_.push_back(*spot);
    }
    return true;
  }

  static std::optional<Spot> spot_of(const Example& example, const Hunk& hunk,
                                     const std::vector<ListItem>& items) {
    if (items.empty()) return Spot{Spot::kEmptyList, 0, {}};
    const bool is_insertion = hunk.old_begin == hunk.old_end;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (is_insertion && hunk.old_begin == items[i].end) return Spot{Spot::kEnd, i, {}};
      if (is_insertion && hunk.old_begin == items[i].begin) return Spot{Spot::kStart, i, {}};
      if (!is_insertion && items[i].begin <= hunk.old_begin && hunk.old_end <= items[i].end)
        return Spot{Spot::kInside, i, spellings(example.old(), {hunk.old_begin, hunk.old_end})};
    }
    return std::nullopt;
  }

  static std::optional<Replacement> place_of(const Spot& spot, const CodeView& view,
                                             std::size_t opener,
                                             const std::vector<ListItem>& items) {
    if (spot.where == Spot::kEmptyList) return Replacement{opener + 1, opener + 1};
    const ListItem item = items[spot.item];
    if (spot.where == Spot::kStart) return Replacement{item.begin, item.begin};
    if (spot.where == Spot::kEnd) return Replacement{item.end, item.end};
    std::optional<Replacement> found;
    for (std::size_t at = item.begin; at + spot.replaced.size() <= item.end; ++at) {
      if (spellings(view, {at, at + spot.replaced.size()}) != spot.replaced) continue;
      if (found) return std::nullopt;  // which one?
      found = Replacement{at, at + spot.replaced.size()};
    }
    return found;
  }

  std::string name_;
  std::vector<std::vector<std::string>> fixed_;  // by argument
  std::vector<Spot> spots_;                      // by hunk
};

// --- A run of tokens -----------------------------------------------------------------------------

// The tokens of a name with what is called or indexed on it: `a`, `a.b(c)[d]`. `idx` if there is none.
std::size_t end_of_primary(const CodeView& view, std::size_t idx) {
  if (idx >= view.size() || (view.token(idx).kind == TokenKind::kOperator)) return idx;
  std::size_t at = idx + 1;
  for (;;) {
    const std::string_view word = view.spelling(at);
    if (is_mark(word, {".", "->", "::"}) && view.is_word(at + 1))
      at += 2;
    else if ((word == "(" || word == "[") && view.partner(at) != kNone)
      at = view.partner(at) + 1;
    else
      return at;
  }
}

class RunFinder final : public Finder {
 public:
  static std::unique_ptr<Finder> make(const Example& a, const Example& b) {
    auto finder = std::make_unique<RunFinder>();
    return finder->read(a, b) ? std::move(finder) : nullptr;
  }
  std::size_t literal_count() const { return literals_; }

  std::optional<std::vector<Replacement>> at(const CodeView& view, std::size_t idx) const override {
    std::vector<Replacement> out;
    for (const Part& part : parts_) {
      const std::size_t begin = idx;
      if (part.is_hole) {
        idx = end_of_primary(view, idx);
        if (idx == begin) return std::nullopt;
      }
      for (const std::string& word : part.words)
        if (view.spelling(idx++) != word) return std::nullopt;
      if (part.is_hunk) out.push_back({begin, idx});
    }
    return out;
  }

 private:
  struct Part {
    bool is_hunk = false, is_hole = false;
    std::vector<std::string> words;
  };

  void add_words(const CodeView& view, std::size_t begin, std::size_t end, bool is_hunk) {
    Part part{.is_hunk = is_hunk};
    for (std::size_t at = begin; at < end; ++at) part.words.emplace_back(view.spelling(at));
    literals_ += part.words.size();
    parts_.push_back(std::move(part));
  }

  bool read(const Example& a, const Example& b) {
    if (a.first().old_begin == a.first().old_end) return false;  // nothing to be found by
    const auto left = [](const Example& e) {
      return e.first().old_begin > 0 ? e.old().spelling(e.first().old_begin - 1) : "";
    };
    if (is_mark(left(a), {".", "->", "::"}) != is_mark(left(b), {".", "->", "::"})) return false;
    if (is_mark(left(a), {".", "->", "::"}))
      add_words(a.old(), a.first().old_begin - 1, a.first().old_begin, false);
    for (std::size_t i = 0; i < a.hunks().size(); ++i) {
      const Hunk &ha = a.hunks()[i], &hb = b.hunks()[i];
      if (i > 0 && !add_between(a, a.hunks()[i - 1].old_end, ha.old_begin, b,
                                b.hunks()[i - 1].old_end, hb.old_begin))
        return false;
      add_words(a.old(), ha.old_begin, ha.old_end, true);
    }
    const bool is_called =
        a.old().spelling(a.last().old_end) == "(" && b.old().spelling(b.last().old_end) == "(";
    if (is_called) add_words(a.old(), a.last().old_end, a.last().old_end + 1, false);
    return literals_ >= 2;
  }

  bool add_between(const Example& a, std::size_t a_begin, std::size_t a_end, const Example& b,
                   std::size_t b_begin, std::size_t b_end) {
    if (same_tokens(a.old(), a_begin, a_end, b.old(), b_begin, b_end)) {
      add_words(a.old(), a_begin, a_end, false);
      return true;
    }
    if (end_of_primary(a.old(), a_begin) != a_end || end_of_primary(b.old(), b_begin) != b_end)
      return false;
    parts_.push_back({.is_hole = true});
    return true;
  }

  std::vector<Part> parts_;
  std::size_t literals_ = 0;
};

// --- A statement with the same beginning ----------------------------------------------------------

class StatementFinder final : public Finder {
 public:
  static std::unique_ptr<Finder> make(const Example& a, const Example& b) {
    auto finder = std::make_unique<StatementFinder>();
    return finder->read(a, b) ? std::move(finder) : nullptr;
  }

  std::optional<std::vector<Replacement>> at(const CodeView& view, std::size_t idx) const override {
    if (!view.starts_line(idx)) return std::nullopt;
    for (std::size_t i = 0; i < head_.size(); ++i)
      if (view.spelling(idx + i) != head_[i]) return std::nullopt;
    if (at_start_) return std::vector<Replacement>{{idx, idx}};
    const std::size_t end = end_of_line(view, idx);
    return end == kNone ? std::nullopt : std::optional(std::vector<Replacement>{{end, end}});
  }

 private:
  // The token that ends the line's statement: behind it, or before its `;`.
  static std::size_t end_of_line(const CodeView& view, std::size_t idx) {
    const int line = view.line_of(idx);
    std::size_t end = idx;
    while (end < view.size() && view.line_of(end) == line) ++end;
    return view.spelling(end - 1) == ";" ? end - 1 : end;
  }

  // From the line's first token to its first `(`.
  static std::vector<std::string> head_of(const CodeView& view, std::size_t idx) {
    std::vector<std::string> head;
    const int line = view.line_of(idx);
    while (idx < view.size() && view.line_of(idx) == line) {
      head.emplace_back(view.spelling(idx));
      if (view.spelling(idx++) == "(") return head;
    }
    return {};
  }

  bool read(const Example& a, const Example& b) {
    if (a.hunks().size() != 1 || a.first().old_begin != a.first().old_end) return false;
    const auto first_of_line = [](const Example& e) {
      std::size_t at = std::min(e.first().old_begin, e.old().size() - 1);
      if (e.old().size() == 0) return kNone;
      while (at > 0 && !e.old().starts_line(at)) --at;
      return at;
    };
    const std::size_t a_line = first_of_line(a), b_line = first_of_line(b);
    if (a_line == kNone || b_line == kNone) return false;
    head_ = head_of(a.old(), a_line);
    if (head_.size() < 2 || head_ != head_of(b.old(), b_line)) return false;
    at_start_ = a.first().old_begin == a_line && b.first().old_begin == b_line;
    const bool at_end = a.first().old_begin == end_of_line(a.old(), a_line) &&
                        b.first().old_begin == end_of_line(b.old(), b_line);
    return at_start_ || at_end;
  }

  std::vector<std::string> head_;
  bool at_start_ = false;
};

// --- One example: its line's twins ---------------------------------------------------------------

class TwinFinder final : public Finder {
 public:
  static std::unique_ptr<Finder> make(const Example& a) {
    auto finder = std::make_unique<TwinFinder>();
    const CodeView& old = a.old();
    if (old.lines().count() != 1 || old.size() < kTwinTokensMin) return nullptr;
    for (const Hunk& hunk : a.hunks()) {
      for (std::size_t at = hunk.begin; at < hunk.end; ++at)
        if (a.now().token(at).kind == TokenKind::kString ||
            a.now().token(at).kind == TokenKind::kNumber)
          return nullptr;
      finder->replaced_.push_back({hunk.old_begin, hunk.old_end});
      finder->is_structural_ |= hunk.old_end - hunk.old_begin != hunk.end - hunk.begin;
    }
    for (std::size_t at = 0; at < old.size(); ++at) finder->words_.emplace_back(old.spelling(at));
    return finder->is_structural_ ? std::move(finder) : nullptr;
  }

  std::optional<std::vector<Replacement>> at(const CodeView& view, std::size_t idx) const override {
    if (!view.starts_line(idx)) return std::nullopt;
    for (std::size_t i = 0; i < words_.size(); ++i)
      if (view.spelling(idx + i) != words_[i]) return std::nullopt;
    std::vector<Replacement> out = replaced_;
    for (Replacement& r : out) r.begin += idx, r.end += idx;
    return out;
  }

 private:
  std::vector<std::string> words_;
  std::vector<Replacement> replaced_;
  bool is_structural_ = false;
};

// --- The engine ------------------------------------------------------------------------------------

class SameChangeEngine {
 public:
  SameChangeEngine(Situation& situation, std::vector<Proposal>& proposals)
      : situation_(situation), proposals_(proposals) {}

  void run() {
    if (situation_.changes().empty()) return;
    const Change& newest = situation_.changes().front();
    if (newest.age != 0 || !is_example(newest)) return;
    const Example example(newest);
    for (const Change& change : situation_.changes()) {
      if (change.age == 0 || change.age > kSecondExampleAgeMax || !is_example(change)) continue;
      if (change.now->family() != newest.now->family()) continue;
      const Example second(change);
      if (!example.is_same_rewrite(second)) continue;
      // The first shape that fits both, narrowest first.
      std::unique_ptr<Finder> finder = CallFinder::make(example, second);
      if (finder == nullptr) finder = RunFinder::make(example, second);
      if (finder == nullptr) finder = StatementFinder::make(example, second);
      if (finder != nullptr) return propose(example, newest, &change, *finder, 0.8);
    }
    if (const auto twins = TwinFinder::make(example))
      propose(example, newest, nullptr, *twins, 0.6);
  }

 private:
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
