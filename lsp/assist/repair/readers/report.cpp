#include "lsp/assist/repair/readers/report.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "lsp/assist/repair/readers/scan.h"

namespace curlew::assist {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

// Bytes of the UTF-8 character at the start of `text`; 0: there is none (RFC 3629).
std::size_t character_bytes(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < bytes) return 0;
  for (std::size_t i = 1; i < bytes; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  const bool overlong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
  const bool none = (first == 0xed && byte(1) > 0x9f) || (first == 0xf4 && byte(1) > 0x8f);
  return overlong || none ? 0 : bytes;
}

bool is_absolute(std::string_view path) {
  return path.starts_with('/') || (path.size() > 2 && path[1] == ':' && path[2] == '/');
}

// Without "." and "a/..", by text alone: the file need not exist here.
std::string normal(std::string_view path) {
  std::string result = std::filesystem::path(path).lexically_normal().generic_string();
  while (result.size() > 1 && result.ends_with('/')) result.pop_back();
  return result == "." ? "" : result;
}

int hex(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

}  // namespace

std::string clean_text(std::string_view text) {
  text = trimmed(text);
  std::string out;
  while (!text.empty() && out.size() < kMessageBytesMax) {
    const std::size_t bytes = character_bytes(text);
    if (bytes == 1 && (static_cast<unsigned char>(text[0]) < 0x20 || text[0] == 0x7f))
      out += ' ';
    else
      out += bytes == 0 ? kReplacement : text.substr(0, bytes);
    text.remove_prefix(std::max<std::size_t>(bytes, 1));
  }
  return out;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape =
        text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0;
    out += escape ? static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2])) : text[i];
    if (escape) i += 2;
  }
  return out;
}

Report::Report(const ReadOptions& options) : options_(options) {
  options_.root = normal(options.root);
  folders_.push_back("");
  folders_.back() = path_of(options.folder);
}

std::string Report::path_of(std::string_view printed) const {
  if (printed.empty()) return {};
  std::string path(printed);
  if (path.starts_with("file://")) path = percent_decoded(printed.substr(7));
  if (path.find('/') == path.npos) std::replace(path.begin(), path.end(), '\\', '/');
  if (!is_absolute(path) && !folders_.back().empty()) path = folders_.back() + "/" + path;
  path = normal(path);
  if (!is_absolute(path)) return path;
  const std::string& root = options_.root;
  if (path == root) return {};
  const bool inside =
      !root.empty() && path.starts_with(root) && (root.ends_with('/') || path[root.size()] == '/');
  return inside ? path.substr(root.size() + !root.ends_with('/')) : path;
}

bool Report::is_own(std::string_view printed) const {
  constexpr std::string_view kForeign[] = {
      "node_modules/", "site-packages/", "dist-packages/", "/.cargo/",
      "/rustc/",       "node:",          "lib/python3",    "go/pkg/mod/"};
  const std::string path = path_of(printed);
  if (path.empty() || is_absolute(path) || path.starts_with("../")) return false;
  return std::none_of(std::begin(kForeign), std::end(kForeign),
                      [&](std::string_view part) { return path.find(part) != path.npos; });
}

void Report::enter_folder(std::string_view path) {
  if (folders_.size() < kFoldersMax) folders_.push_back(path_of(path));
}

// Of several that run at the same time, the one that ends need not be the one that began last.
void Report::leave_folder(std::string_view path) {
  const auto found = std::find(folders_.rbegin(), folders_.rend() - 1, path_of(path));
  if (found != folders_.rend() - 1) folders_.erase(std::next(found).base());
}

void Report::add(Diagnostic diagnostic) {
  close();
  diagnostic.place.path = path_of(diagnostic.place.path);
  diagnostic.message = clean_text(diagnostic.message);
  diagnostic.code = clean_text(diagnostic.code);
  diagnostic.test = clean_text(diagnostic.test.empty() ? test_ : diagnostic.test);
  open_ = std::move(diagnostic);
  open_.notes = std::exchange(context_, {});
  is_open_ = true;
  if (!open_.test.empty() && tests_.size() < kDiagnosticsMax) tests_.insert(open_.test);
}

void Report::note(std::string_view message, SourcePlace place) {
  if (!is_open_ || open_.notes.size() >= kNotesMax) return;
  place.path = path_of(place.path);
  std::string text = clean_text(message);
  if (!text.empty()) open_.notes.push_back({std::move(place), std::move(text)});
}

void Report::fixit(FixIt fixit) {
  if (!is_open_ || open_.fixits.size() >= kFixitsMax) return;
  fixit.place.path = path_of(fixit.place.path);
  open_.fixits.push_back(std::move(fixit));
}

void Report::context(std::string_view message, SourcePlace place) {
  if (context_.size() >= kNotesMax) return;
  place.path = path_of(place.path);
  context_.push_back({std::move(place), clean_text(message)});
}

bool Report::is_repeat(const Diagnostic& d) {
  std::string key = d.place.path + '\0' + d.code + '\0' + d.message + '\0' + d.test + '\0' +
                    std::to_string(d.place.line) + ':' + std::to_string(d.place.column);
  return !keys_.insert(std::move(key)).second;
}

void Report::close() {
  if (!std::exchange(is_open_, false)) return;
  std::size_t& count = open_.severity == Severity::kError ? errors_ : others_;
  if (count >= kDiagnosticsMax || is_repeat(open_)) return;
  ++count;
  kept_.push_back(std::move(open_));
}

std::vector<Diagnostic> Report::take() {
  close();
  return std::move(kept_);
}

}  // namespace curlew::assist
