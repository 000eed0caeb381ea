// Which workspaces' commands may be run: those whose user said so, once.
//
// A list of folders in $XDG_STATE_HOME/curlew/trusted, one a line; a folder stands for all that is
// below it. What a workspace itself says about trust counts for nothing. Thread-safe; several
// processes may add at the same time.
#pragma once

#include <filesystem>
#include <vector>

#include "lsp/server/error_code.h"

namespace curlew::server {

std::filesystem::path trust_file();
std::vector<std::filesystem::path> trusted_folders();
bool is_trusted(const std::filesystem::path& root);

// kNotFound: no such folder. kUnavailable: the list cannot be written.
Status trust(const std::filesystem::path& root);
Status distrust(const std::filesystem::path& root);  // of the folder itself, not of one above

}  // namespace curlew::server
