#include "model/decode/lane_gate.h"

#include <algorithm>

namespace curlew::model {

LaneGate::Entry LaneGate::enter(Lane lane, const std::stop_token& stop, const Deadline& deadline) {
  std::unique_lock lock(mutex_);
  return wait_turn(lock, lane, Place::kBack, stop, deadline);
}

void LaneGate::leave() {
  {
    std::lock_guard lock(mutex_);
    busy_ = false;
  }
  changed_.notify_all();
}

LaneGate::Entry LaneGate::yield(Lane lane, const std::stop_token& stop, const Deadline& deadline) {
  std::unique_lock lock(mutex_);
  busy_ = false;
  changed_.notify_all();
  return wait_turn(lock, lane, Place::kFront, stop, deadline);
}

bool LaneGate::should_yield(Lane lane) const {
  for (std::size_t higher = 0; higher < static_cast<std::size_t>(lane); ++higher)
    if (waiting_count_[higher].load(std::memory_order_relaxed) > 0) return true;
  return false;
}

LaneGate::Entry LaneGate::wait_turn(std::unique_lock<std::mutex>& lock, Lane lane, Place place,
                                    const std::stop_token& stop, const Deadline& deadline) {
  const std::size_t idx = static_cast<std::size_t>(lane);
  std::deque<Ticket>& queue = waiting_[idx];
  const Ticket ticket = next_ticket_++;
  queue.insert(place == Place::kFront ? queue.begin() : queue.end(), ticket);
  ++waiting_count_[idx];

  const auto my_turn = [&] { return is_next(lane, ticket); };
  const bool granted = deadline ? changed_.wait_until(lock, stop, *deadline, my_turn)
                                : changed_.wait(lock, stop, my_turn);
  std::erase(queue, ticket);
  --waiting_count_[idx];
  if (granted && !stop.stop_requested()) {
    busy_ = true;
    return Entry::kEntered;
  }
  changed_.notify_all();  // somebody may have waited behind this ticket
  return stop.stop_requested() ? Entry::kCancelled : Entry::kDeadline;
}

bool LaneGate::is_next(Lane lane, Ticket ticket) const {
  const std::size_t idx = static_cast<std::size_t>(lane);
  if (busy_ || waiting_[idx].front() != ticket) return false;
  return std::all_of(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(idx),
                     [](const std::deque<Ticket>& higher) { return higher.empty(); });
}

}  // namespace curlew::model
