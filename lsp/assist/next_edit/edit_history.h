// What the user has edited lately: keystrokes made into edits.
//
// Changes that touch, or that follow each other on one line, are one edit: typing `value` over `v`
// is one, whatever the number of messages. An edit that ends as it began is none, and is kept as
// something the user took back. Places are kept up to date: an edit's region is where its text
// stands now, in the document as of the last change that was noted.
//
// Holds a few dozen small texts (kEditsMax, kEditBytesMax). Thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "lsp/assist/edit/text_edit.h"

namespace curlew::assist {

constexpr std::size_t kEditsMax = 24;             // remembered, of all documents together
constexpr std::size_t kEditBytesMax = 16u << 10;  // of one edit's texts; larger ones are forgotten
constexpr std::size_t kUndoneMax = 32;
// Changes of one line that do not touch are one edit as long as nothing longer lies between them.
constexpr std::chrono::milliseconds kEditPause{3000};

using EditClock = std::chrono::steady_clock;

struct PastEdit {
  std::string path;              // of the document, as NextEditRequest names it
  std::size_t start = 0;         // where `after` stands now
  std::string before, after;     // exact bytes; may be "" but never both the same
  int version = 0;               // of the document after the edit's last change
  EditClock::time_point time{};  // of that change
  std::string old_line;          // the line at `start` as it was before the edit, without its break

  std::size_t end() const { return start + after.size(); }
};

// A change of one line that a user does not want, wherever the line has moved to since.
struct LineChange {
  std::string path, from, to;
  bool operator==(const LineChange&) const = default;
};

class EditHistory {
 public:
  // One change of a document: `edit` is in terms of `text`, the document before it.
  void note(const std::string& path, std::string_view text, const TextEdit& edit, int version,
            EditClock::time_point now);
  // The whole text was replaced; what was known of the document's places no longer holds.
  void forget(const std::string& path);

  std::vector<PastEdit> edits() const;     // oldest first
  std::vector<LineChange> undone() const;  // oldest first

 private:
  // The edit that a change goes on with; edits_.size() when it begins one.
  std::size_t extended_by(const std::string& path, std::string_view text, const TextEdit& change,
                          EditClock::time_point now) const;  // mutex_ held, as below
  void move_others(const std::string& path, const TextEdit& change);
  void note_undone(LineChange change);

  mutable std::mutex mutex_;
  std::deque<PastEdit> edits_;     // mutex_; by time of the last change
  std::deque<LineChange> undone_;  // mutex_
};

}  // namespace curlew::assist
