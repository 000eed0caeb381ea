// tsc: "FILE(LINE,COLUMN): error TS2304: text", and with --pretty "FILE:LINE:COLUMN - error TS2304:
// text". Columns are UTF-16 code units.
#include "lsp/assist/repair/readers/reader.h"

namespace curlew::assist {
namespace {

class TscReader : public Reader {
 public:
  bool read(const Line& line, Report& report) override {
    if (line.at && complaint(line.at->place, line.at->rest, " - ", report)) return true;
    if (const auto at = paren_place(line.text); at && complaint(at->place, at->rest, ": ", report))
      return true;
    if (complaint({}, line.text, "", report)) return true;
    inside_ = inside_ &&
              (line.text.empty() || indent_bytes(line.text) > 0 || is_digit(line.text.front()));
    return inside_ && related(line.text, report);
  }

 private:
  bool complaint(const SourcePlace& place, std::string_view text, std::string_view dash,
                 Report& report) {
    Cursor cursor(text);
    if (!cursor.take(dash)) return false;
    const bool error = cursor.take("error TS");
    if (!error && !cursor.take("warning TS") && !cursor.take("message TS")) return false;
    const auto code = cursor.take_number();
    if (!code || !cursor.take(": ")) return false;
    report.add({.place = place,
                .severity = error ? Severity::kError : Severity::kWarning,
                .code = "TS" + std::to_string(*code),
                .message = std::string(cursor.rest()),
                .source = "tsc",
                .columns = ColumnUnit::kUtf16});
    return inside_ = true;
  }

  // "  src/birds.ts:2:23 - 'birds' is declared here.", or on the line after the place with older
  // versions; the explanation's further lines. Source lines are behind a deeper indentation.
  static bool related(std::string_view text, Report& report) {
    const std::string_view bare = trimmed(text);
    if (bare.empty() || is_digit(bare.front()) || bare.front() == '~') return true;
    const auto at = colon_place(bare);
    if (at && names_file(at->place.path))
      report.note(at->rest.starts_with(" - ") ? at->rest.substr(3) : "see", at->place);
    else
      report.note(bare);
    return true;
  }

  bool inside_ = false;
};

}  // namespace

std::unique_ptr<Reader> read_tsc() {
  return make_reader<TscReader>();
}

}  // namespace curlew::assist
