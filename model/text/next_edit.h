// Next-edit prompts: models that rewrite a region around the cursor, seeing what was edited before.
//
//   Expected<NextEditFormat> format = choose_next_edit_format(tokenizer, arch, name, file);
//   text.editable = editable_region(*format, text.text, text.cursor);
//   Expected<NextEditPrompt> prompt = build_next_edit_prompt(tokenizer, *format, text, budget);
//   ... generate: prompt->tokens, drafting from prompt->copy_from ...
//   Expected<NextEditAnswer> answer = read_next_edit_answer(*format, text, generated);
//
// Families: zeta (the first; an instruction with a marked excerpt), zeta-2 (Seed-Coder's markers,
// the region between merge-conflict lines), zeta-2.1 (numbered markers between blocks of the
// region), sweep and sweep-v2 (<|file_sep|> blocks: original, current, updated). Continue's
// Instinct is known by name and refused: its prompt exists in versions that differ. Everything the
// user wrote is encoded with special-token parsing off.
//
// Inside prompts lines end with "\n"; a region whose lines end with CRLF gets them back.
// Pure functions; thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"
#include "model/text/fim.h"
#include "model/text/tokenizer.h"

namespace curlew::model {

enum class NextEditLayout { kZeta, kZeta2, kZeta21, kSweep, kSweepV2 };

struct NextEditFormat {
  std::string family;  // "zeta", "zeta-2", "zeta-2.1", "sweep", "sweep-v2"
  NextEditLayout layout = NextEditLayout::kSweep;
  bool add_bos = false;
  std::vector<TokenId> stop_tokens;  // besides the vocabulary's end-of-generation set; sorted
  std::vector<std::string> stop_strings;
  std::string why;
};

// From the model's and the file's name, checked against the vocabulary: next-edit models share
// vocabulary and architecture with the base model they were made from. Error kUnsupported, with
// what was looked for.
Expected<NextEditFormat> choose_next_edit_format(const Tokenizer& tokenizer,
                                                 std::string_view architecture,
                                                 std::string_view model_name,
                                                 std::string_view file_name);

// The family that configuration asks for; errors as fim_format_named().
Expected<NextEditFormat> next_edit_format_named(std::string_view name, const Tokenizer& tokenizer);
std::vector<std::string> next_edit_format_names();

struct ByteRange {
  std::size_t begin = 0, end = 0;
  std::size_t size() const { return end - begin; }
  bool operator==(const ByteRange&) const = default;
};

// One change of the past, as whole lines around it. Unchanged lines at both ends are cut down to a
// few, so `before` and `after` may hold more than the change.
struct RecentEdit {
  std::string path;
  int line = 1;  // of before's first line, from 1
  std::string before, after;
};

struct LineDiagnostic {
  int line = 1;  // from 1
  std::string message;
};

struct NextEditText {
  std::string path;        // of the file, relative to the workspace
  std::string text;        // the file, or a window of whole lines around the cursor
  int first_line = 1;      // of the window in its file, from 1
  std::size_t cursor = 0;  // byte in text
  // Bytes of text: whole lines around the cursor. Generators choose editable_region() where it is
  // empty.
  ByteRange editable;
  std::vector<RecentEdit> edits;            // oldest first
  std::vector<ContextBlock> context;        // pieces of other files, most useful first
  std::vector<LineDiagnostic> diagnostics;  // of this file
};

// As many lines around the cursor as the family was trained to rewrite: 10 above and 10 below for
// sweep, some 350 tokens for the others. `cursor` beyond the text counts as its end.
ByteRange editable_region(const NextEditFormat& format, std::string_view text, std::size_t cursor);

struct NextEditBudget {
  int prompt_tokens_max = 4096;
};

struct NextEditPrompt {
  std::vector<TokenId> tokens;
  std::string copy_from;      // the region as it stands: most of the answer will be a copy of it
  int answer_tokens_max = 0;  // a longer answer is a runaway
  std::size_t edits_used = 0, context_used = 0;  // of the newest edits, of the first blocks
};

// Edits come before context where not everything fits the budget, newer before older. Errors:
// kInvalidInput for a region that does not hold the cursor, does not consist of whole lines or does
// not fit, and for text that holds one of the family's markers where these are plain text, so that
// the model could not tell whose they are. Edits and blocks that hold one are left out.
Expected<NextEditPrompt> build_next_edit_prompt(const Tokenizer& tokenizer,
                                                const NextEditFormat& format,
                                                const NextEditText& text,
                                                const NextEditBudget& budget);

struct NextEditOutput {
  std::string text;    // special tokens shown; with or without the stop that ended it
  bool ended = false;  // by a stop token or string; not by length, deadline or cancellation
};

struct NextEditAnswer {
  ByteRange region;                   // of the prompt's text that was rewritten
  std::string text;                   // of the whole region
  std::optional<std::size_t> cursor;  // byte in it, where the model says so
};

// `text` is that of the prompt. Error kInvalidInput with the reason for an answer that was cut off,
// lacks a marker, has one that is none of the prompt's or stands in the wrong order, or is empty
// though the region is not. An unchanged region is a good answer: nothing is to be edited.
Expected<NextEditAnswer> read_next_edit_answer(const NextEditFormat& format,
                                               const NextEditText& text,
                                               const NextEditOutput& output);

}  // namespace curlew::model
