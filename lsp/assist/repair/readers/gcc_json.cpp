// gcc -fdiagnostics-format=json (9 to 14): one array of a unit's diagnostics. Columns are bytes.
#include "lsp/assist/repair/readers/json_fields.h"
#include "lsp/assist/repair/readers/reader.h"

namespace curlew::assist {
namespace {

using nlohmann::json;

SourcePlace point(const json& at) {
  const int bytes = number_of(at, "byte-column");
  return {text_of(at, "file").value_or(""), number_of(at, "line"),
          bytes != 0 ? bytes : number_of(at, "column")};
}

SourcePlace place_of(const json& diagnostic) {
  const json& locations = elements_of(diagnostic, "locations");
  return locations.empty() ? SourcePlace{} : point(member(locations[0], "caret"));
}

void add_fixits(const json& diagnostic, Report& report) {
  for (const json& fixit : elements_of(diagnostic, "fixits")) {
    SourcePlace place = point(member(fixit, "start"));
    const SourcePlace end = point(member(fixit, "next"));
    place.end_line = end.line;
    place.end_column = end.column;
    report.fixit({std::move(place), text_of(fixit, "string").value_or("")});
  }
}

}  // namespace

bool read_gcc_json(const json& document, Report& report) {
  if (!document.is_array() || document.empty()) return false;
  if (!text_of(document[0], "kind") || !member(document[0], "locations").is_array()) return false;
  for (const json& diagnostic : document) {
    if (report.full()) return true;
    const std::string kind = text_of(diagnostic, "kind").value_or("");
    report.add({.place = place_of(diagnostic),
                .severity = kind == "warning" ? Severity::kWarning
                            : kind == "note"  ? Severity::kNote
                                              : Severity::kError,
                .code = text_of(diagnostic, "option").value_or(""),
                .message = text_of(diagnostic, "message").value_or(""),
                .source = "gcc"});
    add_fixits(diagnostic, report);
    for (const json& child : elements_of(diagnostic, "children"))
      report.note(text_of(child, "message").value_or(""), place_of(child));
  }
  return true;
}

}  // namespace curlew::assist
