// The lines of source that rustc shows with a complaint: what its marks say of which column, and
// the text that it proposes.
//
//   63 |     if score.is_nan) || self.count == 0 {
//      |                    - missing open `(` for this delimiter      a note with its place
//   help: there is a keyword `let` with a similar name
//   71 -     lte mut items = 1;
//   71 +     let mut items = 1;                                         a fix-it of whole lines
//   23 |     let mut cells = 1;
//      |       +                                                        the same, one line shown
//    4 + use std::fmt;                                                 a line that is put in
//
// What is proposed goes into the report's open diagnostic when its part ends.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lsp/assist/repair/readers/report.h"

namespace curlew::assist {

class RustcExcerpt {
 public:
  // Of a new complaint, at its place.
  void begin(const SourcePlace& place);
  // "help: ..." or "note: ..." at the line's start.
  void begin_part(std::string_view text, Report& report);
  void line(std::string_view text, Report& report);
  void end(Report& report);

 private:
  struct Shown {
    int number = 0;
    char sign = '|';  // '-' is taken out, '+' put in
    std::string code;
    bool is_changed = false;  // marked below by '+' or '~'
  };

  bool numbered(std::string_view text);
  void marks(std::string_view text, Report& report);
  void propose(Report& report);

  SourcePlace place_;
  bool in_help_ = false;
  std::vector<Shown> shown_;   // of a help
  int number_ = 0;             // of the last line shown
  bool is_decorated_ = false;  // it has the bars of a span over several lines: no column is certain
};

}  // namespace curlew::assist
