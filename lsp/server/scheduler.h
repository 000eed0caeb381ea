// Which thread runs what, in what order, and what may be dropped.
//
// A session has one reading thread. It takes messages in the order of their arrival and runs, by
// itself, everything of Lane::kMain: the life of the session, edits of documents, settings,
// cancelling. All of that is bookkeeping, so the reader is never busy for long. A request of
// another lane gets the snapshot of its document *there and then* and is queued:
//
//   typing   one thread. Completions while somebody types: nothing else may delay them.
//   query    two threads. Symbols, context, status: short reads of the index.
//   work     one thread. Repairs and edits: seconds to minutes, and worth it.
//
// Two threads work for all sessions together and belong to services.h: one loads models, one
// updates indexes, which is the background lane.
//
// Promises:
// - A request sees exactly the edits that arrived before it.
// - Requests of one lane start in the order of their arrival; answers may overtake each other.
// - A request bound as kLatestOnly is cancelled when its document changes or closes, and when a
//   newer one of the same method for the same document arrives: editors such as Neovim ask again
//   without cancelling. Cancelled requests are answered at once (reply.h), and dropped from the
//   queue without being run.
// - A full queue refuses the newest request with an error instead of growing.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "lsp/server/reply.h"
#include "lsp/server/task_queue.h"

namespace curlew::server {

constexpr std::size_t kTypingQueuedMax = 64;
constexpr std::size_t kQueryQueuedMax = 256;
constexpr std::size_t kWorkQueuedMax = 16;

enum class Lane { kMain, kTyping, kQuery, kWork };
const char* lane_name(Lane lane);

// Of several requests of one method for one document: is each worth an answer, or the newest only?
enum class Freshness { kAny, kLatestOnly };

// Zero threads: jobs run inside submit().
struct LaneThreads {
  int typing = 1;
  int query = 2;
  int work = 1;
};

class Scheduler {
 public:
  explicit Scheduler(LaneThreads threads = {});
  ~Scheduler();  // stop()

  // Enters a request, cancelling those it makes obsolete. False when its id is already in flight.
  // `document` is a URI, "" for requests about none.
  bool admit(std::shared_ptr<PendingRequest> request, const std::string& document,
             Freshness freshness);

  // Queues the work of an admitted request; refuses the request when the lane is full.
  void submit(Lane lane, std::shared_ptr<PendingRequest> request, std::function<void()> work);

  // Goes on with an admitted request in another lane; false when that lane is full.
  bool go_on(Lane lane, std::function<void()> work);

  void cancel(const protocol::RequestId& id);          // unknown ids are ignored: the answer is out
  void document_changed(const std::string& document);  // cancels what is kLatestOnly there

  // Cancels everything, stops the threads.
  void stop();
  bool wait_until_idle(std::chrono::steady_clock::time_point deadline);

 private:
  struct InFlight {
    std::weak_ptr<PendingRequest> request;  // its work owns it; gone means answered
    std::string document;
    Freshness freshness;
  };
  using Requests = std::vector<std::shared_ptr<PendingRequest>>;
  void forget_answered();  // mutex_ held
  TaskQueue& queue_of(Lane lane);

  TaskQueue typing_, query_, work_;
  std::mutex mutex_;
  std::map<protocol::RequestId, InFlight> in_flight_;  // mutex_
};

}  // namespace curlew::server
