#include "indexer/source/content.h"

#include <algorithm>
#include <iterator>

namespace curlew::indexer {
namespace {

constexpr std::size_t kLineBytesMeanMax = 500;
constexpr std::size_t kLineBytesMax = 20'000;
constexpr std::size_t kLiteralBytesMin = 1'000;  // of data in quotes
constexpr std::size_t kBytesASignMin = 50;       // code has more signs than that

// Whether what stands in quotes is no code: code between two strings, or in one that is evaluated
// later, is full of these signs.
bool is_data(std::string_view quoted) {
  const auto signs = std::count_if(quoted.begin(), quoted.end(), [](char c) {
    return c == ';' || c == '{' || c == '}' || c == '(' || c == ')';
  });
  return static_cast<std::size_t>(signs) * kBytesASignMin < quoted.size();
}

// Of a line, without long data in quotes.
std::size_t typed_bytes(std::string_view line) {
  std::size_t bytes = line.size();
  if (bytes < kLiteralBytesMin) return bytes;
  for (std::size_t at = 0; (at = line.find_first_of("\"'`", at)) != std::string_view::npos;) {
    std::size_t end = at + 1;
    while (end < line.size() && line[end] != line[at]) end += line[end] == '\\' ? 2 : 1;
    if (end >= line.size()) {  // a lone quote
      ++at;
      continue;
    }
    const std::string_view quoted = line.substr(at + 1, end - at - 1);
    if (quoted.size() >= kLiteralBytesMin && is_data(quoted)) bytes -= quoted.size();
    at = end + 1;
  }
  return bytes;
}

}  // namespace

bool is_binary(std::string_view text) {
  return text.substr(0, kBinaryLookBytes).find('\0') != std::string_view::npos;
}

bool is_minified(const Language& language, std::string_view text) {
  static constexpr std::string_view kLanguages[] = {"javascript", "typescript", "tsx",
                                                    "css",        "html",       "json"};
  if (std::find(std::begin(kLanguages), std::end(kLanguages), language.name) ==
      std::end(kLanguages)) {
    return false;
  }
  std::size_t line_count = 0, bytes = 0, long_bytes = 0;
  for (std::string_view rest = text; !rest.empty(); ++line_count) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    const std::size_t line_bytes = typed_bytes(line);
    bytes += line_bytes;
    if (line_bytes > kLineBytesMax) long_bytes += line_bytes;
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  }
  return 2 * long_bytes > bytes || bytes > line_count * kLineBytesMeanMax;
}

}  // namespace curlew::indexer
