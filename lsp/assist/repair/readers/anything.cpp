// What no other reader knows: "FILE:LINE[:COLUMN]: message" or "FILE(LINE): message" where the path
// looks like a file's. Nobody knows what its columns count.
#include "lsp/assist/repair/readers/reader.h"

namespace curlew::assist {
namespace {

class AnythingReader : public Reader {
 public:
  bool read(const Line& line, Report& report) override {
    if (line.at && line.at->rest.starts_with(':')) return complaint(*line.at, report);
    const auto at = paren_place(line.text);
    return at && at->rest.starts_with(':') && complaint(*at, report);
  }

 private:
  static bool complaint(const Placed& at, Report& report) {
    if (!names_file(at.place.path)) return false;
    Cursor cursor(at.message());
    const Severity severity = take_severity(cursor).value_or(Severity::kError);
    if (trimmed(cursor.rest()).empty()) return false;
    report.add({.place = at.place,
                .severity = severity,
                .message = std::string(cursor.rest()),
                .source = "output"});
    return true;
  }
};

}  // namespace

std::unique_ptr<Reader> read_anything() {
  return make_reader<AnythingReader>();
}

}  // namespace curlew::assist
