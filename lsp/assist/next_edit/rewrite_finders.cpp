// The shapes of what stands around a rewrite, each with its finder.
#include "lsp/assist/next_edit/names.h"
#include "lsp/assist/next_edit/rewrite_example.h"
#include "lsp/assist/next_edit/signatures.h"

namespace curlew::assist {
namespace {

constexpr std::size_t kTwinTokensMin = 10;  // of a line of which one example is enough

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
    for (std::size_t at = 0; at < old.size(); ++at) {
      finder->words_.emplace_back(old.spelling(at));
      if (role_of(old, at) == NameRole::kDeclaration && old.spelling(at + 1) == "(") return nullptr;
    }
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

}  // namespace

std::unique_ptr<Finder> finder_of(const Example& example, const Example& second) {
  std::unique_ptr<Finder> finder = CallFinder::make(example, second);
  if (finder == nullptr) finder = RunFinder::make(example, second);
  if (finder == nullptr) finder = StatementFinder::make(example, second);
  return finder;
}

std::unique_ptr<Finder> twin_finder_of(const Example& example) {
  return TwinFinder::make(example);
}

}  // namespace curlew::assist
