// nvcc, whose front end is EDG's, and Microsoft's cl: "FILE(LINE): error #20: text", and with a
// column "FILE(LINE,COLUMN): error C2065: text". Columns are bytes.
#include "lsp/assist/repair/readers/reader.h"

namespace curlew::assist {
namespace {

class NvccReader : public Reader {
 public:
  bool read(const Line& line, Report& report) override {
    if (indent_bytes(line.text) > 0 && line.text.find("(") == line.text.npos) return false;
    const auto at = paren_place(trimmed(line.text));
    if (!at) return false;
    Cursor cursor(at->rest);
    cursor.take(" ");
    if (!cursor.take(":")) return false;
    cursor.skip_spaces();
    return complaint(at->place, cursor, report);
  }

 private:
  static bool complaint(const SourcePlace& place, Cursor cursor, Report& report) {
    cursor.take("catastrophic ") || cursor.take("fatal ");
    const bool error = cursor.take("error"), warning = !error && cursor.take("warning");
    if (!error && !warning) {
      if (!cursor.take("note")) return false;
      cursor.take_until(": ");
      report.note(cursor.rest(), place);
      return true;
    }
    const auto code = cursor.take_until(":");
    if (!code || (!code->empty() && code->front() != ' ')) return false;
    report.add({.place = place,
                .severity = error ? Severity::kError : Severity::kWarning,
                .code = std::string(trimmed(*code)),
                .message = std::string(cursor.rest()),
                .source = trimmed(*code).starts_with("C") ? "msvc" : "nvcc"});
    return true;
  }
};

}  // namespace

std::unique_ptr<Reader> read_nvcc() {
  return make_reader<NvccReader>();
}

}  // namespace curlew::assist
