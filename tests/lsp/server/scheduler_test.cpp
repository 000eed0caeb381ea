#include "lsp/server/scheduler.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <poll.h>

#include "lsp/server/parent_watch.h"

namespace curlew::server {
namespace {

using protocol::Json;
using protocol::RequestId;

struct Sent {
  std::mutex mutex;
  std::vector<Json> messages;
  PendingRequest::Send sink() {
    return [this](std::string message) {
      std::lock_guard lock(mutex);
      messages.push_back(Json::parse(message));
    };
  }
  std::shared_ptr<PendingRequest> request(std::int64_t id, const std::string& method = "m") {
    return std::make_shared<PendingRequest>(RequestId(id), method, sink());
  }
  int code(std::size_t message_idx) {
    return messages.at(message_idx).value("error", Json::object()).value("code", 0);
  }
};

TEST(PendingRequest, IsAnsweredByWhoeverComesFirst) {
  Sent sent;
  auto request = sent.request(1);
  request->cancel("no longer wanted");
  request->cancel("again");
  Reply<Json>{request}(Json("late"));
  ASSERT_EQ(sent.messages.size(), 1u);
  EXPECT_EQ(sent.code(0), -32800);
  EXPECT_TRUE(request->stop_token().stop_requested());
}

TEST(PendingRequest, StopsTheWorkOnlyWhenCancelledInTime) {
  Sent sent;
  auto request = sent.request(1);
  Reply<Json>{request}(Json(5));
  request->cancel("too late");
  ASSERT_EQ(sent.messages.size(), 1u);
  EXPECT_EQ(sent.messages[0]["result"], 5);
}

TEST(PendingRequest, TellsTheClientWhenAHandlerForgotTheAnswer) {
  Sent sent;
  sent.request(1).reset();
  ASSERT_EQ(sent.messages.size(), 1u);
  EXPECT_EQ(sent.code(0), -32603);
}

TEST(PendingRequest, TurnsErrorsIntoCodes) {
  Sent sent;
  const std::pair<Errc, int> codes[] = {{Errc::kInvalidInput, -32602},
                                        {Errc::kNotFound, -32803},
                                        {Errc::kUnavailable, -32803},
                                        {Errc::kCancelled, -32800},
                                        {Errc::kInternal, -32603}};
  for (const auto& [kind, code] : codes) {
    Reply<Json>{sent.request(1)}(fail(kind, "why"));
    EXPECT_EQ(sent.code(sent.messages.size() - 1), code);
  }
}

TEST(Scheduler, RunsJobsInlineWithoutThreads) {
  Scheduler scheduler({.typing = 0, .query = 0});
  Sent sent;
  auto request = sent.request(1);
  ASSERT_TRUE(scheduler.admit(request, "d", Freshness::kAny));
  bool ran = false;
  scheduler.submit(Lane::kTyping, request, [&] { ran = true; });
  EXPECT_TRUE(ran);
}

TEST(Scheduler, CancelsOnlyWhatANewerRequestReplaces) {
  Scheduler scheduler({.typing = 0, .query = 0});
  Sent sent;
  auto old = sent.request(1), other_method = sent.request(2, "n"), other_document = sent.request(3);
  auto any = sent.request(4);
  EXPECT_TRUE(scheduler.admit(old, "d", Freshness::kLatestOnly));
  EXPECT_TRUE(scheduler.admit(other_method, "d", Freshness::kLatestOnly));
  EXPECT_TRUE(scheduler.admit(other_document, "e", Freshness::kLatestOnly));
  EXPECT_TRUE(scheduler.admit(any, "d", Freshness::kAny));
  auto newer = sent.request(5);
  EXPECT_TRUE(scheduler.admit(newer, "d", Freshness::kLatestOnly));
  EXPECT_TRUE(old->is_answered());
  for (const auto& request : {other_method, other_document, any, newer})
    EXPECT_FALSE(request->is_answered());

  scheduler.document_changed("d");
  EXPECT_TRUE(newer->is_answered() && other_method->is_answered());
  EXPECT_FALSE(other_document->is_answered() || any->is_answered());
  scheduler.cancel(RequestId(4L));
  EXPECT_TRUE(any->is_answered());
  scheduler.stop();
  EXPECT_TRUE(other_document->is_answered());
  EXPECT_EQ(sent.messages.size(), 5u);
}

// The lane's one thread is held up by its first job.
class HeldQueue : public testing::Test {
 protected:
  void hold() {
    queue_.push({.run = [this] {
      std::unique_lock lock(mutex_);
      began_ = true;
      changed_.notify_all();
      changed_.wait(lock, [this] { return released_; });
    }});
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return began_; });
  }
  void release() {
    std::lock_guard lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }
  bool idle() {
    return queue_.wait_until_idle(std::chrono::steady_clock::now() + std::chrono::minutes(1));
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool began_ = false, released_ = false;
  TaskQueue queue_{"test", 1, 4};
};

TEST_F(HeldQueue, RefusesWhatDoesNotFitButForgetsTheStale) {
  hold();
  bool is_stale = false;
  std::vector<int> ran;
  for (int idx = 0; idx < 4; ++idx)
    EXPECT_TRUE(queue_.push({.run = [&ran, idx] { ran.push_back(idx); },
                             .is_stale = [&is_stale, idx] { return is_stale && idx < 2; }}));
  EXPECT_FALSE(queue_.push({.run = [] {}}));
  is_stale = true;
  EXPECT_TRUE(queue_.push({.run = [&ran] { ran.push_back(4); }}));
  release();
  ASSERT_TRUE(idle());
  EXPECT_EQ(ran, (std::vector<int>{2, 3, 4}));
}

TEST_F(HeldQueue, DropsWhatWaitsWhenStopped) {
  hold();
  for (int idx = 0; idx < 4; ++idx) ASSERT_TRUE(queue_.push({.run = [] {}}));
  std::thread releaser([this] { release(); });
  queue_.stop();
  releaser.join();
  EXPECT_FALSE(queue_.push({.run = [] {}}));
  EXPECT_TRUE(idle());
}

TEST(ParentWatch, NoticesTheEndOfAProcess) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  const auto watch = ParentWatch::start(child);
  ASSERT_NE(watch, nullptr);
  pollfd polled{watch->fd(), POLLIN, 0};
  EXPECT_EQ(::poll(&polled, 1, 0), 0);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(::poll(&polled, 1, 10000), 1);
}

TEST(ParentWatch, DoesNotWatchWhatIsNotThere) {
  EXPECT_EQ(ParentWatch::start(0), nullptr);
  EXPECT_EQ(ParentWatch::start(-5), nullptr);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(ParentWatch::start(child), nullptr);
}

}  // namespace
}  // namespace curlew::server
