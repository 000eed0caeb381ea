// Which words tell right from wrong, in the languages that are repaired. Pure; thread-safe.
#pragma once

#include "lsp/assist/repair/statements.h"

namespace curlew::assist {

enum class VerdictWord : std::uint8_t {
  kNone,
  kAssertion,
  kFailure,        // wherever it stands
  kFailureOfMain,  // `return 1`
  kCheck,          // "check(x)": in a program's main, or at its top
};

// What token i begins, or is the verb of.
VerdictWord verdict_word(const Statements& code, std::size_t i);

// "assert_close", "expectRow", "CHECK": what a definition is called that asserts.
bool names_assertion(std::string_view name);

}  // namespace curlew::assist
