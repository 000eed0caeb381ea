// An edit of the past as an example: which tokens it replaced by which, and where in the code a place is
// that the same rewrite fits. Private to lsp/assist/next_edit.
//
// Both examples of a rewrite must replace the same tokens by the same tokens; only what stands around
// may differ. Three shapes of "around" are known: the arguments of a call (`f(a)` -> `f(a, ctx)`), a
// run of tokens with the same neighbours (`.unwrap()` -> `?`, `print(` -> `log.info(`), and a
// statement with the same beginning (`await` before `db.insert(`). One edit alone is an example only
// for lines that are its line's twins.
#pragma once

#include <algorithm>
#include <initializer_list>

#include "lsp/assist/next_edit/situation.h"

namespace curlew::assist {

inline bool is_mark(std::string_view word, std::initializer_list<std::string_view> marks) {
  return std::ranges::find(marks, word) != marks.end();
}

// Tokens [begin, end) that are to be replaced, by text that stands where they do.
struct Replacement {
  std::size_t begin = 0, end = 0;
};

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

// The example's replacements made at these tokens of a text, one a hunk; nothing where that would put
// in lines. All that stands between the tokens around the replaced ones becomes what stands there in
// the example, but for line breaks and indentation, which are this place's.
std::optional<std::vector<TextEdit>> edits_for(const Example& example, const CodeView& view,
                                               const std::vector<Replacement>& replacements);

// What finds the places that a rewrite fits, one a shape.
class Finder {
 public:
  virtual ~Finder() = default;
  // The replacements for the place that begins with this token, one a hunk; none if it is none.
  virtual std::optional<std::vector<Replacement>> at(const CodeView& view,
                                                     std::size_t idx) const = 0;
};

// The first shape that fits both examples, narrowest first; null where none does.
std::unique_ptr<Finder> finder_of(const Example& example, const Example& second);
// Of lines like the example's own; null where one example is not enough.
std::unique_ptr<Finder> twin_finder_of(const Example& example);

}  // namespace curlew::assist
