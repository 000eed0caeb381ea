// The Test Anything Protocol as `node --test` prints it: "not ok 1 - name", then a block of YAML
// with the error, the test's place and a stack. https://testanything.org/tap-version-14-specification.html
#include "lsp/assist/repair/readers/reader.h"
#include "lsp/assist/repair/readers/traceback.h"

namespace curlew::assist {
namespace {

std::string_view unquoted(std::string_view text) {
  const bool quoted = text.size() >= 2 && text.front() == '\'' && text.back() == '\'';
  return quoted ? text.substr(1, text.size() - 2) : text;
}

class TapReader : public Reader {
 public:
  bool read(const Line& line, Report& report) override {
    Cursor cursor(trimmed(line.text));
    if (cursor.take("not ok ")) {
      finish(report);
      cursor.take_until("- ");
      test_ = cursor.rest();
      return true;
    }
    if (test_.empty()) return false;
    if (cursor.rest() == "---") return in_block_ = true;
    if (!in_block_ || cursor.rest() == "...") {
      finish(report);
      return false;
    }
    field(cursor);
    return true;
  }

  void end(Report& report) override { finish(report); }

 private:
  void field(Cursor cursor) {
    const std::string_view all = cursor.rest();
    if (cursor.take("location: ")) {
      if (const auto at = colon_place(unquoted(cursor.rest()))) location_ = at->place;
    } else if (cursor.take("error: ")) {
      const std::string_view text = unquoted(cursor.rest());
      block_text_ = text.starts_with("|");
      if (!block_text_) error_ = text;
    } else if (block_text_ && !all.empty() && !all.ends_with(':')) {  // the first line that says it
      error_ = all;
      block_text_ = false;
    } else if (all.starts_with("expected: ") || all.starts_with("actual: ")) {
      if (details_.size() < kNotesMax) details_.emplace_back(all);
    } else if (const std::size_t open = all.rfind(" ("); open != all.npos && all.ends_with(')')) {
      if (const auto at = colon_place(all.substr(open + 2)))
        frames_.add(at->place, std::string(all.substr(0, open)));
    }
  }

  // The name of a file or a suite whose parts failed has been said by these.
  void finish(Report& report) {
    const SourcePlace frame = frames_.place(report, Frames::Innermost::kFirst);
    const SourcePlace place = report.is_own(frame.path) ? frame : location_;
    const bool parts = error_.find("subtest") != error_.npos || error_ == "test failed";
    if (!test_.empty() && !error_.empty() && !parts) {
      report.add({.place = place,
                  .message = error_,
                  .source = "node",
                  .test = test_,
                  .columns = ColumnUnit::kUtf16});
      for (const std::string& detail : details_) report.note(detail);
      // All of them, the innermost too: of what was compiled to JavaScript only the name is known.
      frames_.note(report, {});
      report.note("the test", location_);
    }
    *this = {};
  }

  std::string test_, error_;
  bool in_block_ = false, block_text_ = false;
  SourcePlace location_;
  std::vector<std::string> details_;
  Frames frames_;
};

}  // namespace

std::unique_ptr<Reader> read_tap() {
  return make_reader<TapReader>();
}

}  // namespace curlew::assist
