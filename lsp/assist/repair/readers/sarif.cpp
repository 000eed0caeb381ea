// SARIF 2.1.0, what many linters can write: runs, their results, the places and the fixes of each.
// Columns are UTF-16 code units unless the run's columnKind says that they are characters; compilers
// that do not say it write bytes.
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
#include "lsp/assist/repair/readers/json_fields.h"
#include "lsp/assist/repair/readers/reader.h"

namespace curlew::assist {
namespace {

using nlohmann::json;

SourcePlace region_of(const json& region, std::string path) {
  SourcePlace place{std::move(path), number_of(region, "startLine"),
                    number_of(region, "startColumn"), number_of(region, "endLine"),
                    number_of(region, "endColumn")};
  if (place.end_line == 0 && place.end_column != 0) place.end_line = place.line;
  return place;
}

SourcePlace place_of(const json& location) {
  const json& physical = member(location, "physicalLocation");
  return region_of(member(physical, "region"),
                   percent_decoded(text_of(physical, "artifactLocation", "uri").value_or("")));
}

void add_fixes(const json& result, Report& report) {
  for (const json& fix : elements_of(result, "fixes"))
    for (const json& change : elements_of(fix, "artifactChanges"))
      for (const json& replacement : elements_of(change, "replacements")) {
        const std::string path =
            percent_decoded(text_of(change, "artifactLocation", "uri").value_or(""));
        SourcePlace place = region_of(member(replacement, "deletedRegion"), path);
        if (place.line == 0) continue;  // by characters from the file's start: no place without it
        if (place.end_line == 0) place.end_line = place.line;
        if (place.end_column == 0) place.end_column = place.column;
        report.fixit(
            {std::move(place), text_of(replacement, "insertedContent", "text").value_or("")});
      }
}

ColumnUnit columns_of(const json& run, std::string_view tool) {
  const std::string kind = text_of(run, "columnKind").value_or("");
  if (kind == "unicodeCodePoints") return ColumnUnit::kCharacter;
  const bool is_compiler = tool.starts_with("GNU ") || tool.starts_with("clang");
  return kind.empty() && is_compiler ? ColumnUnit::kByte : ColumnUnit::kUtf16;
}

void add_result(const json& result, const std::string& tool, ColumnUnit columns, Report& report) {
  const json& locations = elements_of(result, "locations");
  const std::string level = text_of(result, "level").value_or("warning");
  if (level == "none") return;
  report.add({.place = locations.empty() ? SourcePlace{} : place_of(locations[0]),
              .severity = level == "error"  ? Severity::kError
                          : level == "note" ? Severity::kNote
                                            : Severity::kWarning,
              .code = text_of(result, "ruleId").value_or(""),
              .message = text_of(result, "message", "text").value_or(""),
              .source = tool,
              .columns = columns});
  add_fixes(result, report);
  for (const json& related : elements_of(result, "relatedLocations"))
    report.note(text_of(related, "message", "text").value_or("see"), place_of(related));
}

}  // namespace

bool read_sarif(const json& document, Report& report) {
  if (!member(document, "runs").is_array()) return false;
  for (const json& run : elements_of(document, "runs")) {
    const std::string tool = clean_text(text_of(run, "tool", "driver", "name").value_or("sarif"));
    for (const json& result : elements_of(run, "results")) {
      if (report.full()) return true;
      add_result(result, tool, columns_of(run, tool), report);
    }
  }
  return true;
}

}  // namespace curlew::assist
