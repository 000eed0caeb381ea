#include "lsp/assist/next_edit/edit_history.h"

#include <algorithm>

namespace curlew::assist {
namespace {

std::size_t line_start(std::string_view text, std::size_t at) {
  const std::size_t newline = at == 0 ? text.npos : text.rfind('\n', at - 1);
  return newline == text.npos ? 0 : newline + 1;
}
std::string_view line_at(std::string_view text, std::size_t at) {
  const std::size_t start = line_start(text, std::min(at, text.size()));
  std::string_view line = text.substr(start, text.find('\n', start) - start);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}
bool on_one_line(std::string_view text, std::size_t from, std::size_t to) {
  return text.substr(from, to - from).find('\n') == text.npos;
}

// `change` lies on [edit.start, edit.end()] or over it: before becomes what stood at both places.
void merge(PastEdit& edit, std::string_view text, const TextEdit& change) {
  const std::size_t start = std::min(edit.start, change.start);
  const std::size_t end = std::max(edit.end(), change.end);
  const std::string lead(text.substr(start, edit.start - start));
  const std::string trail(text.substr(edit.end(), end - edit.end()));
  std::string after(text.substr(start, change.start - start));
  after += change.text;
  after += text.substr(change.end, end - change.end);
  edit.before = lead + edit.before + trail;
  edit.after = std::move(after);
  edit.start = start;
}

// What both texts begin and end with was not edited.
void trim(PastEdit& edit) {
  const std::size_t most = std::min(edit.before.size(), edit.after.size());
  std::size_t head = 0;
  while (head < most && edit.before[head] == edit.after[head]) ++head;
  std::size_t tail = 0;
  while (tail < most - head &&
         edit.before[edit.before.size() - 1 - tail] == edit.after[edit.after.size() - 1 - tail])
    ++tail;
  edit.before = edit.before.substr(head, edit.before.size() - head - tail);
  edit.after = edit.after.substr(head, edit.after.size() - head - tail);
  edit.start += head;
}

}  // namespace

std::size_t EditHistory::extended_by(const std::string& path, std::string_view text,
                                     const TextEdit& change, EditClock::time_point now) const {
  for (std::size_t idx = edits_.size(); idx-- > 0;) {
    const PastEdit& edit = edits_[idx];
    if (edit.path != path || edit.end() > text.size()) continue;
    if (change.start <= edit.end() && edit.start <= change.end) return idx;
    const std::size_t from = std::min(edit.end(), change.end);
    const std::size_t to = std::max(edit.start, change.start);
    const bool is_newest = idx + 1 == edits_.size();
    if (is_newest && now - edit.time <= kEditPause && on_one_line(text, from, to)) return idx;
  }
  return edits_.size();
}

// Those behind the change move with it; one that it cuts into is no longer what it was.
void EditHistory::move_others(const std::string& path, const TextEdit& change) {
  std::erase_if(edits_, [&](const PastEdit& edit) {
    return edit.path == path && edit.start < change.end && edit.end() > change.start;
  });
  for (PastEdit& edit : edits_)
    if (edit.path == path && edit.start >= change.end)
      edit.start = edit.start - (change.end - change.start) + change.text.size();
}

void EditHistory::note_undone(LineChange change) {
  if (std::ranges::find(undone_, change) == undone_.end()) undone_.push_back(std::move(change));
  if (undone_.size() > kUndoneMax) undone_.pop_front();
}

void EditHistory::note(const std::string& path, std::string_view text, const TextEdit& change,
                       int version, EditClock::time_point now) {
  if (change.start > change.end || change.end > text.size()) return;
  const std::string_view replaced = text.substr(change.start, change.end - change.start);
  if (replaced == change.text) return;
  std::lock_guard lock(mutex_);
  PastEdit edit{
      .path = path, .start = change.start, .old_line = std::string(line_at(text, change.start))};
  if (const std::size_t idx = extended_by(path, text, change, now); idx < edits_.size()) {
    edit = std::move(edits_[idx]);
    edits_.erase(edits_.begin() + static_cast<std::ptrdiff_t>(idx));
    merge(edit, text, change);
  } else {
    edit.before = replaced;
    edit.after = change.text;
  }
  edit.version = version;
  edit.time = now;
  move_others(path, change);
  trim(edit);
  if (edit.before == edit.after)
    return note_undone({path, edit.old_line, std::string(line_at(text, change.start))});
  if (edit.before.size() + edit.after.size() > kEditBytesMax) return;
  edits_.push_back(std::move(edit));
  if (edits_.size() > kEditsMax) edits_.pop_front();
}

void EditHistory::forget(const std::string& path) {
  std::lock_guard lock(mutex_);
  std::erase_if(edits_, [&](const PastEdit& edit) { return edit.path == path; });
}

std::vector<PastEdit> EditHistory::edits() const {
  std::lock_guard lock(mutex_);
  return {edits_.begin(), edits_.end()};
}

std::vector<LineChange> EditHistory::undone() const {
  std::lock_guard lock(mutex_);
  return {undone_.begin(), undone_.end()};
}

}  // namespace curlew::assist
