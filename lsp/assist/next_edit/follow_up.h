// What follows for certain from a change that was made at once, in the same file and in others: what
// the engines of next_edit.h would offer after it one by one, until they have nothing more to say.
// A rename's other uses, calls of a function whose parameters changed, its declaration, imports.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "lsp/assist/next_edit/next_edit.h"
#include "lsp/assist/repair/checker.h"

namespace curlew::assist {

struct FollowUp {
  Changes before, after;         // of the files that change; `before` holds the change itself
  std::vector<std::string> why;  // each once: "`total` is now `sum`"
  int places = 0;
  std::vector<std::string> notes;  // what may follow and was left, because it is not certain
};

// `after` stands for `path`'s text already; `sources.read` gives the other files' texts. No model is
// asked. Errors: those of next_edit().
Expected<FollowUp> follow_up(const NextEditSources& sources, const std::string& path,
                             const std::string& before, const std::string& after,
                             std::stop_token stop);

}  // namespace curlew::assist
