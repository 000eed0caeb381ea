// Python's own words: tracebacks, syntax errors, and unittest, which prints tracebacks under the
// name of the test. A caret stands under a line that was stripped of its indentation: what column
// it means cannot be told without the text, so none is given.
#include "lsp/assist/repair/readers/reader.h"
#include "lsp/assist/repair/readers/traceback.h"

namespace curlew::assist {
namespace {

// "NameError: text", "pkg.CustomError", "KeyboardInterrupt".
struct Raised {
  std::string_view type, text;
};
std::optional<Raised> raised(std::string_view line) {
  Cursor cursor(line);
  const std::string_view type = cursor.take_while([](char c) { return is_word(c) || c == '.'; });
  if (type.empty() || is_digit(type.front()) || !(cursor.done() || cursor.take(":")))
    return std::nullopt;
  return Raised{type, trimmed(cursor.rest())};
}

class PythonReader : public Reader {
 public:
  bool read(const Line& line, Report& report) override {
    if (line.text.starts_with("Traceback (most recent call last):")) {
      frames_ = {};
      return inside_ = true;
    }
    if (frame(line.text)) return true;
    if (inside_ && indent_bytes(line.text) > 0) return true;  // a source line, a caret
    if (inside_) return exception(line.text, report);
    if (test_header(line.text, report)) return true;
    return more(line.text, report);
  }

 private:
  // `  File "x.py", line 3, in f`
  bool frame(std::string_view text) {
    Cursor cursor(text);
    if (cursor.skip_spaces() == 0 || !cursor.take("File \"")) return false;
    const auto path = cursor.take_until("\", line ");
    const auto number = path ? cursor.take_number() : std::nullopt;
    if (!number || path->size() > kPathBytesMax) return false;
    const std::string function(cursor.take(", in ") ? cursor.rest() : "");
    frames_.add({std::string(*path), *number}, function);
    return inside_ = true;
  }

  bool exception(std::string_view text, Report& report) {
    inside_ = false;
    const std::optional<Raised> what = raised(text);
    if (!what || frames_.empty()) return false;
    const SourcePlace place = frames_.place(report, Frames::Innermost::kLast);
    report.add({.place = place,
                .code = std::string(what->type),
                .message = std::string(what->text.empty() ? what->type : what->text),
                .source = "python"});
    frames_.note(report, place);
    frames_ = {};
    message_goes_on_ = true;
    return true;
  }

  // "FAIL: test_even (tests.test_birds.Halves.test_even)"
  bool test_header(std::string_view text, Report& report) {
    Cursor cursor(text);
    if (!cursor.take("FAIL: ") && !cursor.take("ERROR: ")) return false;
    const std::string_view name = cursor.rest();
    const std::size_t open = name.find(" (");
    if (open == name.npos || !name.ends_with(")")) return false;
    report.enter_test(std::string(name.substr(open + 2, name.size() - open - 3)));
    message_goes_on_ = false;
    return true;
  }

  // The message's further lines, up to an empty one.
  bool more(std::string_view text, Report& report) {
    const bool rule = text.starts_with("___") || text.starts_with("===") || text.starts_with("---");
    message_goes_on_ = message_goes_on_ && !text.empty() && !rule;
    if (message_goes_on_) report.note(text);
    return message_goes_on_;
  }

  bool inside_ = false;  // a traceback
  bool message_goes_on_ = false;
  Frames frames_;
};

}  // namespace

std::unique_ptr<Reader> read_python() {
  return make_reader<PythonReader>();
}

}  // namespace curlew::assist
