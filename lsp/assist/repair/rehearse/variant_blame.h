// Which variants a build that failed complains of. Pure.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "lsp/assist/repair/diagnostic.h"
#include "lsp/assist/repair/rehearse/variants.h"

namespace curlew::assist {

// Whether a compiler or linker says so, not what it built.
bool is_of_build(const Diagnostic& complaint);

struct Blame {
  std::set<int> variants;  // numbers: these do not compile
  std::set<int> suspects;  // one of them, or that they can be chosen, is not liked
  bool is_empty() const { return variants.empty() && suspects.empty(); }
};
// `made` by path.
Blame blame(std::span<const Diagnostic> complaints, const std::map<std::string, MadeText>& made,
            int variants_count);

// "undefined reference to `f'" -> "f"; "" where it is about something else.
std::string missing_symbol(const Diagnostic& complaint);

// Of C: "'x' undeclared (first use in this function)" -> "x"; said once for each function.
std::string undeclared_name(const Diagnostic& complaint);

}  // namespace curlew::assist
