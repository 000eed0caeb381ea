#include "lsp/assist/repair/rehearse/go_coverage.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <set>

namespace curlew::assist {
namespace {

constexpr int kLinesMax = 100'000;  // of a block; none is longer

// The number that `text` begins with; it is taken off.
std::optional<int> take_number(std::string_view& text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

bool take(std::string_view& text, char sign) {
  if (text.empty() || text.front() != sign) return false;
  text.remove_prefix(1);
  return true;
}

struct Block {
  int first = 0, last = 0;
  bool has_run = false;
};

// "3.20,5.2 1 4"
std::optional<Block> read_block(std::string_view text) {
  const auto first = take_number(text);
  if (!first || !take(text, '.') || !take_number(text) || !take(text, ',')) return std::nullopt;
  const auto last = take_number(text);
  if (!last || !take(text, '.') || !take_number(text) || !take(text, ' ')) return std::nullopt;
  if (!take_number(text) || !take(text, ' ')) return std::nullopt;
  const auto count = take_number(text);
  if (!count || *first < 1 || *last < *first || *last - *first > kLinesMax) return std::nullopt;
  return Block{*first, *last, *count > 0};
}

std::string module_of(std::string_view go_mod) {
  for (std::size_t at = 0; at < go_mod.size();) {
    const std::size_t end = std::min(go_mod.find('\n', at), go_mod.size());
    std::string_view line = go_mod.substr(at, end - at);
    at = end + 1;
    if (!line.starts_with("module ")) continue;
    line.remove_prefix(7);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    return std::string(line);
  }
  return "";
}

}  // namespace

std::optional<std::vector<std::string>> go_coverage_command(const std::vector<std::string>& argv,
                                                            const std::string& test,
                                                            const std::string& profile) {
  const bool is_go_test =
      argv.size() > 1 && argv[1] == "test" && (argv[0] == "go" || argv[0].ends_with("/go"));
  if (!is_go_test) return std::nullopt;
  for (const std::string& word : argv)
    if (word.find("-cover") != std::string::npos || word.starts_with("-run") ||
        word.starts_with("--run"))
      return std::nullopt;
  const std::string top = test.substr(0, test.find('/'));
  const bool is_name = !top.empty() && std::ranges::all_of(top, [](unsigned char c) {
    return std::isalnum(c) || c == '_' || c >= 0x80;
  });
  if (!is_name) return std::nullopt;
  std::vector<std::string> words = {argv[0],
                                    "test",
                                    "-coverpkg=./...",
                                    "-coverprofile=" + profile,
                                    "-run",
                                    fmt::format("^{}$", top)};
  words.insert(words.end(), argv.begin() + 2, argv.end());
  return words;
}

TestTrace read_go_coverage(std::string_view profile, std::string_view go_mod,
                           const std::string& folder, std::string test) {
  TestTrace trace{std::move(test), true, false, {}, {}};
  const std::string prefix = module_of(go_mod) + "/";
  std::map<std::string, std::set<int>> ran;
  for (std::size_t at = 0; at < profile.size();) {
    const std::size_t end = std::min(profile.find('\n', at), profile.size());
    const std::string_view line = profile.substr(at, end - at);
    at = end + 1;
    const std::size_t colon = line.rfind(':');
    if (prefix == "/" || !line.starts_with(prefix) || colon == line.npos) continue;
    const auto block = read_block(line.substr(colon + 1));
    if (!block || !block->has_run) continue;
    std::string path(line.substr(prefix.size(), colon - prefix.size()));
    if (!folder.empty()) path = fmt::format("{}/{}", folder, path);
    for (int n = block->first; n <= block->last; ++n) ran[path].insert(n);
  }
  for (const auto& [path, lines] : ran) trace.lines[path].assign(lines.begin(), lines.end());
  return trace;
}

}  // namespace curlew::assist
