// compile_commands.json (Clang, "JSON Compilation Database Format Specification"): how each source
// file is compiled.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lsp/assist/error.h"

namespace curlew::assist {

struct CompileCommand {
  std::filesystem::path directory;  // absolute; relative paths in argv start here
  std::filesystem::path file;       // absolute, normal
  std::vector<std::string> argv;
};

class CompileDatabase {
 public:
  // At the root or in one of its build folders (build, out, build/*, ...), the newest one. Nothing
  // when there is none; kInvalidInput says what is wrong with it, and where.
  static Expected<std::optional<CompileDatabase>> find(const std::filesystem::path& root);

  // The command of the file (absolute, normal); for a header that of a source that includes it, the nearest one
  // first: what breaks its users shows there.
  const CompileCommand* command_for(const std::filesystem::path& file) const;

 private:
  std::vector<CompileCommand> commands_;  // sorted by file
};

// The same command, made to check and write nothing: no output, no dependency files, no launcher
// such as ccache; every path in it absolute, so that it can run in any folder.
std::vector<std::string> check_only(const CompileCommand& command);

}  // namespace curlew::assist
