#include "lsp/server/scheduler.h"

namespace curlew::server {

using protocol::RpcCode;

const char* lane_name(Lane lane) {
  switch (lane) {
    case Lane::kMain:
      return "main";
    case Lane::kTyping:
      return "typing";
    case Lane::kQuery:
      return "query";
    case Lane::kWork:
      return "work";
  }
  return "main";
}

Scheduler::Scheduler(LaneThreads threads)
    : typing_("curlew typing", threads.typing, kTypingQueuedMax),
      query_("curlew query", threads.query, kQueryQueuedMax),
      work_("curlew work", threads.work, kWorkQueuedMax) {}

Scheduler::~Scheduler() {
  stop();
}

bool Scheduler::admit(std::shared_ptr<PendingRequest> request, const std::string& document,
                      Freshness freshness) {
  Requests obsolete;
  {
    std::lock_guard lock(mutex_);
    forget_answered();
    if (in_flight_.contains(request->id())) return false;
    if (freshness == Freshness::kLatestOnly)
      for (const auto& [id, other] : in_flight_)
        if (other.freshness == freshness && other.document == document)
          if (auto older = other.request.lock(); older && older->method() == request->method())
            obsolete.push_back(std::move(older));
    in_flight_.emplace(request->id(), InFlight{request, document, freshness});
  }
  for (const auto& older : obsolete) older->cancel("superseded by a newer request");
  return true;
}

void Scheduler::submit(Lane lane, std::shared_ptr<PendingRequest> request,
                       std::function<void()> work) {
  if (lane == Lane::kMain) {
    work();
    return;
  }
  const bool taken = queue_of(lane).push(
      {.run = std::move(work), .is_stale = [request] { return request->is_answered(); }});
  if (!taken)
    request->refuse(RpcCode::kRequestFailed,
                    std::string("busy: the ") + lane_name(lane) + " lane is full");
}

bool Scheduler::go_on(Lane lane, std::function<void()> work) {
  return queue_of(lane).push({.run = std::move(work)});
}

TaskQueue& Scheduler::queue_of(Lane lane) {
  if (lane == Lane::kTyping) return typing_;
  return lane == Lane::kQuery ? query_ : work_;
}

void Scheduler::cancel(const protocol::RequestId& id) {
  std::shared_ptr<PendingRequest> request;
  {
    std::lock_guard lock(mutex_);
    if (const auto found = in_flight_.find(id); found != in_flight_.end())
      request = found->second.request.lock();
  }
  if (request) request->cancel("cancelled by the client");
}

void Scheduler::document_changed(const std::string& document) {
  Requests stale;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [id, other] : in_flight_)
      if (other.freshness == Freshness::kLatestOnly && other.document == document)
        if (auto request = other.request.lock()) stale.push_back(std::move(request));
  }
  for (const auto& request : stale) request->cancel("the document changed");
}

void Scheduler::stop() {
  Requests all;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [id, other] : in_flight_)
      if (auto request = other.request.lock()) all.push_back(std::move(request));
  }
  for (const auto& request : all) request->cancel("the session ends");
  all.clear();
  typing_.stop();
  query_.stop();
  work_.stop();
}

bool Scheduler::wait_until_idle(std::chrono::steady_clock::time_point deadline) {
  return typing_.wait_until_idle(deadline) && query_.wait_until_idle(deadline) &&
         work_.wait_until_idle(deadline);
}

void Scheduler::forget_answered() {
  std::erase_if(in_flight_, [](const auto& entry) {
    const std::shared_ptr<PendingRequest> request = entry.second.request.lock();
    return !request || request->is_answered();
  });
}

}  // namespace curlew::server
