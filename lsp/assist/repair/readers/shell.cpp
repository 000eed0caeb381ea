// Shells, and shellcheck as it prints for people. No columns but shellcheck's, which count
// characters, tabs as eight: they are left out.
#include "lsp/assist/repair/readers/reader.h"

namespace curlew::assist {
namespace {

class ShellReader : public Reader {
 public:
  bool read(const Line& line, Report& report) override {
    return shellcheck(line.text, report) || bash(line.text, report) || dash(line, report);
  }

 private:
  // "run.sh: line 3: foo: command not found"
  static bool bash(std::string_view text, Report& report) {
    Cursor cursor(text);
    const auto path = cursor.take_until(": line ");
    if (!path || !(names_file(*path) || path->find('/') != path->npos)) return false;
    const auto line = cursor.take_number();
    if (!line || !cursor.take(": ") || path->size() > kPathBytesMax) return false;
    const Diagnostic* open = report.open();
    const bool quotes_line =
        cursor.rest().starts_with('`') && open != nullptr && open->source == "shell";
    if (!quotes_line) add({std::string(*path), *line}, cursor.rest(), report);
    return true;
  }

  // "run.sh: 3: foo: not found"
  static bool dash(const Line& line, Report& report) {
    Cursor cursor(line.text);
    const auto path = cursor.take_until(": ");
    const auto number = path ? cursor.take_number() : std::nullopt;
    if (!number || !cursor.take(": ") || extension(*path) != ".sh" || !names_file(*path))
      return false;
    add({std::string(*path), *number}, cursor.rest(), report);
    return true;
  }

  static void add(SourcePlace place, std::string_view message, Report& report) {
    report.add({.place = std::move(place), .message = std::string(message), .source = "shell"});
  }

  // "In run.sh line 4:", the line, then "        ^-- SC2086 (info): text".
  bool shellcheck(std::string_view text, Report& report) {
    Cursor cursor(text);
    if (cursor.take("In ")) {
      const auto path = cursor.take_until(" line ");
      const auto line = path ? cursor.take_number() : std::nullopt;
      if (!line || cursor.rest() != ":" || path->size() > kPathBytesMax) return false;
      checked_ = {std::string(*path), *line};
      return true;
    }
    const std::size_t code = text.find("SC");
    if (checked_.path.empty() || code == text.npos || trimmed(text).front() != '^') return false;
    cursor = Cursor(text.substr(code));
    const std::string_view rule = cursor.take_while(is_word);
    const auto level = cursor.take(" (") ? cursor.take_until("): ") : std::nullopt;
    if (!level) return false;
    report.add({.place = checked_,
                .severity = *level == "error" ? Severity::kError : Severity::kWarning,
                .code = std::string(rule),
                .message = std::string(cursor.rest()),
                .source = "shellcheck"});
    return true;
  }

  SourcePlace checked_;
};

}  // namespace

std::unique_ptr<Reader> read_shell() {
  return make_reader<ShellReader>();
}

}  // namespace curlew::assist
