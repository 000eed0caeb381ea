// pyright --outputjson (lines and characters from 0, UTF-16), ruff --output-format=json and pylint
// -f json (characters).
#include "lsp/assist/repair/readers/json_fields.h"
#include "lsp/assist/repair/readers/reader.h"

namespace curlew::assist {
namespace {

using nlohmann::json;

Severity severity_of(const std::string& word) {
  return word == "error" || word == "fatal" ? Severity::kError : Severity::kWarning;
}

bool read_pyright(const json& document, Report& report) {
  if (!member(document, "generalDiagnostics").is_array()) return false;
  const auto from_one = [](const json& at, const char* end, const char* name) {
    const json& value = member(at, "range", end, name);
    return value.is_number_unsigned() && value.get<std::uint64_t>() < 999'999'999
               ? static_cast<int>(value.get<std::uint64_t>()) + 1
               : 0;
  };
  for (const json& found : elements_of(document, "generalDiagnostics")) {
    if (report.full()) break;
    report.add({.place = {text_of(found, "file").value_or(""), from_one(found, "start", "line"),
                          from_one(found, "start", "character"), from_one(found, "end", "line"),
                          from_one(found, "end", "character")},
                .severity = severity_of(text_of(found, "severity").value_or("")),
                .code = text_of(found, "rule").value_or(""),
                .message = text_of(found, "message").value_or(""),
                .source = "pyright",
                .columns = ColumnUnit::kUtf16});
  }
  return true;
}

void add_ruff(const json& found, Report& report) {
  const auto place = [&](const json& at) {
    return SourcePlace{text_of(found, "filename").value_or(""), number_of(at, "location", "row"),
                       number_of(at, "location", "column"), number_of(at, "end_location", "row"),
                       number_of(at, "end_location", "column")};
  };
  report.add({.place = place(found),
              .code = text_of(found, "code").value_or(""),
              .message = text_of(found, "message").value_or(""),
              .source = "ruff",
              .columns = ColumnUnit::kCharacter});
  for (const json& edit : elements_of(found, "fix", "edits"))
    report.fixit({place(edit), text_of(edit, "content").value_or("")});
}

void add_pylint(const json& found, Report& report) {
  report.add({.place = {text_of(found, "path").value_or(""), number_of(found, "line")},
              .severity = severity_of(text_of(found, "type").value_or("")),
              .code = text_of(found, "message-id").value_or(""),
              .message = text_of(found, "message").value_or(""),
              .source = "pylint"});
}

}  // namespace

bool read_python_lint_json(const json& document, Report& report) {
  if (read_pyright(document, report)) return true;
  if (!document.is_array() || document.empty()) return false;
  const bool ruff = member(document[0], "filename").is_string();
  const bool pylint = member(document[0], "message-id").is_string();
  for (const json& found : document) {
    if (report.full() || (!ruff && !pylint)) break;
    (ruff ? add_ruff : add_pylint)(found, report);
  }
  return ruff || pylint;
}

}  // namespace curlew::assist
