// Which lines of Go a failing test runs: `go test` says it itself, as a coverage profile. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lsp/assist/repair/checker.h"

namespace curlew::assist {

// `argv`, which begins with `go test`, for one test, with its profile written to `profile`. Nothing where the
// command is another, or makes a profile or chooses among its tests already.
std::optional<std::vector<std::string>> go_coverage_command(const std::vector<std::string>& argv,
                                                            const std::string& test,
                                                            const std::string& profile);

// The lines that ran, by a profile ("example.org/bird/legs.go:3.20,5.2 1 4"). `go_mod` is the text of the file
// go.mod in `folder` (relative to the workspace's root, "" for the root itself); paths of other modules
// are left out.
TestTrace read_go_coverage(std::string_view profile, std::string_view go_mod,
                           const std::string& folder, std::string test);

}  // namespace curlew::assist
