// rustc --error-format=json, and cargo --message-format=json around it: one document a line. Columns
// are characters.
#include "lsp/assist/repair/readers/json_fields.h"
#include "lsp/assist/repair/readers/reader.h"

namespace curlew::assist {
namespace {

using nlohmann::json;

SourcePlace place_of(const json& span) {
  return {text_of(span, "file_name").value_or(""), number_of(span, "line_start"),
          number_of(span, "column_start"), number_of(span, "line_end"),
          number_of(span, "column_end")};
}

// The first primary span; the macro's use where it lies in a macro of another crate.
const json& primary_span(const json& message, const Report& report) {
  static const json kNone;
  for (const json& span : elements_of(message, "spans")) {
    if (member(span, "is_primary") != json(true)) continue;
    const json* found = &span;
    constexpr int kExpansionsMax = 16;
    for (int i = 0; i < kExpansionsMax && !report.is_own(text_of(*found, "file_name").value_or(""));
         ++i) {
      const json& outer = member(*found, "expansion", "span");
      if (!outer.is_object()) break;
      found = &outer;
    }
    return *found;
  }
  return kNone;
}

void add_suggestions(const json& message, Report& report) {
  for (const json& span : elements_of(message, "spans"))
    if (auto text = text_of(span, "suggested_replacement"))
      report.fixit({place_of(span), std::move(*text)});
}

void add_details(const json& message, Report& report) {
  for (const json& span : elements_of(message, "spans"))
    if (const auto label = text_of(span, "label")) report.note(*label, place_of(span));
  add_suggestions(message, report);
  for (const json& child : elements_of(message, "children")) {
    report.note(text_of(child, "message").value_or(""), place_of(primary_span(child, report)));
    add_suggestions(child, report);
  }
}

}  // namespace

bool read_rustc_json(const json& document, Report& report) {
  if (!document.is_object()) return false;
  const bool cargo = document.contains("reason");
  const json& message = cargo ? member(document, "message") : document;
  if (!message.is_object() || !message.contains("spans")) return cargo;
  const std::string level = text_of(message, "level").value_or("");
  const json& span = primary_span(message, report);
  if (!span.is_object()) return true;  // "aborting due to 4 previous errors"
  report.add({.place = place_of(span),
              .severity = level.starts_with("error") ? Severity::kError : Severity::kWarning,
              .code = text_of(message, "code", "code").value_or(""),
              .message = text_of(message, "message").value_or(""),
              .source = "rustc",
              .columns = ColumnUnit::kCharacter});
  add_details(message, report);
  return true;
}

}  // namespace curlew::assist
