// eslint and those that print in its styles: stylish (a file's name, then its complaints), unix
// ("FILE:LINE:COLUMN: text [Error/rule]") and json. Columns are UTF-16 code units; the
// ranges of its fixes are, too, and count from the file's start.
#include <nlohmann/json.hpp>

#include "lsp/assist/repair/readers/json_fields.h"
#include "lsp/assist/repair/readers/reader.h"

namespace curlew::assist {
namespace {

class EslintReader : public Reader {
 public:
  bool read(const Line& line, Report& report) override {
    if (line.at && unix_style(*line.at, report)) return true;
    if (indent_bytes(line.text) == 0) {
      if (line.text.size() <= kPathBytesMax) file_ = line.text;
      return false;
    }
    return !file_.empty() && stylish(line.text, report);
  }

 private:
  static bool unix_style(const Placed& at, Report& report) {
    std::string_view text = at.message();
    const std::string tag = take_code_suffix(text, '[', ']');
    Cursor cursor(tag);
    const bool error = cursor.take("Error");
    if (!error && !cursor.take("Warning")) return false;
    cursor.take("/");
    add(at.place, error, text, cursor.rest(), report);
    return true;
  }

  // "  2:28  error  'lst' is not defined  no-undef"; two spaces part the columns.
  bool stylish(std::string_view text, Report& report) const {
    Cursor cursor(trimmed(text));
    const auto line = cursor.take_number();
    const auto column = line && cursor.take(":") ? cursor.take_number() : std::nullopt;
    if (!column || cursor.skip_spaces() == 0) return false;
    const bool error = cursor.take("error  ");
    if (!error && !cursor.take("warning  ")) return false;
    std::string_view message = trimmed(cursor.rest()), rule;
    if (const std::size_t gap = message.rfind("  "); gap != message.npos) {
      rule = trimmed(message.substr(gap));
      message = trimmed(message.substr(0, gap));
    }
    add({file_, *line, *column}, error, message, rule, report);
    return true;
  }

  static void add(SourcePlace place, bool error, std::string_view message, std::string_view rule,
                  Report& report) {
    report.add({.place = std::move(place),
                .severity = error ? Severity::kError : Severity::kWarning,
                .code = std::string(rule),
                .message = std::string(message),
                .source = "eslint",
                .columns = ColumnUnit::kUtf16});
  }

  std::string file_;  // the last line that was not indented
};

}  // namespace

std::unique_ptr<Reader> read_eslint() {
  return make_reader<EslintReader>();
}

// {"range": [27, 29], "text": "==="}
static void add_fix(const nlohmann::json& fix, std::string path, Report& report) {
  constexpr std::int64_t kMax = 1 << 30;
  const nlohmann::json& range = elements_of(fix, "range");
  const std::optional<std::string> text = text_of(fix, "text");
  if (!text || range.size() != 2 || !range[0].is_number_integer() || !range[1].is_number_integer())
    return;
  const auto first = range[0].get<std::int64_t>(), behind = range[1].get<std::int64_t>();
  if (0 <= first && first <= behind && behind < kMax)
    report.fixit({.place = {std::move(path)},
                  .text = *text,
                  .first = static_cast<int>(first),
                  .behind = static_cast<int>(behind)});
}

bool read_eslint_json(const nlohmann::json& document, Report& report) {
  if (!document.is_array() || document.empty() || !text_of(document[0], "filePath")) return false;
  for (const nlohmann::json& file : document) {
    for (const nlohmann::json& message : elements_of(file, "messages")) {
      if (report.full()) return true;
      report.add(
          {.place = {text_of(file, "filePath").value_or(""), number_of(message, "line"),
                     number_of(message, "column"), number_of(message, "endLine"),
                     number_of(message, "endColumn")},
           .severity = number_of(message, "severity") == 2 ? Severity::kError : Severity::kWarning,
           .code = text_of(message, "ruleId").value_or(""),
           .message = text_of(message, "message").value_or(""),
           .source = "eslint",
           .columns = ColumnUnit::kUtf16});
      add_fix(member(message, "fix"), text_of(file, "filePath").value_or(""), report);
    }
  }
  return true;
}

}  // namespace curlew::assist
