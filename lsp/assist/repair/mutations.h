// The parts of mutations_of (candidate.h): each adds changes of the code in [start, end) of a text.
// Pure; thread-safe.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lsp/assist/repair/candidate.h"

namespace curlew::assist {

struct MutatedCode {
  std::string_view path, text;
  const indexer::Language* language = nullptr;
  std::span<const CodeToken> tokens;  // of the whole text
  std::size_t start = 0, end = 0;
  double chance = 1;  // of the best change

  // The tokens that lie in it.
  std::span<const CodeToken> own() const;
  void add(TextEdit edit, double weight, std::string why, std::vector<Candidate>& out) const {
    out.push_back({std::string(path), {std::move(edit)}, std::move(why), chance * weight});
    fit_line_ends(text, out.back().edits);
  }
};

// Whole lines: a lost `return` or `else`, one that stands twice, beside another, or in another block.
void mutate_lines(const MutatedCode& code, std::vector<Candidate>& out);

// What is gone and left something unused behind: a term or a condition with a name that is declared
// and nowhere used, the call of a function that nobody calls.
void mutate_lost(const MutatedCode& code, std::vector<Candidate>& out);

// The rest, unlikely each: any operator, any name, what may be missing; parts that are too many.
void mutate_any(const MutatedCode& code, std::vector<Candidate>& out);
void mutate_parts(const MutatedCode& code, std::vector<Candidate>& out);

// Strings that are nearly what a test says, and numbers that the code has elsewhere. `told`: what
// stands in the test and in its failure.
void mutate_literals(const MutatedCode& code, std::string_view told, std::vector<Candidate>& out);

}  // namespace curlew::assist
