#include "indexer/source/language.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "indexer/source/tag_queries.h"

extern "C" {
const TSLanguage* tree_sitter_c();
const TSLanguage* tree_sitter_cpp();
const TSLanguage* tree_sitter_cuda();
const TSLanguage* tree_sitter_python();
const TSLanguage* tree_sitter_javascript();
const TSLanguage* tree_sitter_typescript();
const TSLanguage* tree_sitter_tsx();
const TSLanguage* tree_sitter_go();
const TSLanguage* tree_sitter_rust();
const TSLanguage* tree_sitter_java();
const TSLanguage* tree_sitter_c_sharp();
const TSLanguage* tree_sitter_bash();
const TSLanguage* tree_sitter_json();
const TSLanguage* tree_sitter_yaml();
const TSLanguage* tree_sitter_toml();
const TSLanguage* tree_sitter_markdown();
}

namespace curlew::indexer {
namespace {

using Names = std::span<const std::string_view>;

template <std::size_t n>
struct NameList {
  std::array<std::string_view, n> names;
  constexpr operator Names() const { return names; }  // NOLINT: a list is where a span is wanted
};
template <class... Ts>
NameList(Ts...) -> NameList<sizeof...(Ts)>;

constexpr NameList kC{"c"};
constexpr NameList kCpp{"cpp", "h",   "cc",  "cxx", "c++", "hpp", "hh",
                        "hxx", "h++", "inl", "ipp", "tcc", "tpp", "ino"};
constexpr NameList kCuda{"cu", "cuh"};
constexpr NameList kPython{"py", "pyi", "pyw"};
constexpr NameList kPythonFiles{"SConstruct", "SConscript", "wscript"};
constexpr NameList kJavaScript{"js", "mjs", "cjs", "jsx"};
constexpr NameList kTypeScript{"ts", "mts", "cts"};
constexpr NameList kTsx{"tsx"};
constexpr NameList kGo{"go"};
constexpr NameList kRust{"rs"};
constexpr NameList kJava{"java"};
constexpr NameList kCSharp{"cs"};
constexpr NameList kBash{"sh", "bash", "bats", "ebuild"};
constexpr NameList kBashFiles{".bashrc",  ".bash_profile", ".bash_aliases", ".bash_logout",
                              ".profile", "PKGBUILD",      "APKBUILD",      "bash.bashrc"};
constexpr NameList kJson{"json", "jsonc", "json5", "geojson", "webmanifest"};
constexpr NameList kJsonFiles{".babelrc", ".eslintrc", ".jshintrc", ".prettierrc", "flake.lock"};
constexpr NameList kYaml{"yaml", "yml"};
constexpr NameList kYamlFiles{".clang-format", ".clang-tidy", ".clangd", "CITATION.cff"};
constexpr NameList kToml{"toml"};
constexpr NameList kTomlFiles{"Cargo.lock", "Pipfile", "poetry.lock", "uv.lock"};
constexpr NameList kMarkdown{"md", "markdown", "mdx"};

// Known by name only: no grammar here, cut into chunks by blank lines.
constexpr NameList kCMake{"cmake"};
constexpr NameList kCMakeFiles{"CMakeLists.txt"};
constexpr NameList kMake{"mk", "mak"};
constexpr NameList kMakeFiles{"Makefile", "GNUmakefile", "makefile", "Makefile.am", "Makefile.in"};
constexpr NameList kDockerFiles{"Dockerfile", "Containerfile"};
constexpr NameList kCss{"css", "scss", "less"};
constexpr NameList kHtml{"html", "htm", "vue", "svelte"};
constexpr NameList kLua{"lua"};
constexpr NameList kPerl{"pl", "pm"};
constexpr NameList kPhp{"php"};
constexpr NameList kProto{"proto"};
constexpr NameList kRuby{"rb", "rake"};
constexpr NameList kRubyFiles{"Gemfile", "Rakefile"};
constexpr NameList kSql{"sql"};
constexpr NameList kKotlin{"kt", "kts"};
constexpr NameList kSwift{"swift"};
constexpr NameList kScheme{"scm"};

constexpr Names kNone;

// clang-format off
std::vector<Language> make_table() {
  std::vector<Language> table = {
    {"c",          "c",               kC,          kNone,        "//", tree_sitter_c,          "", true,  "::"},
    {"cpp",        "cpp",             kCpp,        kNone,        "//", tree_sitter_cpp,        "", true,  "::"},
    {"cuda",       "cuda-cpp",        kCuda,       kNone,        "//", tree_sitter_cuda,       "", true,  "::"},
    {"python",     "python",          kPython,     kPythonFiles, "#",  tree_sitter_python,     "", true,  "."},
    {"javascript", "javascript",      kJavaScript, kNone,        "//", tree_sitter_javascript, "", true,  "."},
    {"typescript", "typescript",      kTypeScript, kNone,        "//", tree_sitter_typescript, "", true,  "."},
    {"tsx",        "typescriptreact", kTsx,        kNone,        "//", tree_sitter_tsx,        "", true,  "."},
    {"go",         "go",              kGo,         kNone,        "//", tree_sitter_go,         "", true,  "."},
    {"rust",       "rust",            kRust,       kNone,        "//", tree_sitter_rust,       "", true,  "::"},
    {"java",       "java",            kJava,       kNone,        "//", tree_sitter_java,       "", true,  "."},
    {"c_sharp",    "csharp",          kCSharp,     kNone,        "//", tree_sitter_c_sharp,    "", true,  "."},
    {"bash",       "shellscript",     kBash,       kBashFiles,   "#",  tree_sitter_bash,       "", true,  "."},
    {"json",       "json",            kJson,       kJsonFiles,   "",   tree_sitter_json,       "", false, "."},
    {"yaml",       "yaml",            kYaml,       kYamlFiles,   "#",  tree_sitter_yaml,       "", false, "."},
    {"toml",       "toml",            kToml,       kTomlFiles,   "#",  tree_sitter_toml,       "", false, "."},
    {"markdown",   "markdown",        kMarkdown,   kNone,        "",   tree_sitter_markdown,   "", false, " > "},

    {"cmake",      "cmake",           kCMake,      kCMakeFiles,  "#",  nullptr,                "", true,  "."},
    {"make",       "makefile",        kMake,       kMakeFiles,   "#",  nullptr,                "", true,  "."},
    {"dockerfile", "dockerfile",      kNone,       kDockerFiles, "#",  nullptr,                "", true,  "."},
    {"css",        "css",             kCss,        kNone,        "",   nullptr,                "", true,  "."},
    {"html",       "html",            kHtml,       kNone,        "",   nullptr,                "", true,  "."},
    {"lua",        "lua",             kLua,        kNone,        "--", nullptr,                "", true,  "."},
    {"perl",       "perl",            kPerl,       kNone,        "#",  nullptr,                "", true,  "::"},
    {"php",        "php",             kPhp,        kNone,        "//", nullptr,                "", true,  "\\"},
    {"proto",      "proto",           kProto,      kNone,        "//", nullptr,                "", true,  "."},
    {"ruby",       "ruby",            kRuby,       kRubyFiles,   "#",  nullptr,                "", true,  "::"},
    {"sql",        "sql",             kSql,        kNone,        "--", nullptr,                "", true,  "."},
    {"kotlin",     "kotlin",          kKotlin,     kNone,        "//", nullptr,                "", true,  "."},
    {"swift",      "swift",           kSwift,      kNone,        "//", nullptr,                "", true,  "."},
    {"scheme",     "scheme",          kScheme,     kNone,        ";",  nullptr,                "", true,  "."},
  };
  // clang-format on
  for (Language& language : table) {
    for (const TagQuery& query : tag_queries()) {
      if (query.language == language.name) language.tags_query = query.text;
    }
  }
  return table;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool contains(Names names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// "#!/usr/bin/env -S python3.11 -u" -> "python": the interpreter without folder, flags, version.
std::string_view interpreter_of(std::string_view line) {
  line.remove_prefix(2);
  while (!line.empty()) {
    const std::size_t start = line.find_first_not_of(" \t");
    if (start == std::string_view::npos) return {};
    line.remove_prefix(start);
    std::string_view word = line.substr(0, line.find_first_of(" \t\r"));
    line.remove_prefix(word.size());
    if (const std::size_t slash = word.rfind('/'); slash != std::string_view::npos) {
      word.remove_prefix(slash + 1);
    }
    if (word == "env" || word.starts_with('-') || word.find('=') != std::string_view::npos) {
      if (word.empty()) break;
      continue;
    }
    return word.substr(0, word.find_first_of("0123456789."));
  }
  return {};
}

// "// -*- mode: C++; -*-" and "// -*- C++ -*-" -> "c++".
std::string mode_of(std::string_view line) {
  const std::size_t open = line.find("-*-");
  if (open == std::string_view::npos) return {};
  const std::size_t close = line.find("-*-", open + 3);
  if (close == std::string_view::npos) return {};
  std::string mode = lower(line.substr(open + 3, close - open - 3));
  if (const std::size_t key = mode.find("mode:"); key != std::string::npos) mode.erase(0, key + 5);
  mode.erase(0, mode.find_first_not_of(" \t"));
  mode.resize(std::min(mode.size(), mode.find_first_of(" \t;")));
  return mode;
}

const Language* language_of_head(std::string_view head) {
  struct Row {
    std::string_view word, language;
  };
  static constexpr Row kInterpreters[] = {
      {"python", "python"},   {"pypy", "python"},       {"bash", "bash"},       {"sh", "bash"},
      {"dash", "bash"},       {"ksh", "bash"},          {"zsh", "bash"},        {"bats", "bash"},
      {"node", "javascript"}, {"nodejs", "javascript"}, {"deno", "typescript"}, {"perl", "perl"},
      {"ruby", "ruby"},       {"lua", "lua"},           {"php", "php"},         {"make", "make"},
  };
  static constexpr Row kModes[] = {
      {"c++", "cpp"},       {"c", "c"},       {"python", "python"}, {"sh", "bash"},
      {"js", "javascript"}, {"java", "java"}, {"makefile", "make"},
  };
  const std::string_view line = head.substr(0, head.find('\n'));
  if (line.starts_with("#!")) {
    const std::string_view word = interpreter_of(line);
    for (const Row& row : kInterpreters) {
      if (row.word == word) return language_by_name(row.language);
    }
    return nullptr;
  }
  const std::string mode = mode_of(line);
  for (const Row& row : kModes) {
    if (row.word == mode) return language_by_name(row.language);
  }
  return nullptr;
}

}  // namespace

std::span<const Language> languages() {
  static const std::vector<Language> table = make_table();
  return table;
}

const Language* language_by_name(std::string_view name) {
  for (const Language& language : languages()) {
    if (language.name == name) return &language;
  }
  return nullptr;
}

const Language* language_of(std::string_view path, std::string_view head) {
  const std::string_view file = path.substr(path.rfind('/') + 1);
  for (const Language& language : languages()) {
    if (contains(language.file_names, file)) return &language;
  }
  const std::size_t dot = file.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return language_of_head(head);
  const std::string extension = lower(file.substr(dot + 1));
  for (const Language& language : languages()) {
    if (contains(language.extensions, extension)) return &language;
  }
  return nullptr;
}

}  // namespace curlew::indexer
