// GoogleTest ("FILE:LINE: Failure" and what follows), assert(), and ctest's list of what failed. No
// columns.
#include "lsp/assist/repair/readers/reader.h"

namespace curlew::assist {
namespace {

class GTestReader : public Reader {
 public:
  bool read(const Line& line, Report& report) override {
    std::string_view text = line.text;
    if (text.starts_with("[")) return status(Cursor(text), report);
    if (begins_failure(line, report)) return true;
    if (text.find(": Assertion `") != text.npos) return assertion(text, report);
    if (text.starts_with("The following tests FAILED:")) return listed_ = true;
    if (listed_ && indent_bytes(text) > 0) return listed_test(text, report);
    listed_ = false;
    return detail(text, report);
  }

 private:
  bool status(Cursor cursor, Report& report) {
    inside_ = false;
    if (cursor.take("[ RUN      ] ")) {
      report.enter_test(std::string(cursor.rest()));
      return true;
    }
    for (const std::string_view word : {"[       OK ]", "[  FAILED  ]", "[  SKIPPED ]"})
      if (cursor.take(word)) {
        report.enter_test("");
        return true;
      }
    return cursor.take("[----------]") || cursor.take("[==========]") ||
           cursor.take("[  PASSED  ]");
  }

  bool begins_failure(const Line& line, Report& report) {
    const bool unknown = line.text == "unknown file: Failure";
    if (!unknown && !(line.at && line.at->rest == ": Failure")) return false;
    report.add({.place = unknown ? SourcePlace{} : line.at->place, .source = "gtest"});
    return inside_ = true;
  }

  bool detail(std::string_view text, Report& report) {
    Diagnostic* open = report.open();
    inside_ = inside_ && open != nullptr && !text.empty();
    if (!inside_) return false;
    if (open->message.empty())
      open->message = clean_text(text);
    else
      report.note(text);
    return true;
  }

  // "prog: FILE:LINE: function: Assertion `x' failed."
  static bool assertion(std::string_view text, Report& report) {
    const std::size_t said = text.find("Assertion `");
    Cursor cursor(text);
    for (std::optional<Placed> at = colon_place(text); cursor.take_until(": ");
         at = colon_place(cursor.rest())) {
      if (!at || !names_file(at->place.path)) continue;
      report.add(
          {.place = at->place, .message = std::string(text.substr(said)), .source = "assert"});
      return true;
    }
    return false;
  }

  // "	  3 - Half.Throws (Failed)"; of what has been read already only this remains.
  static bool listed_test(std::string_view text, Report& report) {
    Cursor cursor(trimmed(text));
    if (!cursor.take_number() || !cursor.take(" - ")) return false;
    const std::size_t how = cursor.rest().rfind(" (");
    const std::string name(cursor.rest().substr(0, how));
    if (how != std::string_view::npos && !report.has_test(name))
      report.add({.message = std::string(trimmed(cursor.rest().substr(how))),
                  .source = "ctest",
                  .test = name});
    return true;
  }

  bool inside_ = false;  // a failure whose details follow
  bool listed_ = false;
};

}  // namespace

std::unique_ptr<Reader> read_gtest() {
  return make_reader<GTestReader>();
}

}  // namespace curlew::assist
