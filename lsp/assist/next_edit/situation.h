// What the engines of next_edit() see, and what they say. Private to lsp/assist/next_edit.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "lsp/assist/next_edit/code_view.h"
#include "lsp/assist/next_edit/next_edit.h"

namespace curlew::assist {

constexpr std::size_t kEditedFilesMax = 6;  // besides the request's own
constexpr int kWindowLinesMax = 40;         // around an edit, as it was before

// Tokens [old_begin, old_end) of the text before an edit became [begin, end) of the text now.
struct Hunk {
  std::size_t old_begin = 0, old_end = 0;
  std::size_t begin = 0, end = 0;
};

// One edit of the past, read as tokens. `old` holds the whole lines around it as they were before
// this edit alone, the bracket that it lies in included; its tokens before the first hunk are those
// of `now` from `first` on.
struct Change {
  const PastEdit* edit = nullptr;
  std::size_t age = 0;  // 0: the newest edit
  const CodeView* now = nullptr;
  std::shared_ptr<const CodeView> old;
  std::size_t first = 0, last = 0;  // the same lines' tokens in `now`: [first, last)
  std::vector<Hunk> hunks;          // in order; none where only blanks or comments changed
};

// Edits that an engine thinks come next. Each element of `places` is one place (as a rule a line).
struct Proposal {
  NextEditKind kind = NextEditKind::kSameChange;
  std::size_t age = 0;  // of the edit it follows from: newest first
  std::vector<FileEdit> places;
  std::string why;
  double confidence = 0;
};

class Situation {
 public:
  Situation(const NextEditSources& sources, const NextEditRequest& request, std::stop_token stop);

  const NextEditRequest& request() const { return request_; }
  const NextEditSources& sources() const { return sources_; }
  const indexer::Index* index() const { return sources_.index; }
  const CodeView& here() const { return *here_; }
  const std::vector<Change>& changes() const { return changes_; }  // newest first
  bool is_cancelled() const { return stop_.stop_requested(); }
  std::stop_token stop() const { return stop_; }

  // Of any file that may be edited; null where there is none. Made once.
  const CodeView* view(const std::string& path);
  std::shared_ptr<const std::string> shared_text(const std::string& path) const;

  // Paths of other files of the same family that hold the word, edited ones first; at most
  // NextEditLimits::other_files.
  std::vector<std::string> other_files_with(std::string_view word, const CodeView& like);

  // Does an edit not older than `age` touch these bytes of a file?
  bool is_edited_since(const std::string& path, std::size_t start, std::size_t end,
                       std::size_t age) const;

  // What an engine leaves alone because it cannot be sure, for people.
  void note(std::string left) {
    if (std::ranges::find(notes_, left) == notes_.end()) notes_.push_back(std::move(left));
  }
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  std::optional<Change> read_change(const PastEdit& edit, std::size_t age);

  const NextEditSources& sources_;
  const NextEditRequest& request_;
  const std::stop_token stop_;
  std::map<std::string, std::unique_ptr<const CodeView>> views_;
  std::map<std::string, std::shared_ptr<const std::string>> texts_;
  const CodeView* here_ = nullptr;
  std::vector<Change> changes_;
  std::vector<std::string> notes_;
};

using NextEditEngine = void (*)(Situation& situation, std::vector<Proposal>& proposals);

void propose_same_change(Situation& situation, std::vector<Proposal>& proposals);
void propose_renames(Situation& situation, std::vector<Proposal>& proposals);
void propose_call_sites(Situation& situation, std::vector<Proposal>& proposals);
void propose_counterparts(Situation& situation, std::vector<Proposal>& proposals);
void propose_imports_now(Situation& situation, std::vector<Proposal>& proposals);
void propose_tags(Situation& situation, std::vector<Proposal>& proposals);
void propose_enumerators(Situation& situation, std::vector<Proposal>& proposals);

// What a model proposes, where there is one that can. Errors: the model's, kCancelled.
Status propose_rewrite(Situation& situation, std::vector<Proposal>& proposals);

// Edits of one file grouped by the line they begin on, each group a place; in order.
std::vector<FileEdit> places_by_line(const CodeView& view, std::shared_ptr<const std::string> text,
                                     std::vector<TextEdit> edits);

// Whether two runs of tokens are spelt the same.
bool same_tokens(const CodeView& a, std::size_t a_begin, std::size_t a_end, const CodeView& b,
                 std::size_t b_begin, std::size_t b_end);

// The source text of tokens [begin, end), with what stands between them; "" for none.
std::string_view text_of(const CodeView& view, std::size_t begin, std::size_t end);

}  // namespace curlew::assist
