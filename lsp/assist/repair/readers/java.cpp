// javac, kotlinc, and Maven's and Gradle's way to repeat them; Java's stack traces, of programs and
// of JUnit under Gradle. Columns are characters: javac's is the caret's, below the line as it is.
#include "lsp/assist/repair/readers/reader.h"
#include "lsp/assist/repair/readers/traceback.h"

namespace curlew::assist {
namespace {

bool is_java(std::string_view path) {
  constexpr std::string_view kEnds[] = {".java", ".kt", ".kts", ".scala", ".groovy"};
  return std::find(std::begin(kEnds), std::end(kEnds), extension(path)) != std::end(kEnds);
}

// "java.lang.IllegalStateException: text"
bool is_throwable(std::string_view text) {
  const std::string_view name =
      Cursor(text).take_while([](char c) { return is_word(c) || c == '.' || c == '$'; });
  return name.find('.') != name.npos && (name.size() == text.size() || text[name.size()] == ':');
}

bool is_library(std::string_view function) {
  constexpr std::string_view kPackages[] = {"java.",   "java.base/",     "jdk.",
                                            "sun.",    "org.junit.",     "org.gradle.",
                                            "kotlin.", "org.opentest4j."};
  return std::any_of(std::begin(kPackages), std::end(kPackages),
                     [&](std::string_view package) { return function.starts_with(package); });
}

class JavaReader : public Reader {
 public:
  bool read(const Line& line, Report& report) override {
    if (frame(line.text)) return true;
    if (!frames_.empty()) finish_trace(report);
    if (line.at && is_java(line.at->place.path) && javac(*line.at, report)) return true;
    if (maven(line.text, report) || kotlin(line.text, report)) return true;
    if (trace_header(line.text)) return true;
    return detail(line.text, report);
  }

  void end(Report& report) override { finish_trace(report); }

 private:
  enum class Inside { kNone, kSource, kCaret, kDetails };

  bool javac(const Placed& at, Report& report) {
    Cursor cursor(at.message());
    const auto severity = take_severity(cursor);
    if (!severity) return false;
    std::string_view text = cursor.rest();
    std::string code;
    if (text.starts_with('[') && text.find("] ") != text.npos) {  // "[deprecation] text"
      code = text.substr(1, text.find(']') - 1);
      text = text.substr(text.find("] ") + 2);
    }
    add(at.place, *severity, code, text, report);
    inside_ = at.place.column == 0 ? Inside::kSource : Inside::kDetails;
    return true;
  }

  static void add(SourcePlace place, Severity severity, std::string code, std::string_view text,
                  Report& report) {
    report.add({.place = std::move(place),
                .severity = severity,
                .code = std::move(code),
                .message = std::string(text),
                .source = "javac",
                .columns = ColumnUnit::kCharacter});
  }

  // The source line, the caret, then "  symbol:   variable x".
  bool detail(std::string_view text, Report& report) {
    Diagnostic* open = report.open();
    if (inside_ == Inside::kNone || open == nullptr || open->source != "javac") return false;
    if (inside_ == Inside::kSource) {
      inside_ = Inside::kCaret;
      return true;
    }
    if (inside_ == Inside::kCaret && trimmed(text) == "^") {
      open->place.column =
          static_cast<int>(std::min<std::size_t>(text.find('^'), kLineBytesMax)) + 1;
      inside_ = Inside::kDetails;
      return true;
    }
    if (indent_bytes(text) < 2) inside_ = Inside::kNone;
    if (inside_ != Inside::kNone) report.note(text);
    return inside_ != Inside::kNone;
  }

  // "[ERROR] /w/src/main/java/A.java:[3,16] cannot find symbol", "[ERROR]   symbol:   variable x",
  // "[ERROR]   ATest.halves:12 expected: <4> but was: <16>"
  bool maven(std::string_view text, Report& report) {
    Cursor cursor(text);
    const bool error = cursor.take("[ERROR] ");
    if (!error && !cursor.take("[WARNING] ")) return false;
    const std::string_view said = cursor.rest();
    const auto path = cursor.take_until(":[");
    const auto line = path && is_java(*path) ? cursor.take_number() : std::nullopt;
    if (line && cursor.take(",")) {
      const int column = cursor.take_number().value_or(0);
      if (!cursor.take("] ")) return false;
      add({std::string(*path), *line, column}, error ? Severity::kError : Severity::kWarning, "",
          cursor.rest(), report);
      in_maven_ = true;
      return true;
    }
    in_maven_ = in_maven_ && said.starts_with("  ");
    if (in_maven_) report.note(said);
    return in_maven_ || surefire(said, report);
  }

  static bool surefire(std::string_view said, Report& report) {
    if (!said.starts_with("  ")) return false;
    const auto at = colon_place(trimmed(said));
    if (!at || !at->rest.starts_with(' ') || at->place.path.find('.') == std::string::npos)
      return false;
    const std::string type = at->place.path.substr(0, at->place.path.find('.'));
    report.add({.place = {type + ".java", at->place.line},
                .message = std::string(trimmed(at->rest)),
                .source = "junit",
                .test = at->place.path});
    return true;
  }

  // "e: file:///w/A.kt:3:5 Unresolved reference: x"
  static bool kotlin(std::string_view text, Report& report) {
    Cursor cursor(text);
    const bool error = cursor.take("e: ");
    if (!error && !cursor.take("w: ")) return false;
    const auto at = colon_place(cursor.rest());
    if (!at || !is_java(at->place.path)) return false;
    add(at->place, error ? Severity::kError : Severity::kWarning, "", at->message(), report);
    return true;
  }

  // `Exception in thread "main" java.lang.X: text`, Gradle's "ATest > halves() FAILED" and, indented,
  // the exception below it.
  bool trace_header(std::string_view text) {
    Cursor cursor(text);
    if (text.ends_with(" FAILED") && text.find(" > ") != text.npos) {
      test_ = text.substr(0, text.size() - 7);
      return true;
    }
    if (cursor.take("Exception in thread \"")) cursor.take_until("\" ");
    cursor.skip_spaces();
    if (!is_throwable(cursor.rest())) return false;
    thrown_ = cursor.rest();
    return cursor.rest().size() < text.size();
  }

  // "	at birds.Wren.count(Wren.java:5)"
  bool frame(std::string_view text) {
    Cursor cursor(trimmed(text));
    if (thrown_.empty() || !cursor.take("at ")) return false;
    const auto function = cursor.take_until("(");
    const auto at = function ? colon_place(cursor.rest()) : std::nullopt;
    if (at && is_java(at->place.path) && !is_library(*function))
      frames_.add(at->place, std::string(*function));
    return function.has_value();
  }

  // A frame names its file without the folder.
  void finish_trace(Report& report) {
    if (!frames_.empty()) {
      Cursor cursor(thrown_);
      const std::string type(cursor.take_until(": ").value_or(cursor.rest()));
      report.add({.place = frames_.place(report, Frames::Innermost::kFirst),
                  .code = type.substr(type.rfind('.') + 1),
                  .message = std::string(type == thrown_ ? thrown_ : cursor.rest()),
                  .source = "java",
                  .test = test_});
    }
    frames_ = {};
    thrown_.clear();
    test_.clear();
  }

  Inside inside_ = Inside::kNone;
  bool in_maven_ = false;
  std::string thrown_, test_;
  Frames frames_;
};

}  // namespace

std::unique_ptr<Reader> read_java() {
  return make_reader<JavaReader>();
}

}  // namespace curlew::assist
