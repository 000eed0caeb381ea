// Who may use the network: one call at a time, the higher lane first, within a lane the older call
// first.
//
// A running call is never interrupted; it asks should_yield() between layers and steps, and when a
// call of a higher lane waits it lets that one pass and goes on afterwards, before the other calls
// of its own lane. So a background generation loses time to typing, never its work (as long as its
// cache survives), and a typing call waits for one layer of somebody else's chunk at most.
//
// Thread-safe. No lock is held while a call runs.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>

#include "model/generator.h"

namespace curlew::model {

class LaneGate {
 public:
  using Deadline = std::optional<std::chrono::steady_clock::time_point>;
  enum class Entry { kEntered, kCancelled, kDeadline };

  // Waits for the turn of this call. After kEntered the caller must leave().
  Entry enter(Lane lane, const std::stop_token& stop, const Deadline& deadline);
  void leave();

  // Leaves, and enters again before all others of the lane. On anything but kEntered the caller is
  // out.
  Entry yield(Lane lane, const std::stop_token& stop, const Deadline& deadline);

  // Does a call of a higher lane wait? Cheap; may lag by a moment.
  bool should_yield(Lane lane) const;

  // Calls of this lane that wait for their turn.
  int waiting(Lane lane) const { return waiting_count_[static_cast<std::size_t>(lane)]; }

 private:
  static constexpr std::size_t kLanes = 3;
  enum class Place { kFront, kBack };
  using Ticket = std::uint64_t;

  Entry wait_turn(std::unique_lock<std::mutex>& lock, Lane lane, Place place,
                  const std::stop_token& stop, const Deadline& deadline);
  bool is_next(Lane lane, Ticket ticket) const;

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  bool busy_ = false;                               // guarded by mutex_
  Ticket next_ticket_ = 0;                          // guarded by mutex_
  std::array<std::deque<Ticket>, kLanes> waiting_;  // guarded by mutex_
  std::array<std::atomic<int>, kLanes> waiting_count_{};
};

}  // namespace curlew::model
