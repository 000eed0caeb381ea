// Languages that a generation can be held to. docs/constraints.md is the page for users.
//
//   Expected<std::shared_ptr<const Grammar>> g = Grammar::from_regex(R"([a-z_]\w*\(\))");
//   request.grammar = *g;
//
// A grammar knows nothing of tokens: ConstraintCompiler (constraint.h) joins it with a vocabulary.
// Immutable; may be shared between threads. Building takes microseconds to a few milliseconds, and
// is bounded: what would take more is refused.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"

namespace curlew::model {

class Rules;  // model/constrain/rules.h

// White space between the parts of generated JSON. There is never any before or after the value.
enum class JsonSpaces {
  kNone,      // {"a":1,"b":[1,2]}
  kFlexible,  // after each of { [ , and before } ]: a space, or a line feed and up to 64 spaces or
              // 16 tabs, or nothing; after a colon a space or nothing
};

enum class EditForm {
  kBlocks,  // search and replace blocks that always apply: edits.h
  kWhole,   // the text anew, up to the end of the generation
};

struct EditOptions {
  EditForm form = EditForm::kBlocks;
  int lines_max = 0;  // of kWhole; 0: twice those of the original and 100 more
};

class Grammar {
 public:
  using Made = Expected<std::shared_ptr<const Grammar>>;

  // The whole text matches: regex.h has the syntax. Errors name the byte offset in the pattern.
  static Made from_regex(std::string_view pattern);

  // One JSON value that the schema accepts: a subset of JSON Schema 2020-12. Errors name the place
  // in the schema as a JSON pointer.
  static Made from_json_schema(std::string_view schema, JsonSpaces spaces = JsonSpaces::kFlexible);

  // Edits of the original; read_edits() (edits.h) turns a finished text into them.
  static Made edit_of(std::string_view original, EditOptions options = {});

  // One of these texts.
  static Made one_of(std::span<const std::string> texts);

  ~Grammar();

  // What was asked for and is not enforced, a sentence each ("#/date: format \"date\" is ...").
  const std::vector<std::string>& notes() const { return notes_; }
  const Rules& rules() const { return *rules_; }

 private:
  Grammar(std::unique_ptr<const Rules> rules, std::vector<std::string> notes);

  std::unique_ptr<const Rules> rules_;
  std::vector<std::string> notes_;
};

}  // namespace curlew::model
