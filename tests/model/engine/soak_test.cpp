// Many requests of every kind, at random, on a cache that is too small for them: every answer is
// the one that a fresh engine gives alone, and nothing grows.
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <random>
#include <thread>

#include "tests/model/engine/fixtures.h"

namespace curlew::model::testing {
namespace {

constexpr int kTexts = 6, kThreads = 4, kRounds = 150;
using Clock = std::chrono::steady_clock;

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t pages = 0, resident = 0;
  statm >> pages >> resident;
  return resident * 4096;
}

GenerateRequest request_of(const std::vector<TokenId>& prompt, int kind) {
  GenerateRequest r = {
      .prompt = prompt, .new_tokens_max = 20, .logprobs = true, .ignore_end = true};
  if (kind == 1) r.sampling = {.temperature = 0.9f, .top_p = 0.9f, .min_p = 0.01f, .seed = 7};
  if (kind == 2) r.draft_tokens_max = 0;
  return r;
}

// The user of one window: types on, goes back, jumps; cancels, sets deadlines, waits for others.
class User {
 public:
  User(Engine& engine, Engine& fresh, std::mutex& fresh_turn, unsigned seed)
      : engine_(engine), fresh_(fresh), fresh_turn_(fresh_turn), random_(seed) {
    for (unsigned i = 0; i < kTexts; ++i)
      texts_.push_back(random_ids(50 + 40 * static_cast<int>(i), n_vocab(), i));
  }

  void work() {
    for (int round = 0; round < kRounds && !::testing::Test::HasFailure(); ++round) {
      std::vector<TokenId>& text = texts_[random_() % kTexts];
      edit(text);
      ask(text, static_cast<int>(random_() % 3));
    }
  }
  int compared() const { return compared_; }

 private:
  int n_vocab() const { return engine_.config().n_vocab; }

  void edit(std::vector<TokenId>& text) {
    const auto more = random_ids(1 + static_cast<int>(random_() % 12), n_vocab(), random_());
    const std::size_t at = random_() % 3 == 0 ? random_() % text.size() : text.size();
    text.insert(text.begin() + static_cast<std::ptrdiff_t>(at), more.begin(), more.end());
    if (random_() % 4 == 0 || text.size() > 480) text.resize(1 + text.size() / 2);
  }

  void ask(const std::vector<TokenId>& text, int kind) {
    GenerateRequest r = request_of(text, kind);
    r.lane = static_cast<Lane>(random_() % 3);
    std::stop_source stop;
    int tokens = 0;
    const int cancel_at = random_() % 4 == 0 ? static_cast<int>(random_() % 20) : -1;
    if (cancel_at == 0) stop.request_stop();
    r.filter = [&](std::string_view) {
      if (++tokens == cancel_at) stop.request_stop();
      return std::optional<std::size_t>();
    };
    if (random_() % 8 == 0) r.deadline = Clock::now() + std::chrono::microseconds(random_() % 3000);
    const Expected<Generation> got = engine_.generate(r, stop.get_token());
    ASSERT_TRUE(got) << got.error().message();

    std::lock_guard turn(fresh_turn_);
    fresh_.clear_cache();
    const Expected<Generation> want = fresh_.generate(request_of(text, kind), {});
    ASSERT_TRUE(want);
    ASSERT_LE(got->tokens.size(), want->tokens.size());
    if (got->finish == Finish::kLength) {
      ASSERT_EQ(got->tokens.size(), want->tokens.size());
    }
    for (std::size_t i = 0; i < got->tokens.size(); ++i) {
      ASSERT_EQ(got->tokens[i], want->tokens[i]) << "kind " << kind << " token " << i;
      ASSERT_EQ(got->logprobs[i], want->logprobs[i]);
    }
    compared_ += static_cast<int>(got->tokens.size());
  }

  Engine& engine_;
  Engine& fresh_;
  std::mutex& fresh_turn_;
  std::mt19937 random_;
  std::vector<std::vector<TokenId>> texts_;
  int compared_ = 0;
};

TEST(Soak, EveryAnswerIsThatOfAFreshEngine) {
  TempFile file("soak.gguf");
  toy_model({.layers = 2, .hidden = 64, .heads = 4, .kv_heads = 2, .ffn = 96, .context = 512})
      .write(file.path());
  const EngineOptions whole = {.model = file.path(), .threads = 1};
  auto fresh = load(whole);
  EngineOptions small = whole;
  small.threads = 2;
  small.kv_budget_bytes = fresh->memory().kv_bytes / 4;  // one context: everybody pushes
  auto engine = load(small);
  std::mutex fresh_turn;

  const auto crowd = [&](unsigned seed) {
    std::vector<std::unique_ptr<User>> users;
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < kThreads; ++i)
      users.push_back(std::make_unique<User>(*engine, *fresh, fresh_turn, seed + i));
    for (auto& user : users) threads.emplace_back([&user] { user->work(); });
    threads.clear();
    int compared = 0;
    for (const auto& user : users) compared += user->compared();
    return compared;
  };
  EXPECT_GT(crowd(1), kThreads * kRounds * 5);
  const std::size_t before = resident_bytes();
  EXPECT_GT(crowd(100), kThreads * kRounds * 5);
  const std::size_t after = resident_bytes();
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  // Freed memory is held back there, so its growth says nothing.
  static_cast<void>(before), static_cast<void>(after);
#else
  EXPECT_LT(after, before + (8u << 20));
#endif
}

}  // namespace
}  // namespace curlew::model::testing
