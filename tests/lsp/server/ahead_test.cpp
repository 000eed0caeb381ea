#include "lsp/server/ahead.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "tests/lsp/server/test_session.h"

namespace curlew::server {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// Runs until it is stopped.
void run_until_stopped(std::stop_token stop) {
  std::promise<void> stopped;
  std::stop_callback on_stop(stop, [&] { stopped.set_value(); });
  stopped.get_future().wait();
}

TEST(Ahead, WaitsForAnIdleMoment) {
  Ahead ahead(50ms);
  Clock::time_point began;
  const Clock::time_point planned = Clock::now();
  ahead.plan([&](std::stop_token) { began = Clock::now(); });
  ASSERT_TRUE(ahead.wait_until_idle(planned + kTestWaitMax));
  EXPECT_GE(began - planned, 50ms);
}

TEST(Ahead, CancelsWhatWaitsAndWhatRuns) {
  Ahead patient(kTestWaitMax * 2);
  std::atomic<int> runs = 0;
  patient.plan([&](std::stop_token) { ++runs; });
  patient.cancel();
  EXPECT_TRUE(patient.wait_until_idle(Clock::now() + kTestWaitMax));
  EXPECT_EQ(runs, 0);

  Ahead ahead(0ms);
  std::promise<void> running;
  ahead.plan([&](std::stop_token stop) {
    running.set_value();
    run_until_stopped(stop);
    ++runs;
  });
  running.get_future().wait();
  EXPECT_FALSE(ahead.wait_until_idle(Clock::now()));
  ahead.cancel();
  EXPECT_TRUE(ahead.wait_until_idle(Clock::now() + kTestWaitMax));
  EXPECT_EQ(runs, 1);
}

TEST(Ahead, TheNewestPlanReplacesTheOthers) {
  Ahead ahead(0ms);
  std::promise<void> running;
  ahead.plan([&](std::stop_token stop) {
    running.set_value();
    run_until_stopped(stop);
  });
  running.get_future().wait();
  std::atomic<int> last = 0;
  for (int n = 1; n <= 20; ++n) ahead.plan([&last, n](std::stop_token) { last = n; });
  ASSERT_TRUE(ahead.wait_until_idle(Clock::now() + kTestWaitMax));
  EXPECT_EQ(last, 20);
}

TEST(Ahead, EndsWithWhatItRuns) {
  std::atomic<bool> ended = false;
  std::promise<void> running;
  {
    Ahead ahead(0ms);
    ahead.plan([&](std::stop_token stop) {
      running.set_value();
      run_until_stopped(stop);
      ended = true;
    });
    running.get_future().wait();
  }
  EXPECT_TRUE(ended);
}

class NoGenerator final : public model::Generator {
 public:
  model::Expected<model::Generation> generate(const model::GenerateRequest&,
                                              std::stop_token) override {
    return model::Generation{};
  }
  int count_tokens(std::string_view) const override { return 1; }
  model::GeneratorInfo info() const override { return {.model = "none", .keeps_prompts = true}; }
};

// The model sees a place that a copy answered, until somebody asks again.
TEST(Session, EvaluatesAheadAfterAnAnswerWithoutTheModel) {
  std::promise<std::string> seen;
  std::promise<void> stopped;
  std::atomic<int> calls = 0;
  ServiceFactories factories = quiet_factories();
  factories.generator = [](const Settings&, const std::function<void(float)>&) {
    return model::Expected<std::unique_ptr<model::Generator>>(std::make_unique<NoGenerator>());
  };
  factories.complete = completer_saying("read();");
  factories.evaluate_ahead = [&](const assist::Sources& sources,
                                 const assist::CompletionRequest& request,
                                 std::stop_token stop) -> assist::Status {
    if (calls++ > 0) return {};
    EXPECT_NE(sources.generator, nullptr);
    seen.set_value(std::string(request.text.substr(0, request.cursor)));
    run_until_stopped(stop);
    stopped.set_value();
    return {};
  };
  TestSession session(factories);
  session.initialize();
  session.wait_for("didChangeStatus", [](const Json& params) { return !params["busy"]; });
  session.open("file:///w/a.cpp", "int a = \nint b = \n");
  const auto ask = [&](int line) {
    return session.call("curlew/complete", {{"textDocument", {{"uri", "file:///w/a.cpp"}}},
                                            {"position", {{"line", line}, {"character", 8}}}});
  };
  EXPECT_EQ(ask(0)["result"]["text"], "read();");
  EXPECT_EQ(seen.get_future().get(), "int a = ");
  ask(1);
  EXPECT_EQ(stopped.get_future().wait_for(kTestWaitMax), std::future_status::ready);
}

}  // namespace
}  // namespace curlew::server
