// What a run of a command says, read as complaints to be removed. Pure; thread-safe.
#pragma once

#include <vector>

#include "lsp/assist/repair/checker.h"

namespace curlew::assist {

// What a command complains of: its errors; where it names none, everything it says.
std::vector<Diagnostic> complaints_of(const CheckResult& result);

// The complaint is gone (or there once less), and none is new.
bool is_progress(const Diagnostic& complaint, const std::vector<Diagnostic>& before,
                 const std::vector<Diagnostic>& after);

// What the command says of the place that somebody else complains of: on its line, else on one
// beside it, where tools differ over which token is at fault; null when it says nothing there.
const Diagnostic* seen_by_command(const std::vector<Diagnostic>& all, const Diagnostic& other);

}  // namespace curlew::assist
