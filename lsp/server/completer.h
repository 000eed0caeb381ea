// Completions of a session: what assist::complete proposes, and what became of it.
//
// The last suggestion of each document is remembered. While its user types what it says, the rest
// of it is the answer, at once ("typed-through"): nothing is retrieved or generated, and the ghost
// text does not flicker. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "lsp/server/session_state.h"

namespace curlew::server {

constexpr std::size_t kOpenDocumentsShared = 8;            // of other open files, per request
constexpr std::size_t kOpenDocumentBytesMax = 512u << 10;  // larger ones are left out
constexpr std::size_t kRememberedMax = 64;                 // suggestions, one a document

// kAutomatic requests may stay quiet, and are answered from the last suggestion where it fits.
enum class Trigger { kAutomatic, kInvoked };

struct CompletionAsk {
  Trigger trigger = Trigger::kAutomatic;
  std::optional<assist::Lines> lines;  // nothing: as the settings say
  int new_tokens_max = 0;              // 0: assist decides
  std::optional<protocol::SelectedCompletionInfo> selected;
};

struct Suggestion {
  std::string id;                 // "" when there is nothing to show
  std::size_t cursor = 0;         // byte offset in the document it was asked for
  bool is_typed_through = false;  // the rest of an earlier one
  assist::Completion completion;
};

struct CompletionCounts {
  std::int64_t requests = 0, shown = 0, typed_through = 0, accepted = 0, partly_accepted = 0;
};

class Completer {
 public:
  explicit Completer(SessionState& state) : state_(state) {}

  // Synchronous, in the caller's lane. An empty text when there is nothing worth showing, or when
  // completions are off.
  Expected<Suggestion> complete(const std::shared_ptr<const Snapshot>& document,
                                protocol::Position position, const CompletionAsk& ask,
                                std::stop_token stop);

  void note_accepted(const std::string& id);
  void note_partly_accepted();
  void forget(const std::string& uri);

  CompletionCounts counts() const;
  std::optional<Suggestion> last() const;  // the last one that had something to show

 private:
  struct Remembered {
    std::shared_ptr<const Snapshot> document;
    Suggestion suggestion;
  };
  std::optional<Suggestion> typed_through(const Snapshot& document, std::size_t cursor);
  void remember(const std::shared_ptr<const Snapshot>& document, Suggestion& suggestion);

  SessionState& state_;
  mutable std::mutex mutex_;
  std::map<std::string, Remembered> remembered_;  // mutex_; by URI
  std::optional<Suggestion> last_;                // mutex_
  CompletionCounts counts_;                       // mutex_
  std::int64_t next_id_ = 1;                      // mutex_
};

// completion_to_json() without the text, with the id: the `data` of an item (docs/protocol.md).
protocol::Json suggestion_data(const Suggestion& suggestion);

}  // namespace curlew::server
