#include "lsp/assist/check/check_command.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>

#include "indexer/source/ignore.h"
#include "indexer/source/language.h"
#include "lsp/assist/check/compile_database.h"

namespace curlew::assist {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kProjectBytesMax = 1u << 20;  // of pyproject.toml: what is looked for is near
constexpr std::chrono::seconds kWall{60};

// Folders that bring programs of their own, nearest first, before those of PATH.
constexpr const char* kProgramFolders[] = {"node_modules/.bin", ".venv/bin", "venv/bin"};

// One file of a workspace, and what its folders say.
class Project {
 public:
  Project(const fs::path& root, const std::string& path) : root_(root), path_(path) {}

  const fs::path& root() const { return root_; }
  const std::string& path() const { return path_; }

  bool has(const fs::path& relative) const {
    std::error_code error;
    return fs::exists(root_ / relative, error);
  }

  // The nearest folder, from the file's up to the root, that has one of these.
  template <std::size_t n>
  std::optional<fs::path> nearest(const std::array<const char*, n>& names) const {
    for (fs::path folder = fs::path(path_).parent_path();; folder = folder.parent_path()) {
      for (const char* name : names)
        if (has(folder / name)) return folder;
      if (folder.empty()) return std::nullopt;
    }
  }

  // How a program is called: by the workspace's own path of it, or its name where PATH has it.
  std::optional<std::string> program(const std::string& name) const {
    for (fs::path folder = fs::path(path_).parent_path();; folder = folder.parent_path()) {
      for (const char* bin : kProgramFolders) {
        const fs::path file = root_ / folder / bin / name;
        if (::access(file.c_str(), X_OK) == 0) return file.string();
      }
      if (folder.empty()) break;
    }
    return is_in_path(name) ? std::optional(name) : std::nullopt;
  }

