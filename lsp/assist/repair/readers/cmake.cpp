// CMake: "CMake Error at FILE:LINE (command):", then the message, indented, then a call stack. It
// names no columns.
#include "lsp/assist/repair/readers/reader.h"

namespace curlew::assist {
namespace {

class CMakeReader : public Reader {
 public:
  bool read(const Line& line, Report& report) override {
    Cursor cursor(line.text);
    if (cursor.take("CMake ")) return header(cursor, report);
    if (!inside_) return false;
    if (line.text.starts_with("Call Stack")) return true;
    if (line.text.empty()) return true;  // between paragraphs; what ends it is not indented
    if (!line.text.starts_with("  ")) {
      inside_ = false;
      return false;
    }
    detail(trimmed(line.text), report);
    return true;
  }

 private:
  bool header(Cursor cursor, Report& report) {
    const bool error = cursor.take("Error");
    if (!error && !cursor.take("Warning") && !cursor.take("Deprecation Warning")) return false;
    cursor.take(" (dev)");
    inside_ = true;
    Diagnostic found{.severity = error ? Severity::kError : Severity::kWarning, .source = "cmake"};
    if (cursor.take(" at "))
      if (const auto at = colon_place(cursor.rest())) found.place = at->place;
    if (found.place.path.empty()) found.message = cursor.take(": ") ? trimmed(cursor.rest()) : "";
    report.add(std::move(found));
    return true;
  }

  // The first line is the message; a call is a note of its place.
  static void detail(std::string_view text, Report& report) {
    Diagnostic* open = report.open();
    if (open == nullptr) return;
    const auto call = colon_place(text);
    if (open->message.empty())
      open->message = clean_text(text);
    else if (call && call->rest.starts_with(" ("))
      report.note("called" + std::string(call->rest), call->place);
    else
      report.note(text);
  }

  bool inside_ = false;
};

}  // namespace

std::unique_ptr<Reader> read_cmake() {
  return make_reader<CMakeReader>();
}

}  // namespace curlew::assist
