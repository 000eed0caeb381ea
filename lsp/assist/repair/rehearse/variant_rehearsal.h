// Rehearsals of programs in C, C++, JavaScript and TypeScript: all changes are put into the program at once
// (variants.h), then its tests run once for each, without a compiler.
//
//   made texts -> the command, no variant alive -> what does not compile is left out -> again, until the command
//   says what it says without them -> which variants did it come to? -> a run for each of these
//
// What comes of it is a hint (rehearsal.h). Stateless.
#pragma once

#include <chrono>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "lsp/assist/repair/checker.h"

namespace curlew::assist {

// What a rehearsal does in the shadow copy. The checker's (checker.cpp); a test may bring its own.
class VariantStage {
 public:
  virtual ~VariantStage() = default;
  virtual Status put(const std::string& path, std::string_view text) = 0;
  virtual Expected<std::string> text(const std::string& path) = 0;
  // `sh SCRIPT COMMAND`: a script of the folder of rehearsals, and the command under way as its arguments.
  virtual Expected<CheckResult> run(std::string_view script, std::chrono::milliseconds limit,
                                    std::stop_token stop) = 0;
  virtual std::string folder() const = 0;  // of rehearsals, as commands see it
  virtual std::vector<Diagnostic> read(std::string_view output) const = 0;
};

struct VariantRequest {
  const Changes& base;  // the present texts of all paths that change
  std::span<const Changes> changes;
  const CheckResult& said;  // by the command, of the base; with its compilers at work
  std::chrono::milliseconds limit;
};

// One for each change. Leaves the made texts in the shadow copy: the caller puts the base back.
Expected<std::vector<Rehearsed>> rehearse_variants(VariantStage& stage,
                                                   const VariantRequest& request,
                                                   std::stop_token stop);

}  // namespace curlew::assist
