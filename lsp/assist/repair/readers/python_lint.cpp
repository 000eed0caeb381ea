// flake8, ruff, pylint, mypy and pyright: one line a complaint. Columns are characters, as Python
// counts them; of pyright UTF-16 code units.
#include "lsp/assist/repair/readers/reader.h"

namespace curlew::assist {
namespace {

bool is_python(std::string_view path) {
  const std::string_view end = extension(path);
  return end == ".py" || end == ".pyi" || end == ".pyx" || end == ".ipynb";
}

// "F821", "E999", "PLR0913": capitals, then digits.
std::optional<std::string_view> take_rule(Cursor& cursor) {
  Cursor ahead = cursor;
  const auto letters = ahead.take_while([](char c) { return c >= 'A' && c <= 'Z'; });
  const auto digits = ahead.take_while(is_digit);
  if (letters.empty() || letters.size() > 6 || digits.empty() || digits.size() > 5)
    return std::nullopt;
  const std::string_view rule = cursor.rest().substr(0, letters.size() + digits.size());
  if (!ahead.take(": ") && !ahead.take(" ")) return std::nullopt;
  ahead.take("[*] ");  // ruff: can be mended by --fix
  cursor = ahead;
  return rule;
}

Severity severity_of(std::string_view rule) {
  // What cannot run: syntax, names that are none. The rest is style or suspicion.
  const bool fails = rule.starts_with("E9") || rule.starts_with("F8") || rule.starts_with("F7") ||
                     (rule.size() == 5 && (rule[0] == 'E' || rule[0] == 'F'));
  return fails ? Severity::kError : Severity::kWarning;
}

class PythonLintReader : public Reader {
 public:
  bool read(const Line& line, Report& report) override {
    if (line.at && is_python(line.at->place.path)) return complaint(*line.at, "mypy", report);
    const std::size_t indent = indent_bytes(line.text);
    const auto at = indent == 2 ? colon_place(line.text.substr(2)) : std::nullopt;
    if (at && is_python(at->place.path) && complaint(*at, "pyright", report)) {
      details_follow_ = true;
      return true;
    }
    details_follow_ = details_follow_ && indent >= 2;  // and no-break spaces
    if (details_follow_) detail(line.text, report);
    return details_follow_;
  }

 private:
  static bool complaint(const Placed& at, std::string_view source, Report& report) {
    std::string_view text = at.message();
    Cursor dash(text);
    if (dash.take("- ")) {
      text = dash.rest();
      source = "pyright";
    }
    Cursor cursor(text);
    Diagnostic found{.place = at.place, .source = std::string(source)};
    if (const auto rule = take_rule(cursor)) {
      found.code = *rule;
      found.severity = severity_of(*rule);
      found.source = "lint";
      found.message = cursor.rest();
    } else if (const auto severity = take_severity(cursor)) {
      std::string_view message = cursor.rest();
      found.severity = *severity;
      found.code = source == "pyright" ? take_code_suffix(message, '(', ')')
                                       : take_code_suffix(message, '[', ']');
      found.message = message;
    } else {
      return false;
    }
    found.columns = found.source == "pyright" ? ColumnUnit::kUtf16 : ColumnUnit::kCharacter;
    if (found.severity == Severity::kNote)
      report.note(found.message, found.place);
    else
      report.add(std::move(found));
    return true;
  }

  // pyright's rule stands at the end of the last line.
  static void detail(std::string_view text, Report& report) {
    for (text = trimmed(text); text.starts_with("\u00a0");) text.remove_prefix(2);
    const std::string rule = take_code_suffix(text, '(', ')');
    if (Diagnostic* open = report.open(); open != nullptr && open->code.empty()) open->code = rule;
    report.note(text);
  }

  bool details_follow_ = false;
};

}  // namespace

std::unique_ptr<Reader> read_python_lint() {
  return make_reader<PythonLintReader>();
}

}  // namespace curlew::assist
