#include "model/text/path_header.h"

#include <fmt/format.h>

#include "model/text/comment_style.h"

namespace curlew::model {
namespace {

struct Language {
  std::string_view name;
  std::string_view extensions;  // each between blanks
};

constexpr Language kLanguages[] = {
    {"C", " c h "},
    {"C++", " cc cpp cxx hh hpp hxx "},
    {"C#", " cs "},
    {"CSS", " css "},
    {"Go", " go "},
    {"HTML", " html htm "},
    {"Java", " java "},
    {"JavaScript", " js jsx mjs cjs "},
    {"Kotlin", " kt kts "},
    {"Lua", " lua "},
    {"Objective-C", " m mm "},
    {"PHP", " php "},
    {"Perl", " pl pm "},
    {"Python", " py pyi "},
    {"R", " r "},
    {"Ruby", " rb "},
    {"Rust", " rs "},
    {"Scala", " scala "},
    {"Shell", " sh bash zsh "},
    {"SQL", " sql "},
    {"Swift", " swift "},
    {"TypeScript", " ts tsx "},
};

std::string_view language_of(std::string_view path) {
  const std::size_t dot = path.find_last_of("./");
  if (dot == std::string_view::npos || path[dot] == '/') return {};
  const std::string wanted = fmt::format(" {} ", path.substr(dot + 1));
  for (const Language& language : kLanguages)
    if (language.extensions.find(wanted) != std::string_view::npos) return language.name;
  return {};
}

}  // namespace

std::string path_header(std::string_view path) {
  const std::string_view language = language_of(path);
  const std::string second =
      language.empty() ? "" : fmt::format("the code file is written by {}", language);
  return as_comment(fmt::format("the file path is: {}", path), second, path);
}

}  // namespace curlew::model
