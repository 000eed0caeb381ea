// For tests: the package "typescript".
#pragma once

#include <cstdlib>
#include <filesystem>

namespace curlew::assist {

// TYPESCRIPT_DIR, or what the extension for VS Code is built with; "" where there is neither.
inline std::filesystem::path typescript_folder() {
  const char* named = std::getenv("TYPESCRIPT_DIR");
  const std::filesystem::path folder =
      named != nullptr ? named : CURLEW_SOURCE_DIR "/editors/vscode/node_modules/typescript";
  std::error_code error;
  return std::filesystem::exists(folder / "lib" / "typescript.js", error) ? folder
                                                                          : std::filesystem::path();
}

}  // namespace curlew::assist
