#include <algorithm>
#include <cctype>

#include "lsp/assist/repair/repair.h"

namespace curlew::assist {
namespace {

bool is_any_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

std::string lower(std::string_view word) {
  std::string out(word);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

bool is_test_folder(std::string_view name) {
  return is_any_of(lower(name), {"test", "tests", "spec", "specs", "__tests__", "testing"}) ||
         name.ends_with(".Tests") || name.ends_with(".Test");
}

// "adder_test.go", "test-units.js", "AdderTest.java", "TestAdder.java", "a.test.ts"
bool is_test_name(std::string_view name) {
  const std::string_view stem = name.substr(0, name.find('.'));
  const std::string all = lower(stem);
  if (is_any_of(all, {"test", "tests", "conftest", "spec"}) || all.starts_with("test_") ||
      all.starts_with("test-"))
    return true;
  for (const std::string_view end : {"_test", "_tests", "_spec", "-test", "-tests", "-spec"})
    if (all.ends_with(end)) return true;
  if (name.find(".test.") != name.npos || name.find(".spec.") != name.npos) return true;
  const bool begins = stem.size() > 4 && stem.starts_with("Test") &&
                      std::isupper(static_cast<unsigned char>(stem[4]));
  return begins || (stem.size() > 4 && (stem.ends_with("Test") || stem.ends_with("Tests")));
}

}  // namespace

bool is_test_path(std::string_view path) {
  for (std::size_t slash; (slash = path.find('/')) != path.npos; path.remove_prefix(slash + 1))
    if (is_test_folder(path.substr(0, slash))) return true;
  return is_test_name(path);
}

}  // namespace curlew::assist
