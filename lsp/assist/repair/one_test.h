// Of a command that runs tests: the one that runs a single one of them, which is quicker. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lsp/assist/repair/diagnostic.h"

namespace curlew::assist {

// `argv` for the test of a failure alone: pytest, unittest, go test, cargo test, ctest, node --test,
// jest, vitest, and programs of GoogleTest. Nothing where the command is another, chooses among its
// tests already, or has a name for this one that cannot be told. Whether it does run that test, and
// nothing else, only a run can say.
std::optional<std::vector<std::string>> only_test(const std::vector<std::string>& argv,
                                                  const Diagnostic& failure);

}  // namespace curlew::assist
