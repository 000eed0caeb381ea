// Where the fault of failing tests may be, by what ran: lines that failing tests run and others do not.
//
// Ochiai's measure (A. Ochiai, 1957; for faults: R. Abreu et al., "On the accuracy of spectrum-based
// fault localization", 2007): of a line that `ef` of F failing tests run, and `ep` others,
// ef / sqrt(F (ef + ep)). Immutable; thread-safe.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "lsp/assist/repair/checker.h"

namespace curlew::assist {

class Suspicion {
 public:
  Suspicion() = default;
  explicit Suspicion(std::span<const TestTrace> traces);

  // No failing test has run any line.
  bool is_empty() const { return lines_.empty(); }
  // 0 (no failing test runs it) to 1 (all of them do, and no other). Of a line that has no code of its
  // own, or that never got its turn: something of what is said of its neighbours.
  double of(const std::string& path, int line) const;
  // Those that failing tests run, by path.
  const std::map<std::string, std::map<int, double>>& lines() const { return lines_; }

 private:
  std::map<std::string, std::map<int, double>> lines_;
};

}  // namespace curlew::assist
