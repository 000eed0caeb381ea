#include "lsp/assist/repair/readers/scan.h"

#include <array>

namespace curlew::assist {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\v\f";

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Whether it may be a path where the form of the line says that one stands there.
bool may_be_path(std::string_view path) {
  if (path.empty() || path.size() > kPathBytesMax) return false;
  if (kBlanks.find(path.front()) != kBlanks.npos || kBlanks.find(path.back()) != kBlanks.npos)
    return false;
  if (path.find("://") != path.npos && !path.starts_with("file://")) return false;
  return std::none_of(path.begin(), path.end(), [](unsigned char c) {
    return c < 0x20 || c == '<' || c == '>' || c == '"' || c == '|' || c == '`';
  });
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::optional<int> Cursor::take_number() {
  std::size_t n = 0;
  int value = 0;
  for (; n < rest_.size() && is_digit(rest_[n]); ++n) {
    if (n == 9) return std::nullopt;
    value = value * 10 + (rest_[n] - '0');
  }
  if (n == 0) return std::nullopt;
  rest_.remove_prefix(n);
  return value;
}

std::string_view Placed::message() const {
  Cursor cursor(rest);
  cursor.take(":");
  return trimmed(cursor.rest());
}

std::optional<Placed> colon_place(std::string_view text) {
  const std::string_view head = text.substr(0, kPathBytesMax + 2);
  for (std::size_t at = head.find(':'); at != head.npos; at = head.find(':', at + 1)) {
    Cursor cursor(text.substr(at + 1));
    const std::optional<int> line = cursor.take_number();
    if (!line) continue;
    if (*line == 0 || !may_be_path(text.substr(0, at))) return std::nullopt;
    Placed placed{{std::string(text.substr(0, at)), *line}, {}};
    Cursor behind = cursor;
    if (behind.take(":"))
      if (const auto column = behind.take_number()) {
        placed.place.column = *column;
        cursor = behind;
      }
    placed.rest = cursor.rest();
    return placed;
  }
  return std::nullopt;
}

std::optional<Placed> paren_place(std::string_view text) {
  const std::string_view head = text.substr(0, kPathBytesMax + 2);
  for (std::size_t at = head.find('('); at != head.npos; at = head.find('(', at + 1)) {
    Cursor cursor(text.substr(at + 1));
    const std::optional<int> line = cursor.take_number();
    const std::optional<int> column = line && cursor.take(",") ? cursor.take_number() : 0;
    if (!line || *line == 0 || !column || !cursor.take(")")) continue;
    if (!may_be_path(text.substr(0, at))) return std::nullopt;
    return Placed{{std::string(text.substr(0, at)), *line, *column}, cursor.rest()};
  }
  return std::nullopt;
}

std::string_view extension(std::string_view path) {
  const std::size_t dot = path.find_last_of("./\\");
  return dot == path.npos || path[dot] != '.' ? std::string_view() : path.substr(dot);
}

bool names_file(std::string_view path) {
  constexpr std::array kBareNames = {"Makefile", "makefile", "GNUmakefile", "Dockerfile", "BUILD",
                                     "justfile", "Rakefile", "Jenkinsfile", "Gemfile"};
  if (!may_be_path(path) || path.find(' ') != path.npos) return false;
  const std::string_view name = path.substr(path.find_last_of("/\\") + 1);
  if (std::find(kBareNames.begin(), kBareNames.end(), name) != kBareNames.end()) return true;
  const std::string_view end = extension(path);
  const bool plain = std::all_of(end.begin() + !end.empty(), end.end(), is_word);
  const bool letters = std::any_of(end.begin(), end.end(), [](char c) { return c > '9'; });
  return end.size() >= 2 && end.size() <= 12 && plain && letters;
}

std::optional<Severity> take_severity(Cursor& cursor) {
  struct Word {
    std::string_view text;
    Severity severity;
  };
  static constexpr Word kWords[] = {
      {"error", Severity::kError},         {"fatal error", Severity::kError},
      {"runtime error", Severity::kError}, {"internal compiler error", Severity::kError},
      {"fatal", Severity::kError},         {"sorry, unimplemented", Severity::kError},
      {"warning", Severity::kWarning},     {"info", Severity::kWarning},
      {"information", Severity::kWarning}, {"style", Severity::kWarning},
      {"remark", Severity::kWarning},      {"note", Severity::kNote},
      {"help", Severity::kNote},           {"hint", Severity::kNote},
  };
  for (const Word& word : kWords) {
    const std::string_view rest = cursor.rest();
    if (rest.size() <= word.text.size() || rest[word.text.size()] != ':') continue;
    const auto same = [](char a, char b) { return lower(a) == b; };
    if (!std::equal(word.text.begin(), word.text.end(), rest.begin(), same)) continue;
    cursor = Cursor(rest.substr(word.text.size() + 1));
    cursor.skip_spaces();
    return word.severity;
  }
  return std::nullopt;
}

std::string take_code_suffix(std::string_view& message, char open, char close) {
  const std::size_t at = message.rfind(open);
  if (at == message.npos || at == 0 || !message.ends_with(close)) return {};
  const std::string_view name = message.substr(at + 1, message.size() - at - 2);
  const auto fits = [](char c) {
    return is_word(c) ||
           (c > ' ' && std::string_view("-+=,./@#:").find(c) != std::string_view::npos);
  };
  if (name.empty() || !std::all_of(name.begin(), name.end(), fits)) return {};
  message = trimmed(message.substr(0, at));
  return std::string(name);
}

}  // namespace curlew::assist
