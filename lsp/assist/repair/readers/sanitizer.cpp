// The run-time checks of gcc and clang that print a stack: AddressSanitizer, LeakSanitizer,
// ThreadSanitizer, MemorySanitizer. (UBSan's one line is gcc's form.)
#include "lsp/assist/repair/readers/reader.h"
#include "lsp/assist/repair/readers/traceback.h"

namespace curlew::assist {
namespace {

class SanitizerReader : public Reader {
 public:
  bool read(const Line& line, Report& report) override {
    if (begins(line.text)) return true;
    if (what_.empty()) return false;
    Cursor cursor(line.text);
    if (cursor.skip_spaces() > 0 && cursor.take("#")) return frame(cursor);
    if (line.text.starts_with("SUMMARY: ")) return true;
    if (!frames_.empty()) finish(report);
    return false;
  }

  void end(Report& report) override { finish(report); }

 private:
  // "==13548==ERROR: AddressSanitizer: heap-buffer-overflow on address ..."
  bool begins(std::string_view text) {
    Cursor cursor(text);
    if (cursor.take("==")) cursor.take_until("==");
    if (!cursor.take("ERROR: ") && !cursor.take("WARNING: ")) return false;
    const auto tool = cursor.take_until(": ");
    if (!tool || !tool->ends_with("Sanitizer")) return false;
    tool_ = *tool;
    what_ = cursor.rest().substr(0, cursor.rest().find(" 0x"));
    if (what_.ends_with(" on address")) what_.resize(what_.size() - 11);
    frames_ = {};
    return true;
  }

  // "#0 0x55ae in sum(int*, int) src/san.cpp:3": the path begins after the last space.
  bool frame(Cursor cursor) {
    const bool in = cursor.take_until(" in ").has_value();
    const std::size_t space = cursor.rest().rfind(' ');
    if (!in || space == std::string_view::npos) return true;
    const auto at = colon_place(cursor.rest().substr(space + 1));
    if (at) frames_.add(at->place, std::string(cursor.rest().substr(0, space)));
    return true;
  }

  void finish(Report& report) {
    if (!frames_.empty()) {
      const SourcePlace place = frames_.place(report, Frames::Innermost::kFirst);
      report.add({.place = place, .code = tool_, .message = what_, .source = "sanitizer"});
      frames_.note(report, place);
    }
    frames_ = {};
    what_.clear();
  }

  std::string tool_, what_;
  Frames frames_;
};

}  // namespace

std::unique_ptr<Reader> read_sanitizer() {
  return make_reader<SanitizerReader>();
}

}  // namespace curlew::assist
