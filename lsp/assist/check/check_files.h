// Whether an edit of several files pleases the checks of all of them.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "lsp/assist/check/check_edit.h"

namespace curlew::assist {

constexpr int kFileChecksMax = 8;  // different commands, each run twice

struct FilesCheckRequest {
  std::filesystem::path root;
  std::string path;  // the file that the edit was asked of: its check comes first
  CheckRules rules;
  Changes buffers, after;
  bool may_run = false;                       // the workspace is trusted
  std::chrono::milliseconds budget{120'000};  // no check begins later
};

struct FilesCheck {
  std::optional<bool> passed;  // all that was run; none: nothing was
  std::string said;            // what was run, or why nothing was: for people
  std::vector<Diagnostic> fresh;
  std::vector<std::string> unchecked;  // "a.md: there is no check for such files"
};

// Files that one command checks are checked once. Errors: kInvalidInput where the check of `path` cannot be
// found for what the project says; kCancelled.
Expected<FilesCheck> check_files(const FilesCheckRequest& request, std::stop_token stop);

}  // namespace curlew::assist
