// Many changes of a text in one ("mutant schemata", R. Untch et al., 1993): one build serves for all of them, and the
// environment of a run says which is alive (variant_helper.h, variant_helper_js.h). In C and C++:
//
//   if (i <= n) f(i);   ->   if ((curlew_at(7, 8) ? (curlew_mode == 7 ?
//                            #line 20007
//                             !!(i < n) :
//                            #line 20008
//                             !!(i >= n)) :
//                            #line 57
//                             !!(i <= n))) f(i);
//
// Each variant stands on a line of its own, whose number a compiler names when it does not like it; the lines of
// the text itself keep their numbers. In JavaScript and TypeScript:
//
//   if (i <= n) f(i)     ->   if ((curlew_at(7, 8) ? curlew_pick(7) ? curlew_is("curlew<7", (
//                             i < n
//                             ), "curlew>7") : curlew_is("curlew<8", (
//                             i >= n
//                             ), "curlew>8") : (i <= n))) f(i)
//
// There a variant keeps its own line ends, since a statement may end with one, and the made text says which of its
// lines are whose. Pure; not thread-safe.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lsp/assist/repair/rehearse/variant_helper.h"
#include "lsp/assist/repair/rehearse/variant_places.h"

namespace curlew::assist {

// The variants of one place, as a made text has them: consecutive numbers. Lines count from 1, as a compiler counts
// them: in C and C++ those of the text itself, else those of the made one.
struct MadePlace {
  int first = 0, last = 0;
  int line_first = 0, line_last = 0;
};
struct MadeVariant {
  int number = 0;
  int line_first = 0, line_last = 0;
};

struct MadeText {
  std::string text;
  std::vector<MadePlace> places;      // outer ones before those in them
  std::vector<MadeVariant> variants;  // of C and C++ none: their lines say their numbers
};

class Variants {
 public:
  Variants(const indexer::Language* language, std::string text);

  enum class Added : std::uint8_t {
    kYes,
    kNo,  // it cannot be told apart by a choice as the program runs, or the text would grow too long
    kBroken,  // it does not compile
  };
  // `change` is whatever number the caller has for it.
  Added add(std::size_t change, std::string_view changed_text);
  // With all that were added but these. The next variant's number is changes.size() + 1: each one's change is
  // put behind the others.
  MadeText make(const std::set<std::size_t>& without, std::vector<std::size_t>& changes) const;

  const std::string& text() const { return text_; }
  const indexer::Language* language() const { return language_; }
  bool declares(std::string_view name) const { return finder_.declares(name); }  // of C
  bool is_empty() const { return places_.empty(); }

 private:
  struct Variant {
    std::size_t change = 0;
    std::size_t start = 0, end = 0;  // what it changes
    std::string now;                 // what is there with it
  };
  struct Place {
    VariantPlace where;
    std::vector<Variant> variants;
  };

  void insert(VariantPlace where, Variant variant);
  bool uses_what_it_cannot(const TextDifference& difference) const;
  std::optional<std::string> code_of(const Variant& variant, const VariantPlace& where) const;

  const indexer::Language* language_;
  std::string text_;
  VariantPlaces finder_;
  std::vector<Place> places_;  // by start, outer ones first; none overlaps another in part
  std::size_t bytes_ = 0;      // of all variants
};

// On one line, comments left out; nothing where that would be another text.
std::optional<std::string> on_one_line(std::string_view code, const indexer::Language* language);

}  // namespace curlew::assist
