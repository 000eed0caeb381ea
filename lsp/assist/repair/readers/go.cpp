// go build, vet and test, as text; go_test_output() unwraps `go test -json`. Columns are bytes.
//
// A test names its file without its folder; the package that is named afterwards tells it, once
// the module's own name is known from go.mod in the folder where go ran or above it.
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "lsp/assist/repair/readers/reader.h"
#include "lsp/assist/repair/readers/traceback.h"

namespace curlew::assist {
namespace {

namespace fs = std::filesystem;

struct Module {
  std::string name, folder;  // folder: relative to the root
};

Module module_of(const ReadOptions& options) {
  constexpr int kLinesMax = 50;
  const fs::path root(options.root);
  for (fs::path folder = fs::path(options.folder).lexically_normal();;
       folder = folder.parent_path()) {
    std::ifstream file(root / folder / "go.mod");
    std::string line;
    for (int i = 0; i < kLinesMax && std::getline(file, line); ++i)
      if (line.starts_with("module "))
        return {std::string(trimmed(line.substr(7))), folder == "." ? "" : folder.generic_string()};
    if (folder.empty() || folder == "." || folder == folder.root_path()) return {};
  }
}

bool is_go(std::string_view path) {
  return path.ends_with(".go");
}

class GoReader : public Reader {
 public:
  bool read(const Line& line, Report& report) override {
    if (failed_test(line.text) || package_end(line.text, report) || panic(line.text, report))
      return true;
    if (line.at && is_go(line.at->place.path)) return build_error(*line.at, report);
    Cursor cursor(line.text);
    if (cursor.take("vet: "))
      if (const auto at = colon_place(cursor.rest())) return build_error(*at, report);
    return test_line(line.text) || continuation(line.text, report);
  }

  void end(Report& report) override { flush("", report); }

 private:
  static bool build_error(const Placed& at, Report& report) {
    Cursor cursor(at.message());
    const Severity severity = take_severity(cursor).value_or(Severity::kError);
    report.add({.place = at.place,
                .severity = severity,
                .message = std::string(cursor.rest()),
                .source = "go"});
    return true;
  }

  // "	have (int)", "	want (string)"
  static bool continuation(std::string_view text, Report& report) {
    const Diagnostic* open = report.open();
    if (!text.starts_with('\t') || open == nullptr || open->source != "go") return false;
    report.note(text);
    return true;
  }

  // "    --- FAIL: TestHalf/case (0.00s)", "=== RUN   TestHalf/case"
  bool failed_test(std::string_view text) {
    Cursor cursor(trimmed(text));
    const bool failed = cursor.take("--- FAIL: ");
    if (!failed && !cursor.take("=== RUN ") && !cursor.take("--- PASS: ")) return false;
    cursor.skip_spaces();
    test_ = cursor.rest().substr(0, cursor.rest().rfind(" ("));
    if (failed) keep({.message = "failed", .source = "go", .test = test_});
    return true;
  }

  // "        store_test.go:9: Half(4) = 8, want 2", and what is indented deeper below it.
  bool test_line(std::string_view text) {
    const std::size_t indent = indent_bytes(text);
    if (test_.empty() || indent == 0) return false;
    const auto at = colon_place(text.substr(indent));
    if (at && is_go(at->place.path)) {
      message_indent_ = indent;
      keep({.place = at->place,
            .message = std::string(at->message()),
            .source = "go",
            .test = test_});
      return true;
    }
    const bool more = message_indent_ > 0 && indent > message_indent_ && !pending_.empty();
    if (more && pending_.back().notes.size() < kNotesMax)
      pending_.back().notes.push_back({{}, std::string(trimmed(text))});
    return more;
  }

  void keep(Diagnostic diagnostic) {
    if (pending_.size() < kDiagnosticsMax) pending_.push_back(std::move(diagnostic));
  }

  // "panic: text", then goroutines with their frames.
  bool panic(std::string_view text, Report& report) {
    Cursor cursor(trimmed(text));
    if (cursor.take("panic: ")) {
      if (panic_.empty()) panic_ = cursor.rest().substr(0, cursor.rest().find(" [recovered]"));
      return true;
    }
    if (panic_.empty()) return false;
    const auto at = text.starts_with('\t') ? colon_place(trimmed(text)) : std::nullopt;
    if (at && is_go(at->place.path)) frames_.add(at->place, "");
    if (text.starts_with("FAIL") || text.starts_with("exit status")) end_panic(report);
    return at || text.starts_with("goroutine ") || text.starts_with("created by ") || text.empty();
  }

  void end_panic(Report& report) {
    if (!frames_.empty())
      keep({.place = frames_.place(report, Frames::Innermost::kFirst),
            .message = panic_,
            .source = "go",
            .test = test_});
    panic_.clear();
    frames_ = {};
  }

  // "FAIL	example.com/birds/store	0.1s"
  bool package_end(std::string_view text, Report& report) {
    Cursor cursor(text);
    if (!cursor.take("FAIL\t") && !cursor.take("ok  \t")) return text == "FAIL" && panic_.empty();
    end_panic(report);
    const std::string_view package = cursor.take_while([](char c) { return c > ' '; });
    flush(package, report);
    return true;
  }

  void flush(std::string_view package, Report& report) {
    end_panic(report);
    const std::string folder = folder_of(package, report);
    std::vector<Diagnostic> telling;
    std::copy_if(pending_.begin(), pending_.end(), std::back_inserter(telling),
                 [&](const Diagnostic& found) { return tells_more(found); });
    for (Diagnostic& found : telling) {
      std::string& path = found.place.path;
      if (!folder.empty() && !path.empty() && path.find('/') == path.npos) path = folder + path;
      const std::vector<Diagnostic::Note> notes = std::exchange(found.notes, {});
      report.add(std::move(found));
      for (const Diagnostic::Note& note : notes) report.note(note.message);
    }
    pending_.clear();
    test_.clear();
    message_indent_ = 0;
  }

  // A test's bare "failed" says nothing where it, or a part of it, says why.
  bool tells_more(const Diagnostic& found) const {
    if (!found.place.path.empty()) return true;
    return std::none_of(pending_.begin(), pending_.end(), [&](const Diagnostic& other) {
      return &other != &found && other.test.starts_with(found.test) &&
             (other.place.line != 0 || other.test.size() > found.test.size());
    });
  }

  // As a prefix of a path, printed where go ran; "" where it is not known.
  std::string folder_of(std::string_view package, const Report& report) {
    if (package.empty()) return {};
    if (!module_) module_ = module_of(report.options());
    Cursor cursor(package);
    if (module_->name.empty() || !cursor.take(module_->name)) return {};
    const fs::path folder = fs::path(report.options().root) / module_->folder;
    return folder.generic_string() + std::string(cursor.rest()) + "/";
  }

  std::string test_, panic_;
  std::size_t message_indent_ = 0;
  Frames frames_;
  std::vector<Diagnostic> pending_;  // of the package that is being tested
  std::optional<Module> module_;
};

}  // namespace

std::unique_ptr<Reader> read_go() {
  return make_reader<GoReader>();
}

std::optional<std::string> go_test_output(const nlohmann::json& document) {
  if (!document.is_object() || !document.contains("Action")) return std::nullopt;
  const auto output = document.find("Output");
  return output != document.end() && output->is_string() ? output->get<std::string>() : "";
}

}  // namespace curlew::assist
