#include "lsp/assist/repair/count_tests.h"

#include <charconv>
#include <optional>

namespace curlew::assist {
namespace {

// The number that ends before `at`, blanks aside.
std::optional<int> number_before(std::string_view text, std::size_t at) {
  while (at > 0 && text[at - 1] == ' ') --at;
  std::size_t begin = at;
  while (begin > 0 && text[begin - 1] >= '0' && text[begin - 1] <= '9') --begin;
  int value = 0;
  const auto [end, error] = std::from_chars(text.data() + begin, text.data() + at, value);
  if (begin == at || error != std::errc()) return std::nullopt;
  return value;
}
std::optional<int> number_behind(std::string_view text, std::size_t at) {
  while (at < text.size() && text[at] == ' ') ++at;
  int value = 0;
  const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  return value;
}

struct Summary {
  std::string_view word;  // a number stands before it, or behind it
  bool before;
};
// Added up over all their places: a run may have several runners.
constexpr Summary kSummaries[] = {{" passed", true},   // pytest, cargo, jest
                                  {" failed", true},   // pytest, cargo, jest
                                  {" passing", true},  // mocha
                                  {" failing", true},
                                  {"Ran ", false},                   // unittest
                                  {"[==========] Running ", false},  // GoogleTest
                                  {"tests failed out of ", false},   // ctest
                                  {"# tests ", false},               // TAP, node --test
                                  {"Tests run: ", false}};           // JUnit

int count_lines(std::string_view output, std::string_view head) {
  int count = 0;
  for (std::size_t at = 0; at < output.size();) {
    if (output.substr(at).starts_with(head)) ++count;
    const std::size_t end = output.find('\n', at);
    at = end == output.npos ? output.size() : end + 1;
  }
  return count;
}

}  // namespace

int count_tests(std::string_view output) {
  int total = 0;
  bool found = false;
  for (const Summary& summary : kSummaries)
    for (std::size_t at = 0; (at = output.find(summary.word, at)) != output.npos;
         at += summary.word.size()) {
      const auto number = summary.before ? number_before(output, at)
                                         : number_behind(output, at + summary.word.size());
      if (!number) continue;
      total += *number;
      found = true;
    }
  // Go says each by name.
  const int go = count_lines(output, "--- PASS") + count_lines(output, "--- FAIL") +
                 count_lines(output, "ok  \t");
  return found || go > 0 ? total + go : -1;
}

}  // namespace curlew::assist
