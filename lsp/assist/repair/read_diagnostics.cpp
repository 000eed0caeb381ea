// The table of readers, and the way of the output through it: whole JSON documents first, then
// line by line to each reader until one takes it.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "lsp/assist/repair/diagnostic.h"
#include "lsp/assist/repair/readers/reader.h"

namespace curlew::assist {
namespace {

using nlohmann::json;

// Those that know more of a form stand before those that know less: tsc's "error TS2304" before any
// "error:", a test runner before the language whose stack it prints.
constexpr std::unique_ptr<Reader> (*kLineReaders[])() = {
    read_make,   read_cmake,     read_gtest, read_python,      read_pytest,   read_rustc, read_tsc,
    read_go,     read_tap,       read_java,  read_python_lint, read_eslint,   read_node,  read_nvcc,
    read_linker, read_sanitizer, read_gcc,   read_shell,       read_anything,
};
constexpr bool (*kJsonReaders[])(const json&, Report&) = {
    read_rustc_json, read_sarif, read_eslint_json, read_gcc_json, read_python_lint_json,
};

constexpr std::size_t kDocumentBytesMax = std::size_t{32} << 20;  // what is larger is no document
constexpr int kDocumentDepthMax = 100;

// The output's next line, without its end.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

// Escape sequences of terminals (ECMA-48): CSI, OSC, and those of two characters.
void append_without_escapes(std::string_view text, std::string& out) {
  while (!text.empty()) {
    const std::size_t escape = std::min(text.find('\x1b'), text.size());
    out += text.substr(0, escape);
    text.remove_prefix(std::min(escape + 1, text.size()));
    if (text.empty()) return;
    std::size_t end = 0;
    if (text.front() == '[')
      end =
          text.find_first_of("@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~", 1);
    else if (text.front() == ']')
      end = text.find_first_of("\x07\x1b", 1);
    if (end == text.npos) return;
    text.remove_prefix(end + (text[end] != '\x1b'));
  }
}

// What a terminal would show of a line: no colours, and of several texts written over each other the
// last. `storage` holds it where it is not a part of the line.
std::string_view visible(std::string_view line, std::string& storage) {
  while (line.ends_with('\r')) line.remove_suffix(1);
  if (const std::size_t over = line.rfind('\r'); over != line.npos) line.remove_prefix(over + 1);
  line = line.substr(0, kLineBytesMax);
  if (line.find('\x1b') == line.npos) return line;
  storage.clear();
  append_without_escapes(line, storage);
  return storage;
}

// Where a document that begins at the start of `text` ends: behind the bracket that closes the first.
// 0: nowhere within the limits. `read` counts the bytes looked at.
std::size_t document_bytes(std::string_view text, std::size_t& read) {
  int depth = 0;
  bool quoted = false;
  text = text.substr(0, kDocumentBytesMax);
  for (std::size_t i = 0; i < text.size(); ++i, ++read) {
    const char c = text[i];
    if (quoted) {
      i += c == '\\';
      quoted = c != '"';
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kDocumentDepthMax) return 0;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return i + 1;
    }
  }
  return 0;
}

class Driver {
 public:
  explicit Driver(const ReadOptions& options) : report_(options) {
    for (const auto make : kLineReaders) readers_.push_back(make());
  }

  std::vector<Diagnostic> read(std::string_view output) {
    scan_bytes_left_ = kScansMax * output.size();
    while (!output.empty() && !report_.full())
      if (!read_document(output)) read_line(take_line(output));
    for (const auto& reader : readers_) reader->end(report_);
    return report_.take();
  }

 private:
  // Brackets that never close would be looked for again from every line: so many times the output is
  // gone through for documents, and then no more.
  static constexpr std::size_t kScansMax = 4;

  // A document begins a line: `{` or `[`, with a quote or another bracket behind it.
  bool read_document(std::string_view& output) {
    if (output.front() != '{' && output.front() != '[') return false;
    const std::size_t next = output.find_first_not_of(" \t\r\n", 1);
    if (next == output.npos ||
        std::string_view("\"{[").find(output[next]) == std::string_view::npos)
      return false;
    std::size_t scanned = 0;
    const std::size_t bytes = scan_bytes_left_ == 0 ? 0 : document_bytes(output, scanned);
    scan_bytes_left_ -= std::min(scan_bytes_left_, scanned);
    if (bytes == 0) return false;
    const json document = json::parse(output.substr(0, bytes), nullptr, /*allow_exceptions=*/false);
    if (document.is_discarded() || !take(document)) return false;
    output.remove_prefix(bytes);
    return true;
  }

  bool take(const json& document) {
    if (const auto wrapped = go_test_output(document)) {
      std::string_view lines = *wrapped;
      while (!lines.empty()) read_line(take_line(lines));
      return true;
    }
    return std::any_of(std::begin(kJsonReaders), std::end(kJsonReaders),
                       [&](const auto reader) { return reader(document, report_); });
  }

  void read_line(std::string_view raw) {
    Line line{visible(raw, storage_), {}};
    line.at = colon_place(line.text);
    for (const auto& reader : readers_)
      if (reader->read(line, report_)) return;
  }

  Report report_;
  std::vector<std::unique_ptr<Reader>> readers_;
  std::string storage_;
  std::size_t scan_bytes_left_ = 0;
};

}  // namespace

std::vector<Diagnostic> read_diagnostics(std::string_view output, const ReadOptions& options) {
  return Driver(options).read(output);
}

bool same_complaint(const Diagnostic& a, const Diagnostic& b) {
  return a.place.path == b.place.path && a.code == b.code && a.message == b.message &&
         a.test == b.test;
}

std::size_t count_same(const std::vector<Diagnostic>& all, const Diagnostic& one) {
  return static_cast<std::size_t>(std::ranges::count_if(
      all, [&](const Diagnostic& other) { return same_complaint(one, other); }));
}

std::vector<Diagnostic> new_complaints(const std::vector<Diagnostic>& before,
                                       const std::vector<Diagnostic>& after) {
  std::vector<Diagnostic> fresh;
  for (const Diagnostic& d : after)
    if (count_same(after, d) > count_same(before, d)) fresh.push_back(d);
  return fresh;
}

}  // namespace curlew::assist
