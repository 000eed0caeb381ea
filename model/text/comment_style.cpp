#include "model/text/comment_style.h"

#include <fmt/format.h>

#include <algorithm>

namespace curlew::model {
namespace {

struct Style {
  std::string_view open, close;
  std::string_view extensions;  // each between blanks
};

constexpr Style kStyles[] = {
    {"# ", "",
     " py pyi sh bash zsh rb pl pm r jl yaml yml toml cmake mk nix tf ex exs ps1 cfg conf "},
    {"-- ", "", " lua sql hs elm ada adb ads vhd "},
    {"; ", "", " lisp el scm clj cljs asm ini "},
    {"% ", "", " tex erl hrl m "},
    {"<!-- ", " -->", " html htm xml md svg vue "},
    {"/* ", " */", " css "},
};
constexpr Style kDefaultStyle = {"// ", "", ""};  // C and all its children

const Style& style_of(std::string_view path) {
  const std::size_t slash = path.find_last_of('/');
  const std::string_view name = path.substr(slash == std::string_view::npos ? 0 : slash + 1);
  if (name == "Makefile" || name == "CMakeLists.txt" || name == "Dockerfile") return kStyles[0];
  const std::size_t dot = name.find_last_of('.');
  if (dot == std::string_view::npos) return kDefaultStyle;
  const std::string wanted = fmt::format(" {} ", name.substr(dot + 1));
  const auto* found = std::find_if(std::begin(kStyles), std::end(kStyles), [&](const Style& style) {
    return style.extensions.find(wanted) != std::string_view::npos;
  });
  return found != std::end(kStyles) ? *found : kDefaultStyle;
}

}  // namespace

std::string as_comment(std::string_view path, std::string_view text, std::string_view for_path) {
  const Style& style = style_of(for_path);
  std::string out = fmt::format("{}{}{}\n", style.open, path, style.close);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out += fmt::format("{}{}{}\n", style.open, text.substr(0, end), style.close);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace curlew::model
