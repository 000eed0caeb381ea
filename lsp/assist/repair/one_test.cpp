#include "lsp/assist/repair/one_test.h"

#include <fmt/format.h>

#include <algorithm>

#include "lsp/assist/repair/slips.h"

namespace curlew::assist {
namespace {

using Words = std::vector<std::string>;

std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

bool has_option(const Words& argv, std::string_view option) {
  return std::ranges::any_of(argv,
                             [&](const std::string& word) { return word.starts_with(option); });
}

// "-m NAME" of a Python.
bool is_module(const Words& argv, std::string_view name) {
  return argv.size() > 2 && base_name(argv[0]).starts_with("python") && argv[1] == "-m" &&
         argv[2] == name;
}

std::string literally(std::string_view name) {
  std::string pattern;
  for (const char c : name) {
    if (std::string_view("\\^$.|?*+()[]{}").find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

// "Halves.test_even[1-2]" -> "Halves and test_even"
std::optional<std::string> pytest_expression(std::string_view test) {
  test = test.substr(0, test.find('['));
  std::string expression;
  while (!test.empty()) {
    const std::string_view part = test.substr(0, test.find('.'));
    if (!is_name(part)) return std::nullopt;
    expression += expression.empty() ? "" : " and ";
    expression += part;
    test.remove_prefix(std::min(test.size(), part.size() + 1));
  }
  return expression;
}

std::optional<Words> with_option(Words argv, std::string option, std::string value) {
  if (has_option(argv, option)) return std::nullopt;
  argv.push_back(std::move(option));
  argv.push_back(std::move(value));
  return argv;
}

std::optional<Words> of_python(const Words& argv, std::string_view test) {
  if (is_module(argv, "unittest")) {
    const std::string last = last_part(std::string(test));
    return is_name(last) ? with_option(argv, "-k", last) : std::nullopt;
  }
  auto expression = pytest_expression(test);
  return expression ? with_option(argv, "-k", std::move(*expression)) : std::nullopt;
}

std::optional<Words> of_go(Words argv, std::string_view test) {
  const std::string_view top = test.substr(0, test.find('/'));
  if (!is_name(top) || has_option(argv, "-run") || has_option(argv, "--run")) return std::nullopt;
  argv.insert(argv.begin() + 2, {"-run", fmt::format("^{}$", top)});
  return argv;
}

std::optional<Words> of_cargo(Words argv, std::string_view test) {
  const bool is_plain = std::ranges::all_of(
      test, [](unsigned char c) { return std::isalnum(c) || c == '_' || c == ':'; });
  if (!is_plain || has_option(argv, "--exact")) return std::nullopt;  // a test of documentation
  if (std::ranges::find(argv, "--") == argv.end()) argv.emplace_back("--");
  argv.emplace_back(test);
  argv.emplace_back("--exact");
  return argv;
}

// "birds > halves" is "birds halves".
std::optional<Words> of_jest(const Words& argv, std::string test) {
  for (const std::string_view arrow : {"> ", "› "})
    for (std::size_t at; (at = test.find(arrow)) != std::string::npos;)
      test.erase(at, arrow.size());
  if (has_option(argv, "--testNamePattern")) return std::nullopt;
  return with_option(argv, "-t", literally(test));
}

std::optional<Words> of_node(Words argv, std::string_view test) {
  if (has_option(argv, "--test-name-pattern")) return std::nullopt;
  const auto runner = std::ranges::find(argv, "--test");
  argv.insert(runner + 1, fmt::format("--test-name-pattern=^{}$", literally(test)));
  return argv;
}

std::optional<Words> of_program(Words argv, const Diagnostic& failure) {
  if (failure.source != "gtest" || argv[0].find('/') == std::string::npos ||
      has_option(argv, "--gtest_filter"))
    return std::nullopt;
  argv.push_back("--gtest_filter=" + failure.test);
  return argv;
}

}  // namespace

std::optional<Words> only_test(const Words& argv, const Diagnostic& failure) {
  if (argv.empty() || failure.test.empty()) return std::nullopt;
  const std::string_view program = base_name(argv[0]);
  const auto has = [&](std::string_view word) {
    return std::ranges::find(argv, word) != argv.end();
  };
  if (program.starts_with("pytest") || program == "py.test" || is_module(argv, "pytest") ||
      is_module(argv, "unittest"))
    return of_python(argv, failure.test);
  if (program == "go" && argv.size() > 1 && argv[1] == "test") return of_go(argv, failure.test);
  if (program == "cargo" && has("test")) return of_cargo(argv, failure.test);
  if (program == "ctest")
    return with_option(argv, "-R", fmt::format("^{}$", literally(failure.test)));
  if (program == "node" && has("--test")) return of_node(argv, failure.test);
  const bool by_npx = program == "npx" && argv.size() > 1;
  const std::string_view runner = by_npx ? std::string_view(argv[1]) : program;
  if (runner == "jest" || runner == "vitest") return of_jest(argv, failure.test);
  return of_program(argv, failure);
}

}  // namespace curlew::assist
