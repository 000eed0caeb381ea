// JavaScript that ran: node's uncaught errors, and the failures of mocha, jest and vitest, which
// print a title, a message and a stack. Columns are UTF-16 code units.
#include "lsp/assist/repair/readers/reader.h"
#include "lsp/assist/repair/readers/traceback.h"

namespace curlew::assist {
namespace {

constexpr std::string_view kJestTitle = "\u25cf ", kVitestFrame = "\u276f ";

bool is_script(std::string_view path) {
  constexpr std::string_view kEnds[] = {".js",  ".mjs", ".cjs", ".ts",  ".mts",
                                        ".cts", ".jsx", ".tsx", ".vue", ".svelte"};
  return std::find(std::begin(kEnds), std::end(kEnds), extension(path)) != std::end(kEnds);
}

// "at f (a.js:2:21)", "at a.js:2:21", vitest's arrow.
struct Frame {
  SourcePlace place;
  std::string function;
};
std::optional<Frame> frame_of(std::string_view text) {
  Cursor cursor(text);
  if (!cursor.take("at ") && !cursor.take(kVitestFrame)) return std::nullopt;
  cursor.take("async ");
  std::string_view where = cursor.rest(), function;
  const std::size_t space = where.ends_with(')') ? where.rfind(" (") : where.rfind(' ');
  if (space != where.npos) {
    function = where.substr(0, space);
    where = where.substr(space + (where.ends_with(')') ? 2 : 1));
  }
  const auto at = colon_place(where);
  if (!at || !(is_script(at->place.path) || at->place.path.starts_with("node:")))
    return std::nullopt;
  return Frame{at->place, std::string(function)};
}

// "ReferenceError: text", "AssertionError [ERR_ASSERTION]: text"
bool is_error(std::string_view text) {
  Cursor cursor(text);
  cursor.take("Uncaught ");
  const std::string_view name = cursor.take_while(is_word);
  if (cursor.take(" [")) cursor.take_until("]");
  return name.ends_with("Error") && cursor.take(": ");
}

// A line of the source that jest shows: "  > 3 |   test(...", "    |    ^".
bool is_excerpt(std::string_view text) {
  Cursor cursor(text);
  cursor.take(">");
  cursor.skip_spaces();
  cursor.take_while(is_digit);
  cursor.skip_spaces();
  return cursor.take("|");
}

class NodeReader : public Reader {
 public:
  bool read(const Line& line, Report& report) override {
    const std::string_view text = trimmed(line.text);
    if (const auto frame = frame_of(text)) {
      frames_.add(frame->place, frame->function);
      return true;
    }
    if (!frames_.empty()) finish(report);
    if (line.at && line.at->rest.empty() && is_script(line.at->place.path)) {
      thrown_at_ = line.at->place;  // node names the place first
      return true;
    }
    if (title(line.text, text)) return true;
    if (is_error(text) && (!in_test_ || details_.empty() || line.text.starts_with(text)))
      details_.clear();
    if (details_.empty() ? in_test_ || is_error(text) : true) detail(text);
    return in_test_ && indent_bytes(line.text) > 0;
  }

  void end(Report& report) override { finish(report); }

 private:
  // Mocha: "  1) birds", then "       halves:"; jest: "  * birds > halves"; vitest: " FAIL  file >
  // birds > halves".
  bool title(std::string_view line, std::string_view text) {
    if (title_goes_on_) {
      title_goes_on_ = !text.ends_with(':') && !text.empty();
      if (!text.empty()) {
        test_ += ' ';
        test_ += text.substr(0, text.size() - text.ends_with(':'));
      }
      return true;
    }
    Cursor cursor(text);
    const bool mocha = line.starts_with("  ") && cursor.take_number() && cursor.take(") ");
    const bool jest = !mocha && cursor.take(kJestTitle);
    const bool vitest = !mocha && !jest && line.starts_with(" FAIL  ") && cursor.take("FAIL  ");
    if (!mocha && !jest && !vitest) return false;
    details_.clear();
    thrown_at_ = {};
    if (vitest && cursor.rest().find(" > ") != std::string_view::npos) cursor.take_until(" > ");
    test_ = cursor.rest();
    in_test_ = true;
    title_goes_on_ = mocha && !test_.ends_with(':');
    if (mocha && test_.ends_with(':')) test_.pop_back();
    return true;
  }

  void detail(std::string_view text) {
    if (!text.empty() && !is_excerpt(text) && details_.size() < kNotesMax)
      details_.emplace_back(text);
  }

  void finish(Report& report) {
    const SourcePlace frame = frames_.place(report, Frames::Innermost::kFirst);
    const SourcePlace place =
        report.is_own(frame.path) || thrown_at_.path.empty() ? frame : thrown_at_;
    if (!details_.empty() && !place.path.empty()) {
      Cursor cursor(details_.front());
      Diagnostic found{
          .place = place, .source = "node", .test = test_, .columns = ColumnUnit::kUtf16};
      if (is_error(cursor.rest())) {
        cursor.take("Uncaught ");
        found.code = Cursor(cursor.rest()).take_while(is_word);
        cursor.take_until(": ");
      }
      found.message = cursor.rest();
      report.add(std::move(found));
      for (std::size_t i = 1; i < details_.size(); ++i) report.note(details_[i]);
      frames_.note(report, place);
    }
    details_.clear();
    frames_ = {};
    thrown_at_ = {};
    test_.clear();
    in_test_ = false;
  }

  SourcePlace thrown_at_;
  std::string test_;
  bool in_test_ = false, title_goes_on_ = false;
  std::vector<std::string> details_;  // the message, then what explains it
  Frames frames_;
};

}  // namespace

std::unique_ptr<Reader> read_node() {
  return make_reader<NodeReader>();
}

}  // namespace curlew::assist
