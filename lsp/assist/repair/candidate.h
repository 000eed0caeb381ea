// Changes that might remove a complaint, and those who propose them without a model.
//
// An engine looks at one complaint in one text and adds candidates; it may be wrong as often as it
// likes, for nothing is believed before a run has checked it (checker.h). It says how likely each is,
// so that the likely ones are checked first. Pure but for the index; thread-safe.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/index.h"
#include "indexer/source/parse.h"
#include "lsp/assist/edit/text_edit.h"
#include "lsp/assist/repair/code_tokens.h"
#include "lsp/assist/repair/diagnostic.h"

namespace curlew::assist {

struct Candidate {
  std::string path;
  std::vector<TextEdit> edits;  // of the path's text
  std::string why;              // "`lenght` is spelt `length` (3 lines above)"
  double chance = 0;            // for the order only; 0..1
};

// The text that a complaint is about, ready for engines.
struct RepairPlace {
  const Diagnostic& diagnostic;
  std::string path;
  std::string_view text;
  const indexer::Language* language = nullptr;  // null: not one that is parsed
  const indexer::Index* index = nullptr;        // null: none
  std::vector<CodeToken> tokens;
  LineTable lines;
  // The complaint's offset: its column, or the first token of its line.
  std::size_t offset = 0;
};
RepairPlace repair_place(const Diagnostic& diagnostic, std::string path, std::string_view text,
                         const indexer::Index* index);

// The lines of the innermost function around the complaint; where none can be parsed, those near it.
struct LineSpan {
  int first = 1, last = 1;
};
LineSpan lines_around(const RepairPlace& place);

// Whether a message has one of these words in it.
bool says(std::string_view message, std::initializer_list<std::string_view> signs);

// What is said of it to people: gcc's form is that of many compilers.
std::string_view tool_of(const Diagnostic& complaint);

// What stands between quotes in a message, in order: ‘a’, 'a', "a", `a`.
std::vector<std::string> quoted_words(std::string_view message);

using Engine = void (*)(const RepairPlace& place, std::vector<Candidate>& candidates);

void propose_fixits(const RepairPlace& place, std::vector<Candidate>& candidates);
void propose_spellings(const RepairPlace& place, std::vector<Candidate>& candidates);
void propose_imports(const RepairPlace& place, std::vector<Candidate>& candidates);
void propose_tokens(const RepairPlace& place,
                    std::vector<Candidate>& candidates);  // missing, extra
void propose_mutations(const RepairPlace& place, std::vector<Candidate>& candidates);
void propose_brackets(const RepairPlace& place, std::vector<Candidate>& candidates);
void propose_statements(const RepairPlace& place,
                        std::vector<Candidate>& candidates);  // declare, return, indent, drop
void propose_modifiers(const RepairPlace& place,
                       std::vector<Candidate>& candidates);  // const, mut, & and *
void propose_types(const RepairPlace& place, std::vector<Candidate>& candidates);
void propose_arguments(const RepairPlace& place, std::vector<Candidate>& candidates);
void propose_strays(const RepairPlace& place,
                    std::vector<Candidate>& candidates);  // doubled, swapped, lost

// All of them for a complaint of a compiler or linter: likeliest first, each change once.
std::vector<Candidate> propose(const RepairPlace& place);

// Single-token changes of the code in [start, end): for a test that fails, where any place may be
// the culprit. `chance` is that of the best of them; `told` is what the test says: its text, what it
// expected and what it got. `breadth`: whether unlikely ones are wanted, too.
enum class Breadth : std::uint8_t { kLikely, kAll };
std::vector<Candidate> mutations_of(std::string_view path, std::string_view text,
                                    const indexer::Language* language, std::size_t start,
                                    std::size_t end, double chance, std::string_view told = {},
                                    Breadth breadth = Breadth::kLikely);

}  // namespace curlew::assist
