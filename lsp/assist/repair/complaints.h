// What a run of a command says, read as complaints to be removed. Pure; thread-safe.
#pragma once

#include <vector>

#include "lsp/assist/repair/candidate.h"
#include "lsp/assist/repair/checker.h"

namespace curlew::assist {

// What a command complains of: its errors; where it names none, everything it says.
std::vector<Diagnostic> complaints_of(const CheckResult& result);

// The complaint is gone (or there once less), and none is new.
bool is_progress(const Diagnostic& complaint, const std::vector<Diagnostic>& before,
                 const std::vector<Diagnostic>& after);

// Of complaints that are seen only since a text parses: none is about how it is written.
bool are_uncovered(const std::vector<Diagnostic>& fresh);

// For an interpreter, which says one thing at a time. The candidate puts another name where the complaint
// says that one is wrong, and nothing else.
bool renames_what_is_wrong(const Diagnostic& complaint, const Candidate& candidate,
                           std::string_view text);
// The program has come to a later line of the script that was called.
bool runs_further(const Diagnostic& complaint, const std::vector<Diagnostic>& before,
                  const std::vector<Diagnostic>& after);

// What the command says of the place that somebody else complains of: on its line, else on one
// beside it, where tools differ over which token is at fault; null when it says nothing there.
const Diagnostic* seen_by_command(const std::vector<Diagnostic>& all, const Diagnostic& other);

}  // namespace curlew::assist
