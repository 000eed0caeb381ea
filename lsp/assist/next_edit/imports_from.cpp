// Imports that say which file a name is of (names.h).
#include <algorithm>
#include <filesystem>

#include "lsp/assist/next_edit/names.h"
#include "lsp/assist/place.h"

namespace curlew::assist {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kClauseTokensMax = 400;  // between `import` and the string behind `from`

// `from pkg.geo import area`, `from .geo import (area, ...)`; `idx` is the imported name's token. The
// statement's first token is `from`, or the bracket around the names is preceded by such a line.
bool is_from_python(const CodeView& view, std::size_t idx, const std::string& home) {
  const std::size_t around = view.opener_of(idx);
  const std::string_view line = trim(view.line_text(view.line_of(around == kNone ? idx : around)));
  const std::size_t end = line.find(" import");
  if (!line.starts_with("from ") || end == line.npos) return false;
  std::string module(trim(line.substr(5, end - 5)));
  const std::size_t dots = std::min(module.find_first_not_of('.'), module.size());
  std::string path = module.substr(dots);
  std::ranges::replace(path, '.', '/');
  fs::path folder = fs::path(view.path()).parent_path();
  for (std::size_t up = 1; up < dots; ++up) folder = folder.parent_path();
  const auto is_home = [&](const fs::path& base) {
    return (base / (path + ".py")).generic_string() == home ||
           (base / path / "__init__.py").generic_string() == home;
  };
  if (dots > 0) return is_home(folder);
  // A script's own folder, the root, or a folder of sources below it.
  return is_home(folder) || is_home("") || is_home("src") || is_home("lib");
}

// import { area } from "./geo"; also `export { area } from`.
bool is_from_script(const CodeView& view, std::size_t idx, const std::string& home) {
  for (std::size_t at = idx; at < view.size() && at < idx + kClauseTokensMax; ++at) {
    if (view.spelling(at) == ";") return false;
    if (view.spelling(at) != "from" || at + 1 >= view.size() ||
        view.token(at + 1).kind != TokenKind::kString)
      continue;
    std::string_view spec = view.spelling(at + 1);
    if (spec.size() < 3) return false;
    spec = spec.substr(1, spec.size() - 2);
    if (!spec.starts_with('.')) return false;
    fs::path named = (fs::path(view.path()).parent_path() / spec).lexically_normal();
    const fs::path bare = fs::path(home).parent_path() / fs::path(home).stem();
    if (named == bare || named == home) return true;
    if (named / "index" == bare) return true;
    const std::string extension = named.extension().string();  // "./geo.js" of geo.ts
    return (extension == ".js" || extension == ".mjs" || extension == ".jsx") &&
           named.replace_extension() == bare;
  }
  return false;
}

}  // namespace

bool imports_from(const CodeView& view, std::string_view name, const std::string& home) {
  return std::ranges::any_of(view.words(name), [&](std::size_t idx) {
    if (view.family() == Family::kPython) {
      const std::string_view before = idx > 0 ? view.spelling(idx - 1) : "";
      return before != "as" && is_from_python(view, idx, home);
    }
    if (view.family() != Family::kScript) return false;
    const std::size_t around = view.opener_of(idx);
    const std::string_view head = around == kNone || around == 0 ? "" : view.spelling(around - 1);
    const bool is_clause = head == "import" || head == "export" || head == "type" || head == ",";
    return is_clause && is_from_script(view, idx, home);
  });
}

}  // namespace curlew::assist
