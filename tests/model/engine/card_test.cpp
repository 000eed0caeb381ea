// When an engine uses a card, when it does not, and what becomes of it when the card fails. The
// cards here are made of this processor and fail when they are told to.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "model/network/cpu_executor.h"
#include "tests/model/engine/fixtures.h"

namespace curlew::model::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

// What the test tells the cards, and what it learns of them.
struct Plan {
  std::optional<Error> refusal;           // of the next open()
  std::atomic<int> steps_to_fault = -1;   // < 0: none
  std::atomic<int> opened = 0, open = 0;  // in all; at this moment
};

class FragileCard final : public Executor {
 public:
  FragileCard(std::unique_ptr<Executor> cpu, Plan& plan) : cpu_(std::move(cpu)), plan_(plan) {
    ++plan_.opened;
    EXPECT_EQ(++plan_.open, 1) << "two at once do not fit a card";
  }
  ~FragileCard() override { --plan_.open; }
  KvPool& kv() override { return cpu_->kv(); }
  Expected<bool> forward(std::span<const Segment> segments, float* logits,
                         const StopCheck& should_stop) override {
    if (is_broken_ || plan_.steps_to_fault.fetch_sub(1) == 0) {
      is_broken_ = true;
      return fail(Errc::kInternal, "the card caught fire");
    }
    return cpu_->forward(segments, logits, should_stop);
  }
  int chunk_tokens() const override { return 16; }
  bool can_pick() const override { return false; }
  Expected<std::unique_ptr<PlacedAdapter>> place(AdapterFile) const override {
    return fail(Errc::kUnsupported, "no adapters on this card");
  }
  void use(PlacedAdapter*) override {}
  Memory memory() const override { return cpu_->memory(); }
  std::string name() const override { return "cuda: a fragile card"; }

 private:
  std::unique_ptr<Executor> cpu_;
  Plan& plan_;
  bool is_broken_ = false;
};

class FragileCards final : public Cards {
 public:
  Expected<std::string> find() const override { return "a fragile card"; }
  Expected<std::unique_ptr<Executor>> open(const ModelFile& file, const ModelConfig& config,
                                           const ExecutorOptions& options) const override {
    if (plan.refusal) return Error(*plan.refusal).pass();
    Expected<std::unique_ptr<Executor>> cpu = CpuExecutor::open(file, config, options, 1);
    if (!cpu) return cpu;
    return std::make_unique<FragileCard>(std::move(*cpu), plan);
  }
  mutable Plan plan;
};

class EngineWithCards : public ::testing::Test {
 protected:
  void SetUp() override { toy_model({.context = 512}).write(file_.path()); }

  EngineOptions options(Device device = Device::kAuto) const {
    return {.model = file_.path(), .threads = 1, .device = device, .cards = &cards_};
  }
  static GenerateRequest request(unsigned seed = 1) {
    return {.prompt = random_ids(40, 285, seed), .new_tokens_max = 12, .ignore_end = true};
  }
  static std::string error_of(const Expected<Generation>& g) {
    return g ? "" : g.error().message();
  }

  FragileCards cards_;
  Plan& plan_ = cards_.plan;
  TempFile file_{::testing::UnitTest::GetInstance()->current_test_info()->name() +
                 std::string(".gguf")};
};

TEST_F(EngineWithCards, UsesTheCardUnlessToldNotTo) {
  EXPECT_EQ(load(options())->info().device, "cuda: a fragile card");
  EXPECT_EQ(load(options(Device::kCuda))->info().device, "cuda: a fragile card");
  const auto on_cpu = load(options(Device::kCpu));
  EXPECT_THAT(on_cpu->info().device, HasSubstr("cpu: 1 threads"));
  EXPECT_EQ(on_cpu->info().why_no_card, "");
  EXPECT_EQ(plan_.opened, 2);
}

TEST_F(EngineWithCards, SaysWhyItRunsOnTheProcessorInstead) {
  plan_.refusal = Error(Errc::kOutOfMemory, "needs 9 MiB, 4 are free");
  const auto engine = load(options());
  EXPECT_THAT(engine->info().device, HasSubstr("cpu"));
  EXPECT_EQ(engine->info().why_no_card, "needs 9 MiB, 4 are free");
  EXPECT_TRUE(engine->generate(request(), {}));
  const auto refused = Engine::load(options(Device::kCuda));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), Errc::kOutOfMemory);
  EXPECT_THAT(refused.error().message(), HasSubstr("device 'cuda': needs 9 MiB"));

  EngineOptions without = options();
  without.cards = nullptr;
  EXPECT_THAT(load(without)->info().why_no_card, HasSubstr("this build"));
}

