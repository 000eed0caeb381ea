// The next edit: what an editor's user will most likely change next, after what they changed last.
//
//   EditHistory history;                            // fed with every change of a document
//   NextEditRequest request{.path = ..., .text = ..., .cursor = ..., .edits = history.edits()};
//   Expected<NextEditAnswer> answer = next_edit(sources, request, stop);
//   if (answer->edit) ... else answer->why_not ...
//
// Engines without a model, each sure of its kind (docs/next_edit.md): the same change elsewhere, a
// rename's leftovers, calls after a change of signature, the other half of a pair; where none is
// sure, a model that was trained to say next edits, if one is loaded. Nothing is
// offered that one of them is not sure of, that makes the text parse worse, that touches what the
// user is typing or has just typed, or that they took back or refused before.
//
// Stateless and synchronous: everything is in the arguments; other files are read through
// NextEditSources only. Thread-safe. A few milliseconds for files of thousands of lines, but for the
// model.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/index.h"
#include "lsp/assist/edit/text_edit.h"
#include "lsp/assist/next_edit/edit_history.h"
#include "model/generator.h"

namespace curlew::assist {

constexpr std::size_t kNextEditBytesMax = 2u << 20;  // of a text that is looked at
constexpr double kSureEnough = 0.5;                  // quiet below

struct NextEditSources {
  const indexer::Index* index = nullptr;  // null: this file and the other files that were edited
  // The text of another file of the workspace as it stands now, in the editor where it is open
  // there; null where there is none or it must not be changed.
  std::function<std::shared_ptr<const std::string>(const std::string& path)> read;
  // Asked when no engine is sure, if it was trained to say next edits; may be null.
  model::Generator* generator = nullptr;
  std::chrono::milliseconds model_budget{1'500};
};

struct NextEditLimits {
  std::size_t more_places = 8;   // besides the first
  std::size_t other_files = 12;  // looked at for one edit
  int search_hits = 100;         // of one query of the index
};

struct NextEditRequest {
  std::string path;      // relative to the workspace, "" for an unsaved document
  std::string language;  // LSP languageId, for paths that say nothing; may be ""
  std::shared_ptr<const std::string> text;
  std::size_t cursor = 0;       // byte offset, 0..text->size()
  std::vector<PastEdit> edits;  // oldest first
  // What the user took back or refused.
  std::vector<LineChange> unwanted;
  EditClock::time_point now = EditClock::now();
  NextEditLimits limits;
};

enum class NextEditKind {
  kSameChange,   // what was changed there, here too
  kRename,       // a use of a name that was changed
  kCallSite,     // a call of a function whose parameters were changed
  kCounterpart,  // a declaration whose definition was changed, or the other way round
  kImport,       // an import that is no longer needed, or is now
  kTag,          // the other tag of an element
  kEnumerator,   // what lists all enumerators and lacks the new one
  kModel,        // what a model rewrote
};
const char* next_edit_kind_name(NextEditKind kind);  // "same-change", "rename", ...

// Edits of one file, in order and apart, for the text that `read` or the request gave.
struct FileEdit {
  std::string path;
  std::shared_ptr<const std::string> text;
  std::vector<TextEdit> edits;
};

struct NextEdit {
  NextEditKind kind = NextEditKind::kSameChange;
  FileEdit edit;  // of one place: a line, or a few that belong together
  // Where that place is, in the text before the edit: the editor jumps here.
  std::size_t jump_start = 0, jump_end = 0;
  // More of the same kind, nearest first: what would be offered after this one.
  std::vector<FileEdit> more;
  std::string why;        // "`total` is now `sum`"
  double confidence = 0;  // 0..1, at least kSureEnough
  LineChange change;      // for `unwanted`, should the user refuse it
};

struct NextEditAnswer {
  std::optional<NextEdit> edit;
  std::string why_not;  // "nothing was edited", "the last edit is not finished"; "" with an edit
  std::vector<std::string> notes;  // what is not offered because it is not sure
};

// kInvalidInput for a cursor outside the text; kCancelled; errors of the index.
Expected<NextEditAnswer> next_edit(const NextEditSources& sources, const NextEditRequest& request,
                                   std::stop_token stop);

}  // namespace curlew::assist
