// An edit that somebody asks for in words: "make it return an optional", "rename n to count".
//
//   the lines asked for -> what needs no model (rename.h) -> else the model: its answer held to the
//   lines' own format, or of many lines to blocks that apply to them, the lines themselves as its
//   draft -> indented as they were -> all of it parsed
//
// An answer that does not apply, or that leaves the text parsing worse, goes back to the model with
// what is wrong with it, a few times; then there is no edit. Nothing outside the lines changes.
// Stateless; looks at `stop` at every token.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "lsp/assist/complete.h"
#include "lsp/assist/edit/text_edit.h"

namespace curlew::assist {

struct InstructedEditRequest {
  std::string path;       // relative to the workspace
  std::string_view text;  // the whole document
  std::size_t start = 0;  // bytes; widened to whole lines. An empty range is the definition
  std::size_t end = 0;    // around it, else the whole text
  std::string instruction;
  int attempts_max = 3;
  int sample = 0;  // 0: the likeliest answer first; others differ from it
  model::Lane lane = model::Lane::kMain;
  std::chrono::milliseconds budget{60'000};
};

struct InstructedEdit {
  std::vector<TextEdit> edits;      // of the text; none: it is as asked for already
  std::string after;                // the text with them
  std::size_t start = 0, end = 0;   // what might have changed
  std::optional<int> parse_errors;  // of the text with them; none: of no language that is parsed
  std::vector<std::string> notes;   // what was left alone, for people
  std::string used_outside;         // another note, of what follow_up.h may find; or ""
  bool by_model = false;
  int attempts = 0;
  int prompt_tokens = 0, cached_tokens = 0, tokens = 0, drafted_tokens = 0, accepted_tokens = 0;
  double retrieve_ms = 0, generate_ms = 0, total_ms = 0;
  std::string why;  // "renamed `n` to `count` 4 times"; of a model its name
};

// kInvalidInput: no instruction, a range outside the text, more lines than fit the model; a rename that
// cannot be (rename.h), or after which the text parses worse.
// kUnavailable: no model that follows instructions, or none of its answers could be used (says
// why, and where). kCancelled.
Expected<InstructedEdit> instructed_edit(const Sources& sources,
                                         const InstructedEditRequest& request,
                                         std::stop_token stop);

// "parses", "parses no worse than before (2 errors)", "not parsed (...)".
std::string parse_words(const InstructedEdit& edit);

// The lines [start, end) that a request is about.
struct LineRange {
  std::size_t start = 0, end = 0;
};
LineRange edited_lines(const InstructedEditRequest& request);

}  // namespace curlew::assist
