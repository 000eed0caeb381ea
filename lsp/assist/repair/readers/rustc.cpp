// rustc and cargo as they print for people, long and --error-format=short, and Rust's test runner.
// Columns are characters. rustc_json.cpp reads what they print for programs, rustc_excerpt.cpp the
// lines of source in between.
#include "lsp/assist/repair/readers/reader.h"
#include "lsp/assist/repair/readers/rustc_excerpt.h"

namespace curlew::assist {
namespace {

// "error[E0425]: text", "warning: text", at the start of a line.
struct Header {
  Severity severity;
  std::string_view code, text;
};
std::optional<Header> header_of(std::string_view line) {
  Cursor cursor(line);
  const bool error = cursor.take("error"), warning = !error && cursor.take("warning");
  if (!error && !warning) return std::nullopt;
  Header header{error ? Severity::kError : Severity::kWarning, {}, {}};
  if (cursor.take("[")) header.code = cursor.take_until("]").value_or("");
  if (!cursor.take(": ")) return std::nullopt;
  header.text = cursor.rest();
  return header;
}

// Sums of what was said before, which name no place.
bool is_summary(std::string_view text) {
  constexpr std::string_view kBegins[] = {"could not compile", "aborting due to", "test failed",
                                          "build failed"};
  return std::any_of(std::begin(kBegins), std::end(kBegins),
                     [&](std::string_view begin) { return text.starts_with(begin); });
}

class RustcReader : public Reader {
 public:
  bool read(const Line& line, Report& report) override {
    if (panic_ == Panic::kMessage) return panic_message(line.text, report);
    if (begins_panic(line.text, report)) return true;
    if (header_) return after_header(line, report);
    if (const auto header = header_of(line.text)) {
      keep(*header);
      return true;
    }
    if (short_form(line, report)) return true;
    if (inside_ || panic_ == Panic::kDetails) return detail(line.text, report);
    return test_line(line.text, report);
  }

  void end(Report& report) override {
    excerpt_.end(report);
    drop_header(report);
  }

 private:
  enum class Panic { kNone, kMessage, kDetails };

  void keep(const Header& header) {
    header_ = Diagnostic{.severity = header.severity,
                         .code = std::string(header.code),
                         .message = std::string(header.text),
                         .source = "rustc",
                         .columns = ColumnUnit::kCharacter};
  }

  // Its place, or else it has none.
  bool after_header(const Line& line, Report& report) {
    Cursor cursor(trimmed(line.text));
    const auto at = cursor.take("--> ") ? colon_place(cursor.rest()) : std::nullopt;
    if (at) {
      header_->place = at->place;
      excerpt_.begin(at->place);
      report.add(*std::exchange(header_, std::nullopt));
      return inside_ = seen_ = true;
    }
    drop_header(report);
    return read(line, report);
  }

  void drop_header(Report& report) {
    if (!header_) return;
    const bool tells =
        seen_ && header_->severity == Severity::kError && !is_summary(header_->message);
    if (tells || !header_->code.empty()) report.add(std::move(*header_));
    header_.reset();
  }

  // "src/lib.rs:4:14: error[E0425]: text"
  static bool short_form(const Line& line, Report& report) {
    if (!line.at || extension(line.at->place.path) != ".rs") return false;
    const auto header = header_of(line.at->message());
    if (!header) return false;
    report.add({.place = line.at->place,
                .severity = header->severity,
                .code = std::string(header->code),
                .message = std::string(header->text),
                .source = "rustc",
                .columns = ColumnUnit::kCharacter});
    return true;
  }

  // The lines of a complaint, or of an assertion that failed, up to an empty one.
  bool detail(std::string_view text, Report& report) {
    if (text.empty() || text.starts_with("stack backtrace:") ||
        text.starts_with("note: run with")) {
      excerpt_.end(report);
      inside_ = false;
      panic_ = Panic::kNone;
      return true;
    }
    if (panic_ == Panic::kDetails) {
      report.note(text);
      return true;
    }
    Cursor cursor(trimmed(text));
    if (cursor.take("::: ")) {
      if (const auto at = colon_place(cursor.rest())) report.note("see", at->place);
    } else if (text.starts_with("help: ") || text.starts_with("note: ")) {
      report.note(text);
      excerpt_.begin_part(text, report);
    } else if (cursor.take("= ")) {
      report.note(cursor.rest());
    } else {
      excerpt_.line(text, report);
    }
    return true;
  }

  // "thread 'tests::halves' (42) panicked at src/lib.rs:5:27:"; the message on the next line. Before
  // Rust 1.73: "panicked at 'message', src/lib.rs:5:27".
  bool begins_panic(std::string_view text, Report& report) {
    Cursor cursor(text);
    if (!cursor.take("thread '")) return false;
    const auto name = cursor.take_until("'");
    if (name && cursor.rest().ends_with("has overflowed its stack")) {
      report.add(
          {.message = "has overflowed its stack", .source = "rustc", .test = std::string(*name)});
      return true;
    }
    if (!name || !cursor.take_until("panicked at ")) return false;
    Diagnostic found{.source = "rustc", .test = *name == "main" ? "" : std::string(*name)};
    if (found.test.empty()) found.code = "panic";  // what no compiler says
    if (const std::size_t quote = cursor.rest().rfind("', ");
        cursor.rest().starts_with('\'') && quote != 0 && quote != std::string_view::npos) {
      found.message = cursor.rest().substr(1, quote - 1);
      cursor = Cursor(cursor.rest().substr(quote + 3));
    }
    const auto at = colon_place(cursor.rest());
    if (!at) return false;
    found.place = at->place;
    panic_ = found.message.empty() ? Panic::kMessage : Panic::kDetails;
    report.add(std::move(found));
    return true;
  }

  bool panic_message(std::string_view text, Report& report) {
    panic_ = Panic::kDetails;
    if (Diagnostic* open = report.open()) open->message = clean_text(text);
    return true;
  }

  bool test_line(std::string_view text, Report& report) {
    Cursor cursor(text);
    for (const std::string_view verb : {"   Compiling ", "    Checking ", "    Finished "})
      if (cursor.take(verb)) return seen_ = true;
    if (!cursor.take("---- ")) return false;
    const auto name = cursor.take_until(" stdout ----");
    if (name) report.close();
    return name.has_value();
  }

  std::optional<Diagnostic> header_;  // its place is to come
  bool inside_ = false;
  bool seen_ = false;  // this is rustc or cargo: an error without a place is one of theirs
  Panic panic_ = Panic::kNone;
  RustcExcerpt excerpt_;
};

}  // namespace

std::unique_ptr<Reader> read_rustc() {
  return make_reader<RustcReader>();
}

}  // namespace curlew::assist
