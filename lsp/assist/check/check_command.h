// How one file of a workspace is checked, quickly, without building everything: by what the
// workspace itself says of its build.
//
//   the user's rules ([check] in curlew.toml)   glob of paths -> command line
//   compile_commands.json                       the file's own compiler, told to check only
//   Cargo.toml, go.mod, tsconfig.json, ...      that tool's check of the file's package
//   nothing of these                            what the language's own tool says of one file
//
// Reads the workspace's project files, runs nothing. Stateless and thread-safe.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lsp/assist/error.h"
#include "lsp/sandbox/sandbox.h"

namespace curlew::assist {

struct CheckCommand {
  sandbox::Command command;
  std::vector<std::filesystem::path> readable;  // absolute folders outside that it reads
  std::string title;  // for people: "g++ -fsyntax-only, as compile_commands.json has it"

  bool operator==(const CheckCommand& other) const {
    return command.argv == other.command.argv && command.folder == other.command.folder;
  }
};

// Globs of paths (of names, where there is no slash in them) and the command line for them; "off" for
// none. In a command line {file} is the
// path, {folder} its folder, both relative to the root, where the command runs. Words are split at
// blanks and quoted as in a shell; nothing else of a shell's language is known.
using CheckRules = std::map<std::string, std::string>;

// Nothing: there is no known way to check such a file, or the programs are not installed.
// kInvalidInput names the project file or the rule that is broken, and the place in it.
Expected<std::optional<CheckCommand>> find_check(const std::filesystem::path& root,
                                                 const std::string& path, const CheckRules& rules);

// As a shell splits words: blanks, '...', "...", \. kInvalidInput: a quote that is not closed.
Expected<std::vector<std::string>> shell_words(std::string_view line);

}  // namespace curlew::assist
