// gcc and clang, and the many that print as they do: "FILE:LINE:COLUMN: error: text [-Wswitch]"
// (clang-tidy, shellcheck -f gcc, javac without its own reader, UBSan's "runtime error"). Columns:
// clang's are bytes; gcc's are columns of a display since version 11, the same for ASCII without
// tabs; those of fix-its are bytes with both.
#include "lsp/assist/repair/readers/reader.h"

namespace curlew::assist {
namespace {

// "-Wswitch", "-Werror=switch", "-Werror,-Wswitch" -> "-Wswitch"
std::string switch_of(std::string code) {
  if (code.starts_with("-Werror=")) return "-W" + code.substr(8);
  if (code.starts_with("-Werror,")) return code.substr(8);
  return code;
}

// `"a.cpp":{6:14-6:14}:";"`, the text escaped as in C.
std::optional<FixIt> parse_fixit(Cursor cursor) {
  FixIt fixit;
  if (!cursor.take("\"")) return std::nullopt;
  const auto path = cursor.take_until("\":{");
  if (!path || path->size() > kPathBytesMax) return std::nullopt;
  fixit.place.path = *path;
  SourcePlace& place = fixit.place;
  const std::pair<int*, std::string_view> numbers[] = {{&place.line, ":"},
                                                       {&place.column, "-"},
                                                       {&place.end_line, ":"},
                                                       {&place.end_column, "}:\""}};
  for (const auto& [number, behind] : numbers) {
    const auto value = cursor.take_number();
    if (!value || !cursor.take(behind)) return std::nullopt;
    *number = *value;
  }
  std::string_view text = cursor.rest();
  if (!text.ends_with('"')) return std::nullopt;
  text.remove_suffix(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char escaped = text[i] == '\\' && i + 1 < text.size() ? text[++i] : '\0';
    const auto octal = [&](std::size_t at) {
      return at < text.size() && text[at] >= '0' && text[at] <= '7';
    };
    if (escaped != '\0' && octal(i) && octal(i + 1) && octal(i + 2)) {  // a byte beyond ASCII
      fixit.text +=
          static_cast<char>((text[i] - '0') * 64 + (text[i + 1] - '0') * 8 + (text[i + 2] - '0'));
      i += 2;
    } else {
      fixit.text += escaped == 'n'    ? '\n'
                    : escaped == 't'  ? '\t'
                    : escaped != '\0' ? escaped
                                      : text[i];
    }
  }
  return fixit;
}

class GccReader : public Reader {
 public:
  bool read(const Line& line, Report& report) override {
    Cursor cursor(line.text);
    if (cursor.take("fix-it:")) {
      if (auto fixit = parse_fixit(cursor)) report.fixit(std::move(*fixit));
      return true;
    }
    if (included(cursor, report)) return true;
    if (line.at) return placed(*line.at, report);
    return without_place(cursor, report) || introduces(line.text);
  }

 private:
  // "In file included from a.h:3,", "                 from b.cpp:1:"
  bool included(Cursor cursor, Report& report) {
    const bool first = cursor.take("In file included from ");
    if (!first && !(in_includes_ && cursor.skip_spaces() > 0 && cursor.take("from ")))
      return in_includes_ = false;
    if (const auto at = colon_place(cursor.rest())) report.context("included here", at->place);
    return in_includes_ = true;
  }

  static bool placed(const Placed& at, Report& report) {
    std::string_view text = at.message();
    if (text.starts_with("required from") || text.starts_with("recursively required from")) {
      report.context(text, at.place);
      return true;
    }
    Cursor cursor(text);
    const auto severity = take_severity(cursor);
    if (!severity) return false;
    text = cursor.rest();
    if (*severity == Severity::kNote && report.open() != nullptr) {
      report.note(text, at.place);
      return true;
    }
    std::string code = switch_of(take_code_suffix(text, '[', ']'));
    report.add({.place = at.place,
                .severity = *severity,
                .code = std::move(code),
                .message = std::string(text),
                .source = "gcc"});
    return true;
  }

  // "cc1plus: fatal error: a.cpp: No such file or directory", "clang: error: ..."
  static bool without_place(Cursor cursor, Report& report) {
    constexpr std::string_view kPrograms[] = {
        "cc1plus: ", "cc1: ", "gcc: ", "g++: ", "clang: ", "clang++: ", "cc: ", "c++: "};
    for (const std::string_view program : kPrograms) {
      if (!cursor.take(program)) continue;
      const auto severity = take_severity(cursor);
      if (!severity) return false;
      if (*severity == Severity::kNote || cursor.rest().starts_with("linker command failed"))
        report.note(cursor.rest());
      else
        report.add({.severity = *severity, .message = std::string(cursor.rest()), .source = "gcc"});
      return true;
    }
    return false;
  }

  // "a.cpp: In function 'f':"
  static bool introduces(std::string_view text) {
    constexpr std::string_view kWords[] = {
        ": In function ",     ": In member function ",  ": In constructor ",
        ": At global scope:", ": In instantiation of ", ": In lambda function"};
    return std::any_of(std::begin(kWords), std::end(kWords),
                       [&](std::string_view word) { return text.find(word) != text.npos; });
  }

  bool in_includes_ = false;
};

}  // namespace

std::unique_ptr<Reader> read_gcc() {
  return make_reader<GccReader>();
}

}  // namespace curlew::assist
