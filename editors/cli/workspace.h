// What a command works on: a place in a file, the workspace around it, its index, and the
// generator.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "editors/cli/options.h"
#include "indexer/index.h"
#include "lsp/assist/error.h"
#include "model/generator.h"

namespace curlew::cli {

using assist::Expected;
using assist::Status;

// FILE:LINE:COL with the file's text and the byte offset of the place in it.
struct Place {
  std::filesystem::path file;
  std::string text;
  std::size_t offset = 0;
};
// Errors name the place and what was wrong: no such file, line 90 of 40, column inside a character, a
// secret file's name.
Expected<Place> resolve_place(std::string_view place);

Expected<std::string> read_file(const std::filesystem::path& path);

// --workspace, else the repository that encloses `start`, else its folder.
std::filesystem::path workspace_root(const CommonOptions& common,
                                     const std::filesystem::path& start);

// Configuration files under `root` and of the user, then the command line. Complaints go to stderr.
server::Settings effective_settings(const CommonOptions& common, const std::filesystem::path& root);

// Opens the index of `root` and brings it up to date, with a progress line on a terminal; again when
// a query meets damage. Stopped: as far as that came, or an error.
Expected<std::unique_ptr<indexer::Index>> open_index(const server::Settings& settings,
                                                     const std::filesystem::path& root,
                                                     std::stop_token stop = {});

// The generator the settings ask for; null for --model none.
Expected<std::unique_ptr<model::Generator>> open_generator(const server::Settings& settings);

// `file` relative to `root`, with '/' separators; the file's own path when it lies outside.
std::string relative_path(const std::filesystem::path& file, const std::filesystem::path& root);

}  // namespace curlew::cli
