// Whether an edit brings a file's check something new to complain of.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "lsp/assist/check/check_command.h"
#include "lsp/assist/repair/checker.h"

namespace curlew::assist {

struct EditCheck {
  bool passed = false;            // it does not
  std::vector<Diagnostic> fresh;  // what it complains of now and did not before
};

// Runs the check without the edit and with it, in a sandbox, on the open documents' text. Errors:
// kUnavailable where nothing can be run, kCancelled.
Expected<EditCheck> check_edit(const std::filesystem::path& root, const CheckCommand& check,
                               const Changes& buffers, const Changes& after, std::stop_token stop);

}  // namespace curlew::assist