  std::string text(const fs::path& relative) const {
    std::ifstream in(root_ / relative, std::ios::binary);
    std::string text(kProjectBytesMax, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
    return text;
  }

  // The file's path as seen from a folder of the workspace.
  std::string path_in(const fs::path& folder) const {
    return fs::path(path_).lexically_relative(folder.empty() ? "." : folder).string();
  }

 private:
  static bool is_in_path(const std::string& name) {
    const char* variable = std::getenv("PATH");
    std::string_view folders = variable != nullptr ? variable : "/usr/bin:/bin";
    while (!folders.empty()) {
      const std::string_view folder = folders.substr(0, folders.find(':'));
      folders.remove_prefix(std::min(folders.size(), folder.size() + 1));
      if (folder.starts_with('/') && ::access((fs::path(folder) / name).c_str(), X_OK) == 0)
        return true;
    }
    return false;
  }

  const fs::path& root_;
  const std::string& path_;
};

using Found = std::optional<CheckCommand>;

CheckCommand command_in(const fs::path& folder, std::vector<std::string> argv, std::string title) {
  CheckCommand check;
  check.command.argv = std::move(argv);
  check.command.folder = folder.string();
  check.command.limits.wall = kWall;
  check.title = std::move(title);
  return check;
}

// --- Languages whose project says how -----------------------------------------------------------

// The compiler with the folders that headers are mostly in. Where that is not enough the complaints
// of missing headers stand before and after a change, and the gate compares.
Found bare_compiler(const Project& project, bool is_cpp) {
  const auto program = project.program(is_cpp ? "c++" : "cc");
  if (!program) return std::nullopt;
  std::vector<std::string> argv = {*program, "-fsyntax-only", "-fdiagnostics-parseable-fixits"};
  if (is_cpp) argv.insert(argv.end(), {"-std=c++20", "-xc++"});
  for (const char* folder : {".", "include", "src"})
    if (project.has(folder)) argv.push_back(std::string("-I") + folder);
  argv.push_back(project.path());
  return command_in("", std::move(argv), *program + " -fsyntax-only");
}

Expected<Found> check_c(const Project& project, bool is_cpp) {
  auto database = CompileDatabase::find(project.root());
  if (!database) return std::move(database.error()).pass();
  if (!*database) return bare_compiler(project, is_cpp);
  const CompileCommand* entry =
      (*database)->command_for((project.root() / project.path()).lexically_normal());
  if (entry == nullptr) return bare_compiler(project, is_cpp);
  std::vector<std::string> argv = check_only(*entry);
  const std::string title = fs::path(argv[0]).filename().string() + " -fsyntax-only";
  const fs::path folder = entry->directory.lexically_relative(project.root());
  const bool is_inside = !folder.empty() && *folder.begin() != "..";
  CheckCommand check = command_in(is_inside && folder != "." ? folder : fs::path(), std::move(argv),
                                  title + ", as compile_commands.json has it");
  if (!is_inside) check.readable.push_back(entry->directory);
  return Found(std::move(check));
}

Found check_rust(const Project& project) {
  const auto folder = project.nearest(std::array{"Cargo.toml"});
  if (const auto cargo = project.program("cargo"); folder && cargo)
    return command_in(*folder, {*cargo, "check", "--quiet", "--offline", "--message-format=json"},
                      "cargo check");
  const auto rustc = project.program("rustc");
  if (!rustc) return std::nullopt;
  return command_in("",
                    {*rustc, "--edition=2021", "--crate-type=lib", "--emit=metadata",
                     "--error-format=json", "-o", "/tmp/checked.rmeta", project.path()},
                    "rustc");
}

Found check_go(const Project& project) {
  const auto go = project.program("go");
  if (!go) return std::nullopt;
  const auto folder = project.nearest(std::array{"go.mod"});
  if (!folder) return command_in("", {*go, "vet", project.path()}, "go vet");
  const std::string package = fs::path(project.path_in(*folder)).parent_path().string();
  return command_in(*folder, {*go, "vet", "./" + package}, "go vet");
}

Found check_typescript(const Project& project) {
  const auto tsc = project.program("tsc");
  const auto folder = project.nearest(std::array{"tsconfig.json"});
  if (!tsc) return std::nullopt;
  if (folder) return command_in(*folder, {*tsc, "--noEmit", "--pretty", "false"}, "tsc --noEmit");
  return command_in("", {*tsc, "--noEmit", "--pretty", "false", "--strict", project.path()},
                    "tsc --noEmit");
}

Found check_javascript(const Project& project) {
  const auto folder =
      project.nearest(std::array{"eslint.config.js", "eslint.config.mjs", "eslint.config.cjs",
                                 ".eslintrc.json", ".eslintrc.js", ".eslintrc.cjs"});
  if (const auto eslint = project.program("eslint"); eslint && folder)
    return command_in(*folder, {*eslint, project.path_in(*folder)}, "eslint");
  const auto node = project.program("node");
  if (!node) return std::nullopt;
  return command_in("", {*node, "--check", project.path()}, "node --check");
}

// What the project names in pyproject.toml comes first, then what there is.
Found check_python(const Project& project) {
  struct Linter {
    const char* name;
    std::vector<std::string> arguments;
  };
  static const Linter kLinters[] = {
      {"mypy", {"--no-error-summary", "--show-column-numbers", "--check-untyped-defs"}},
      {"pyright", {}},
      {"ruff", {"check", "--output-format=concise"}},
      {"pyflakes", {}}};
  const auto folder = project.nearest(std::array{"pyproject.toml"});
  const std::string text = folder ? project.text(*folder / "pyproject.toml") : "";
  const auto check = [&](const Linter& linter) -> Found {
    const auto program = project.program(linter.name);
    if (!program) return std::nullopt;
    std::vector<std::string> argv = {*program};
    argv.insert(argv.end(), linter.arguments.begin(), linter.arguments.end());
    argv.push_back(project.path_in(folder.value_or("")));
    return command_in(folder.value_or(""), std::move(argv), linter.name);
  };
  for (const bool is_named : {true, false})
    for (const Linter& linter : kLinters)
      if (!is_named || text.find(std::string("[tool.") + linter.name) != text.npos)
        if (Found found = check(linter)) return found;
  const auto python = project.program("python3");
  if (!python) return std::nullopt;
  return command_in("", {*python, "-m", "py_compile", project.path()}, "python3 -m py_compile");
}

// The folder that the package's name leads to is where the compiler finds the other classes.
Found check_java(const Project& project) {
  const auto javac = project.program("javac");
  if (!javac) return std::nullopt;
  const std::string text = project.text(project.path());
  std::vector<std::string> argv = {*javac, "-proc:none", "-d", "/tmp/checked"};
  fs::path sources = fs::path(project.path()).parent_path();
  const std::size_t at = text.starts_with("package ") ? 0 : text.find("\npackage ");
  if (at != text.npos) {
    const std::size_t name = text.find(' ', at) + 1;
    const std::string package = text.substr(name, text.find(';', name) - name);
    for (auto dots = std::ranges::count(package, '.') + 1; dots > 0; --dots)
      sources = sources.parent_path();
  }
  argv.insert(argv.end(), {"-sourcepath", sources.empty() ? "." : sources.string()});
  argv.push_back(project.path());
  return command_in("", std::move(argv), "javac");
}

// --- Languages that are checked one file at a time ----------------------------------------------

struct OneFile {
  std::string_view language;
  std::vector<std::string> argv;  // {file} is the path
};

Found check_one_file(const Project& project, std::string_view language) {
  static const OneFile kTools[] = {
      {"bash", {"shellcheck", "--format=gcc"}},
      {"bash", {"bash", "-n"}},
      {"lua", {"luac", "-p"}},
      {"lua", {"luac5.4", "-p"}},
      {"perl", {"perl", "-wc"}},
      {"php", {"php", "-l"}},
      {"ruby", {"ruby", "-wc"}},
  };
  for (const OneFile& tool : kTools) {
    if (tool.language != language) continue;
    const auto program = project.program(tool.argv[0]);
    if (!program) continue;
    std::vector<std::string> argv = tool.argv;
    argv[0] = *program;
    argv.push_back(project.path());
    return command_in("", std::move(argv), tool.argv[0]);
  }
  return std::nullopt;
}

// --- The user's rules ---------------------------------------------------------------------------

std::string replaced(std::string text, std::string_view what, const std::string& with) {
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

// The rule with the longest glob decides: the more it says, the more it was meant.
Expected<Found> check_by_rule(const Project& project, const CheckRules& rules, bool& decided) {
  const CheckRules::value_type* best = nullptr;
  const std::string name = fs::path(project.path()).filename().string();
  for (const auto& rule : rules) {
    const bool is_name = rule.first.find('/') == rule.first.npos;
    if (indexer::glob_matches(rule.first, is_name ? name : project.path()) &&
        (best == nullptr || rule.first.size() > best->first.size()))
      best = &rule;
  }
  decided = best != nullptr;
  if (best == nullptr || best->second == "off") return Found();
  auto argv = shell_words(best->second);
  if (!argv) return std::move(argv.error()).during(fmt::format("check rule '{}'", best->first));
  if (argv->empty())
    return fail(Errc::kInvalidInput, "check rule '{}': expected a command or \"off\"", best->first);
  const std::string folder = fs::path(project.path()).parent_path().string();
  for (std::string& word : *argv) {
    word = replaced(std::move(word), "{file}", project.path());
    word = replaced(std::move(word), "{folder}", folder.empty() ? "." : folder);
  }
  return Found(command_in("", std::move(*argv), best->second));
}

}  // namespace

Expected<std::optional<CheckCommand>> find_check(const fs::path& root, const std::string& path,
                                                 const CheckRules& rules) {
  const Project project(root, path);
  bool decided = false;
  Expected<Found> by_rule = check_by_rule(project, rules, decided);
  if (!by_rule || decided) return by_rule;
  const indexer::Language* language = indexer::language_of(path, "");
  if (language == nullptr) return Found();
  const std::string_view name = language->name;
  if (name == "c" || name == "cpp") return check_c(project, name == "cpp");
  if (name == "rust") return check_rust(project);
  if (name == "go") return check_go(project);
  if (name == "typescript" || name == "tsx") return check_typescript(project);
  if (name == "javascript") return check_javascript(project);
  if (name == "python") return check_python(project);
  if (name == "java") return check_java(project);
  return check_one_file(project, name);
}

Expected<std::vector<std::string>> shell_words(std::string_view line) {
  std::vector<std::string> words;
  bool in_word = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == ' ' || c == '\t' || c == '\n') {
      in_word = false;
      continue;
    }
    if (!std::exchange(in_word, true)) words.emplace_back();
    std::string& word = words.back();
    if (c == '\\') {
      if (i + 1 == line.size()) return fail(Errc::kInvalidInput, "ends in a backslash");
      word += line[++i];
    } else if (c == '\'') {
      const std::size_t end = line.find('\'', i + 1);
      if (end == line.npos)
        return fail(Errc::kInvalidInput, "the quote at byte {} is not closed", i + 1);
      word += line.substr(i + 1, end - i - 1);
      i = end;
    } else if (c == '"') {
      const std::size_t begin = i;
      for (++i; i < line.size() && line[i] != '"'; ++i) {
        if (line[i] == '\\' && i + 1 < line.size() &&
            std::string_view("\"\\$`").find(line[i + 1]) != std::string_view::npos)
          ++i;
        word += line[i];
      }
      if (i == line.size())
        return fail(Errc::kInvalidInput, "the quote at byte {} is not closed", begin + 1);
    } else {
      word += c;
    }
  }
  return words;
}

}  // namespace curlew::assist
