// pytest, in the styles of --tb: long, short, line, no; what --tb=native prints is Python's own. No
// columns.
#include "lsp/assist/repair/readers/reader.h"
#include "lsp/assist/repair/readers/traceback.h"

namespace curlew::assist {
namespace {

// "____ name ____" -> name
std::optional<std::string_view> title(std::string_view line, char rule) {
  if (line.size() > 1 && line[0] == rule && line[1] == ' ') return std::nullopt;  // "_ _ _ _"
  const std::size_t begin = line.find_first_not_of(rule), end = line.find_last_not_of(rule);
  if (begin == line.npos || begin == 0 || end + 1 == line.size()) return std::nullopt;
  if (line[begin] != ' ' || line[end] != ' ') return std::nullopt;
  return trimmed(line.substr(begin, end - begin + 1));
}

bool is_exception(std::string_view name) {
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_word(c) || c == '.'; });
}

class PytestReader : public Reader {
 public:
  bool read(const Line& line, Report& report) override {
    if (const auto part = title(line.text, '=')) return begin_part(*part, report);
    if (part_ == Part::kSummary) return summary(line.text, report);
    if (part_ != Part::kFailures) return false;
    if (const auto name = title(line.text, '_')) return begin_test(*name, report);
    if (line.text.starts_with("----")) {  // what the test printed
      finish(report);
      return false;
    }
    if (line.at) return frame(*line.at, report);
    return error_line(line.text);
  }

  void end(Report& report) override {
    finish(report);
    for (Failure& failure : unnamed_) add(std::move(failure.place), failure.what, "", report);
  }

 private:
  struct Failure {
    SourcePlace place;
    std::string what;
  };
  enum class Part { kNone, kFailures, kSummary };

  bool begin_part(std::string_view name, Report& report) {
    finish(report);
    report.enter_test("");
    if (name == "FAILURES" || name == "ERRORS")
      part_ = Part::kFailures;
    else
      part_ = name.starts_with("short test summary") ? Part::kSummary : Part::kNone;
    return true;
  }

  bool begin_test(std::string_view name, Report& report) {
    finish(report);
    Cursor cursor(name);
    cursor.take("ERROR collecting ");
    report.enter_test(std::string(cursor.rest()));
    return true;
  }

  // "path:7: AssertionError" ends a test's lines; "path:7: in f" and "path:7: " lead there. In the
  // style of one line, "path:7: AssertionError: text" is all; the summary has the test's name.
  bool frame(const Placed& at, Report& report) {
    Cursor cursor(at.message());
    if (cursor.take("in ")) {
      frames_.add(at.place, std::string(cursor.rest()));
      return true;
    }
    const auto type = Cursor(cursor.rest()).take_until(": ").value_or(cursor.rest());
    if (!type.empty() && !is_exception(type)) return false;
    frames_.add(at.place, "the test");
    if (type.size() < cursor.rest().size() && details_.empty()) {
      if (unnamed_.size() < kDiagnosticsMax)
        unnamed_.push_back(
            {frames_.place(report, Frames::Innermost::kLast), std::string(cursor.rest())});
      frames_ = {};
    }
    return true;
  }

  // "E   NameError: text"
  bool error_line(std::string_view text) {
    if (!text.starts_with("E  ") && text != "E") return false;
    const std::string_view detail = trimmed(text.substr(1));
    if (!detail.empty() && details_.size() < kNotesMax) details_.emplace_back(detail);
    return true;
  }

  void finish(Report& report) {
    if (!details_.empty() && !frames_.empty()) {
      const SourcePlace place = frames_.place(report, Frames::Innermost::kLast);
      add(place, details_.front(), report.test(), report);
      for (std::size_t i = 1; i < details_.size(); ++i) report.note(details_[i]);
      frames_.note(report, place);
    }
    details_.clear();
    frames_ = {};
  }

  static void add(SourcePlace place, std::string_view what, std::string test, Report& report) {
    Diagnostic found{.place = std::move(place), .source = "pytest", .test = std::move(test)};
    Cursor cursor(what);
    const auto type = cursor.take_until(": ");
    if (type && is_exception(*type)) found.code = *type;
    if (what.starts_with("assert ")) found.code = "AssertionError";
    found.message = found.code.empty() || !type ? what : cursor.rest();
    report.add(std::move(found));
  }

  // "FAILED tests/test_birds.py::Halves::test_even - AssertionError: 8 != 2": news only where no
  // traceback was printed.
  bool summary(std::string_view text, Report& report) {
    Cursor cursor(text);
    if (!cursor.take("FAILED ") && !cursor.take("ERROR ")) return false;
    const std::string_view all = cursor.rest();
    const std::string_view id = cursor.take_until(" - ").value_or(all);
    const std::string_view what = id.size() == all.size() ? "failed" : cursor.rest();
    const std::size_t colons = id.find("::");
    std::string name(colons == id.npos ? id : id.substr(colons + 2));
    for (std::size_t at; (at = name.find("::")) != name.npos;) {
      name.erase(at, 1);
      name[at] = '.';
    }
    SourcePlace place{std::string(id.substr(0, colons))};
    const auto unnamed = std::find_if(unnamed_.begin(), unnamed_.end(),
                                      [&](const Failure& failure) { return failure.what == what; });
    if (unnamed != unnamed_.end()) {
      place = unnamed->place;
      unnamed_.erase(unnamed);  // it has its name now, or is printed again
    }
    if (!report.has_test(name)) add(std::move(place), what, name, report);
    return true;
  }

  Part part_ = Part::kNone;
  std::vector<std::string> details_;
  Frames frames_;
  std::vector<Failure> unnamed_;
};

}  // namespace

std::unique_ptr<Reader> read_pytest() {
  return make_reader<PytestReader>();
}

}  // namespace curlew::assist