// Whoever is in the step gets the error; the next request finds a new engine and the same text.
TEST_F(EngineWithCards, StartsAnewAfterAFault) {
  const auto engine = load(options());
  const Expected<Generation> want = engine->generate(request(), {});
  ASSERT_TRUE(want);
  plan_.steps_to_fault = 5;
  std::vector<std::jthread> callers;
  std::atomic<int> failed = 0;
  for (unsigned i = 0; i < 3; ++i)
    callers.emplace_back([&, i] {
      const Expected<Generation> g = engine->generate(request(10 + i), {});
      if (g) return;
      EXPECT_THAT(g.error().message(), HasSubstr("the card caught fire"));
      ++failed;
    });
  callers.clear();
  EXPECT_GE(failed, 1);
  const Expected<Generation> after = engine->generate(request(), {});
  ASSERT_TRUE(after) << error_of(after);
  EXPECT_EQ(after->tokens, want->tokens);
  EXPECT_EQ(after->cached_tokens, 0);  // what the card held is gone
  EXPECT_EQ(plan_.opened, 2);
  EXPECT_EQ(engine->info().device, "cuda: a fragile card");
}

TEST_F(EngineWithCards, LeavesACardThatKeepsFailing) {
  for (const Device device : {Device::kAuto, Device::kCuda}) {
    const auto engine = load(options(device));
    for (int fault = 0; fault < 3; ++fault) {
      plan_.steps_to_fault = 0;
      EXPECT_THAT(error_of(engine->generate(request(), {})), HasSubstr("caught fire"));
    }
    const Expected<Generation> after = engine->generate(request(), {});
    EXPECT_EQ(after.has_value(), device == Device::kAuto);
    const std::string why = device == Device::kAuto ? engine->info().why_no_card : error_of(after);
    EXPECT_THAT(why, HasSubstr("failed 3 times, the last time with: the card caught fire"));
  }
  EXPECT_EQ(plan_.open, 0);
}

TEST_F(EngineWithCards, EveryCallTellsOfAFault) {
  const auto engine = load(options());
  const std::vector<TokenId> ids = random_ids(40, 285, 3);
  plan_.steps_to_fault = 0;
  EXPECT_THAT(engine->logits(ids).error().message(), HasSubstr("caught fire"));
  plan_.steps_to_fault = 0;
  const std::vector<std::string> texts = {"a text"};
  EXPECT_THAT(engine->embed(texts, Engine::Pooling::kMean, Lane::kMain, {}).error().message(),
              HasSubstr("caught fire"));
  EXPECT_TRUE(engine->logits(ids));
}

TEST_F(EngineWithCards, GivesTheCardBackAndTakesItAgain) {
  const TempFile prefixes("given_back.kv");
  EngineOptions o = options();
  o.prefix_file = prefixes.path();
  const auto engine = load(o);
  const Expected<Generation> want = engine->generate(request(), {});
  ASSERT_TRUE(want);
  EXPECT_GT(engine->memory().kv_bytes, 0u);
  EXPECT_TRUE(engine->give_back_card());
  EXPECT_FALSE(engine->give_back_card());
  EXPECT_EQ(plan_.open, 0);
  EXPECT_EQ(engine->memory().kv_bytes, 0u);
  EXPECT_EQ(engine->info().device, "cuda: a fragile card");
  engine->clear_cache();  // of nothing
  EXPECT_TRUE(engine->store_prefixes());

  const Expected<Generation> again = engine->generate(request(), {});
  ASSERT_TRUE(again);
  EXPECT_EQ(again->tokens, want->tokens);
  EXPECT_EQ(again->cached_tokens, 39);  // by way of the prefix file
  EXPECT_EQ(plan_.opened, 2);
  EXPECT_FALSE(load(options(Device::kCpu))->give_back_card());
}

TEST_F(EngineWithCards, KeepsTheCardFromNobodyWhoUsesIt) {
  const auto engine = load(options());
  GenerateRequest r = request();
  bool was_given_back = false;
  r.filter = [&](std::string_view) {
    was_given_back |= engine->give_back_card();
    return std::optional<std::size_t>();
  };
  EXPECT_TRUE(engine->generate(r, {}));
  EXPECT_FALSE(was_given_back);
}

TEST_F(EngineWithCards, GivesAnIdleCardBackByItself) {
  EngineOptions o = options();
  o.card_idle_max = milliseconds(20);
  std::atomic<bool> is_loading = true, was_told_later = false;
  o.on_progress = [&](float) { was_told_later = was_told_later || !is_loading; };
  const auto engine = load(o);
  is_loading = false;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (plan_.open > 0 && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(milliseconds(2));
  EXPECT_EQ(plan_.open, 0);
  EXPECT_TRUE(engine->generate(request(), {}));
  EXPECT_EQ(plan_.opened, 2);
  EXPECT_FALSE(was_told_later);  // whoever loaded it does not wait for progress any more
}

}  // namespace
}  // namespace curlew::model::testing
