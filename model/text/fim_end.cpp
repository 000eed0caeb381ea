// Where a middle ends when the model does not say so.

#include <algorithm>

#include "model/text/fim.h"

namespace curlew::model {
namespace {

constexpr std::string_view kBlank = " \t\r\n\f\v";
constexpr std::string_view kOpening = "([{", kClosing = ")]}";
// Shorter lines, such as "}" or "*/", come again by themselves.
constexpr std::size_t kRepeatedLineBytesMin = 4;

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

// The first line with text in it below the one that the cursor stands in.
std::string_view next_line(std::string_view suffix) {
  const std::size_t feed = suffix.find('\n');
  if (feed == std::string_view::npos) return {};
  const std::string_view below = trimmed(suffix.substr(feed));
  return trimmed(below.substr(0, below.find('\n')));
}

// Before the bracket that closes more than the middle opened, where the suffix begins with it.
std::optional<std::size_t> unopened_bracket(std::string_view middle, std::string_view suffix) {
  const std::size_t first = suffix.find_first_not_of(kBlank);
  if (first == std::string_view::npos || kClosing.find(suffix[first]) == std::string_view::npos)
    return std::nullopt;
  int depth = 0;
  for (std::size_t at = 0; at < middle.size(); ++at) {
    if (kOpening.find(middle[at]) != std::string_view::npos) ++depth;
    if (kClosing.find(middle[at]) == std::string_view::npos || --depth >= 0) continue;
    return middle[at] == suffix[first] ? std::optional(at) : std::nullopt;
  }
  return std::nullopt;
}

// Before a whole line that the suffix goes on with.
std::optional<std::size_t> repeated_line(std::string_view middle, std::string_view suffix) {
  const std::string_view wanted = next_line(suffix);
  if (wanted.size() < kRepeatedLineBytesMin) return std::nullopt;
  std::size_t begin = 0;
  for (std::size_t feed = middle.find('\n'); feed != std::string_view::npos;
       feed = middle.find('\n', begin)) {
    if (begin > 0 && trimmed(middle.substr(begin, feed - begin)) == wanted) return begin;
    begin = feed + 1;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::size_t> end_of_middle(const FimFormat& format, std::string_view suffix,
                                         std::string_view middle) {
  if (format.ends_by_itself) return std::nullopt;
  const std::optional<std::size_t> bracket = unopened_bracket(middle, suffix);
  const std::optional<std::size_t> line = repeated_line(middle, suffix);
  if (bracket && line) return std::min(*bracket, *line);
  return bracket ? bracket : line;
}

}  // namespace curlew::model
