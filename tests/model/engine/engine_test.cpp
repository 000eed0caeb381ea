#include "model/decode/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "model/constrain/grammar.h"
#include "model/decode/distribution.h"
#include "model/decode/mixer.h"
#include "tests/model/engine/fixtures.h"

namespace curlew::model::testing {
namespace {

using ::testing::HasSubstr;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// A toy of random weights: it says nothing, but always the same.
class ToyEngine : public ::testing::Test {
 protected:
  void SetUp() override {
    toy_model({.layers = 2, .hidden = 64, .heads = 4, .kv_heads = 2, .ffn = 96, .context = 512})
        .write(file_.path());
    engine_ = load({.model = file_.path(), .threads = 1});
    ASSERT_NE(engine_, nullptr);
  }

  GenerateRequest request(int new_tokens = 24, unsigned seed = 1) const {
    return {.prompt = random_ids(40, engine_->config().n_vocab, seed),
            .new_tokens_max = new_tokens,
            .logprobs = true,
            .ignore_end = true};
  }
  Generation generate(const GenerateRequest& r, std::stop_token stop = {}) {
    Expected<Generation> g = engine_->generate(r, std::move(stop));
    EXPECT_TRUE(g) << g.error().message();
    return g ? *g : Generation{};
  }

  TempFile file_{::testing::UnitTest::GetInstance()->current_test_info()->name() +
                 std::string(".gguf")};
  std::unique_ptr<Engine> engine_;
};

TEST_F(ToyEngine, SaysWhatItIs) {
  const GeneratorInfo info = engine_->info();
  EXPECT_EQ(info.model, "toy");
  EXPECT_EQ(info.weights, "F32");
  EXPECT_EQ(info.context_tokens, 512);
  EXPECT_FALSE(info.fim);
  EXPECT_THAT(info.device, HasSubstr("cpu: 1 threads"));
  EXPECT_GT(engine_->memory().kv_bytes, 0u);
  EXPECT_GT(engine_->memory().scratch_bytes, 0u);
}

TEST_F(ToyEngine, TakesAConversationWhereItKnowsTheTurns) {
  const ChatPrompt chat{{{ChatRole::kUser, "Name a bird."}}};
  const Expected<Generation> refused = engine_->generate({.prompt = chat}, {});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("no chat form"));
  EXPECT_THAT(engine_->info().why_no_chat, HasSubstr("no chat form"));

  engine_ = load({.model = file_.path(), .threads = 1, .formats = {.chat = "alpaca"}});
  ASSERT_NE(engine_, nullptr);
  EXPECT_EQ(engine_->info().chat_family, "alpaca");
  const Generation answer = generate({.prompt = chat, .new_tokens_max = 6, .ignore_end = true});
  const Expected<ChatFormat> format = chat_format_named("alpaca", engine_->tokenizer());
  ASSERT_TRUE(format);
  const std::vector<TokenId> ids = build_chat_prompt(engine_->tokenizer(), *format, chat.messages);
  EXPECT_EQ(answer.prompt_tokens, static_cast<int>(ids.size()));
  EXPECT_EQ(answer.tokens,
            generate({.prompt = ids, .new_tokens_max = 6, .ignore_end = true}).tokens);
}

// A grammar says what the toy answers.
TEST_F(ToyEngine, RewritesARegionWhereItKnowsTheForm) {
  NextEditText text{.path = "a.c", .text = "int a;\nint b;\n", .cursor = 3};
  text.edits = {{"a.c", 1, "int c;\n", "int a;\n"}};
  const Expected<Generation> refused = engine_->generate({.prompt = text}, {});
  ASSERT_FALSE(refused);
  EXPECT_FALSE(engine_->info().next_edit);
  EXPECT_EQ(refused.error().message(), "generate: " + engine_->info().why_no_next_edit);

  toy_model({.hidden = 64, .heads = 4, .context = 2048, .control = "<|file_sep|>"})
      .write(file_.path());
  engine_ = load({.model = file_.path(), .threads = 1, .formats = {.next_edit = "sweep"}});
  ASSERT_NE(engine_, nullptr);
  EXPECT_EQ(engine_->info().next_edit_family, "sweep");
  const auto says = [](const std::string& answer) {
    return *Grammar::one_of(std::vector<std::string>{answer});
  };
  const Generation made =
      generate({.prompt = text, .new_tokens_max = 500, .grammar = says("int a;\nlong b;\n")});
  ASSERT_TRUE(made.rewrite) << made.text;
  EXPECT_EQ(made.rewrite->region, (ByteRange{0, text.text.size()}));
  EXPECT_EQ(made.rewrite->text, "int a;\nlong b;\n");
  EXPECT_GT(made.drafted_tokens, 0);  // of the region as it stands

  // An answer that does not end is none.
  const Expected<Generation> endless = engine_->generate(
      {.prompt = text, .new_tokens_max = 5, .grammar = says("int a;\nlong b;\n")}, {});
  ASSERT_FALSE(endless);
  EXPECT_THAT(endless.error().message(), HasSubstr("cut off"));
}

TEST_F(ToyEngine, AnswersAlikeWithAndWithoutItsCache) {
  for (unsigned seed = 1; seed <= 6; ++seed) {
    const Generation cold = generate(request(24, seed));
    EXPECT_EQ(cold.cached_tokens, 0);
    const Generation warm = generate(request(24, seed));
    EXPECT_EQ(warm.cached_tokens, 39);
    EXPECT_EQ(warm.tokens, cold.tokens);
    EXPECT_EQ(warm.text, cold.text);
    EXPECT_EQ(warm.logprobs, cold.logprobs);  // to the bit
    engine_->clear_cache();
    EXPECT_EQ(generate(request(24, seed)).cached_tokens, 0);
    engine_->clear_cache();
  }
}

TEST_F(ToyEngine, LogitsOfEveryPositionLeaveTheCacheAlone) {
  generate(request());
  const auto ids = random_ids(300, engine_->config().n_vocab, 9);
  const Expected<std::vector<float>> logits = engine_->logits(ids);
  ASSERT_TRUE(logits);
  EXPECT_EQ(logits->size(), ids.size() * 285);
  EXPECT_EQ(generate(request()).cached_tokens, 39);
  EXPECT_EQ(engine_->logits({}).error().kind(), Errc::kInvalidInput);
  EXPECT_EQ(engine_->logits(std::vector<TokenId>{-1}).error().kind(), Errc::kInvalidInput);
  EXPECT_EQ(engine_->logits(std::vector<TokenId>{285}).error().kind(), Errc::kInvalidInput);
  EXPECT_EQ(engine_->logits(std::vector<TokenId>(513, 5)).error().kind(), Errc::kInvalidInput);
}

TEST_F(ToyEngine, StopsOneStepAfterItWasAskedTo) {
  std::stop_source stop;
  GenerateRequest r = request(400);
  int tokens = 0;
  r.filter = [&](std::string_view) {
    if (++tokens == 3) stop.request_stop();
    return std::optional<std::size_t>();
  };
  const Generation g = generate(r, stop.get_token());
  EXPECT_EQ(g.finish, Finish::kCancelled);
  EXPECT_EQ(tokens, 3);
  EXPECT_FALSE(g.text.empty());
  EXPECT_EQ(generate(request(), stop.get_token()).finish, Finish::kCancelled);
}

TEST_F(ToyEngine, ReturnsTheTextSoFarAtTheDeadline) {
  GenerateRequest r = request(400);
  r.deadline = Clock::now() + milliseconds(40);
  r.filter = [&](std::string_view) {
    std::this_thread::sleep_until(*r.deadline);
    return std::optional<std::size_t>();
  };
  const Generation g = generate(r);
  EXPECT_EQ(g.finish, Finish::kDeadline);
  EXPECT_FALSE(g.text.empty());
  r.deadline = Clock::now() - milliseconds(1);
  EXPECT_EQ(generate(r).finish, Finish::kDeadline);
}

TEST_F(ToyEngine, CutsAtAStopStringAndKeepsTheTokensBeforeIt) {
  const Generation whole = generate(request(60));
  ASSERT_GT(whole.text.size(), 20u);
  GenerateRequest r = request(60);
  r.stop_strings = {whole.text.substr(10, 5)};
  const Generation g = generate(r);
  EXPECT_EQ(g.finish, Finish::kStopString);
  EXPECT_EQ(g.text, whole.text.substr(0, whole.text.find(r.stop_strings[0])));
  EXPECT_LT(g.tokens.size(), whole.tokens.size());
  EXPECT_EQ(g.logprobs.size(), g.tokens.size());
}

TEST_F(ToyEngine, EndsWhereTheContextIsFull) {
  GenerateRequest r = request(100);
  r.prompt = random_ids(500, engine_->config().n_vocab, 3);
  const Generation g = generate(r);
  EXPECT_EQ(g.finish, Finish::kLength);
  EXPECT_EQ(g.tokens.size(), 12u);
}

TEST_F(ToyEngine, RefusesRequestsThatMakeNoSense) {
  const auto error_of = [&](const GenerateRequest& r) {
    const Expected<Generation> g = engine_->generate(r, {});
    EXPECT_FALSE(g);
    return g ? Error(Errc::kInternal, "accepted") : g.error();
  };
  GenerateRequest r = request();
  r.prompt = random_ids(513, 285, 1);
  EXPECT_THAT(error_of(r).message(), HasSubstr("the prompt has 513 tokens, the context holds 512"));
  r.prompt = std::vector<TokenId>{};
  EXPECT_THAT(error_of(r).message(), HasSubstr("empty"));
  r.prompt = std::vector<TokenId>{5, 9999};
  EXPECT_THAT(error_of(r).message(), HasSubstr("9999"));
  r = request(-1);
  EXPECT_EQ(error_of(r).kind(), Errc::kInvalidInput);
  r = request();
  r.sampling.temperature = -1;
  EXPECT_EQ(error_of(r).kind(), Errc::kInvalidInput);
  r = request();
  r.prompt = FimText{.prefix = "a"};
  EXPECT_EQ(error_of(r).kind(), Errc::kUnsupported);
  EXPECT_EQ(generate(request()).finish, Finish::kLength);  // and goes on working
}

TEST_F(ToyEngine, PrefillsWithoutGenerating) {
  const Generation g = generate(request(0));
  EXPECT_EQ(g.finish, Finish::kLength);
  EXPECT_TRUE(g.text.empty());
  EXPECT_EQ(generate(request()).cached_tokens, 39);
}

TEST_F(ToyEngine, ASeedGivesTheSameTextAgain) {
  GenerateRequest r = request(40);
  r.sampling = {.temperature = 1.5f, .top_p = 0.95f, .seed = 4};
  const Generation a = generate(r), b = generate(r);
  EXPECT_EQ(a.tokens, b.tokens);
  r.sampling.seed = 5;
  EXPECT_NE(generate(r).tokens, a.tokens);
}

// Background work waits for typing in the middle of its text, and loses nothing by it.
TEST_F(ToyEngine, BackgroundWorkLetsTypingPass) {
  const Generation undisturbed = generate(request(120, 1));
  engine_->clear_cache();

  std::atomic<bool> typed = false;
  int tokens_when_typed = -1, tokens = 0;
  std::jthread typist;
  GenerateRequest background = request(120, 1);
  background.lane = Lane::kBackground;
  background.filter = [&](std::string_view) {
    if (++tokens == 3)
      typist = std::jthread([&] {
        generate(request(5, 2));
        typed = true;
      });
    if (!typed) std::this_thread::sleep_for(milliseconds(1));
    if (typed && tokens_when_typed < 0) tokens_when_typed = tokens;
    return std::optional<std::size_t>();
  };
  const Generation g = generate(background);
  EXPECT_EQ(g.tokens, undisturbed.tokens);
  EXPECT_EQ(g.finish, Finish::kLength);
  EXPECT_GE(tokens_when_typed, 3);
  EXPECT_LT(tokens_when_typed, 110);
}

TEST_F(ToyEngine, ManyCallersGetTheirOwnAnswers) {
  std::vector<Generation> want;
  for (unsigned seed = 0; seed < 4; ++seed) want.push_back(generate(request(16, seed)));
  std::vector<std::jthread> callers;
  for (unsigned i = 0; i < 4; ++i)
    callers.emplace_back([&, i] {
      for (int round = 0; round < 5; ++round) {
        GenerateRequest r = request(16, (i + static_cast<unsigned>(round)) % 4);
        r.lane = static_cast<Lane>(i % 3);
        EXPECT_EQ(generate(r).tokens, want[(i + static_cast<unsigned>(round)) % 4].tokens);
      }
    });
}

// --- Drafts --------------------------------------------------------------------------------------

TEST_F(ToyEngine, DraftsChangeNoToken) {
  for (unsigned seed = 0; seed < 12; ++seed) {
    GenerateRequest plain = request(80, seed);
    if (seed % 3 == 2) plain.sampling = {.temperature = 0.8f, .top_p = 0.9f, .seed = seed};
    plain.draft_tokens_max = 0;
    const Generation want = generate(plain);
    EXPECT_EQ(want.drafted_tokens, 0);
    EXPECT_EQ(want.steps, 79);

    GenerateRequest drafted = plain;
    drafted.draft_tokens_max = -1;
    drafted.draft_texts = {want.text, "something else entirely"};
    const Generation got = generate(drafted);
    EXPECT_EQ(got.tokens, want.tokens) << seed;
    EXPECT_EQ(got.logprobs, want.logprobs) << seed;
    EXPECT_EQ(got.text, want.text);
    EXPECT_EQ(got.steps + got.accepted_tokens, 79) << seed;

    engine_->clear_cache();
    EXPECT_EQ(generate(drafted).tokens, want.tokens) << seed;
  }
}

// --- Mixing --------------------------------------------------------------------------------------

// Says that `id` comes next, with all its weight.
class OneWish final : public Mixer {
 public:
  OneWish(float weight, TokenId id) { mixture_ = {weight, {{id, 1.f}}}; }
  void begin(std::span<const TokenId> prompt) override {
    heard_.assign(prompt.begin(), prompt.end());
  }
  void append(TokenId id) override { heard_.push_back(id); }
  const Mixture& next() override { return mixture_; }
  const std::vector<TokenId>& heard() const { return heard_; }

 private:
  Mixture mixture_;
  std::vector<TokenId> heard_;
};

TEST_F(ToyEngine, AMixerCanDecideEveryToken) {
  OneWish mixer(0.99f, 77);
  GenerateRequest r = request(20);
  r.mixer = &mixer;
  const Generation g = generate(r);
  EXPECT_EQ(g.tokens, std::vector<TokenId>(20, 77));
  EXPECT_EQ(mixer.heard().size(), 60u);
  OneWish silent(0.f, 77);
  r.mixer = &silent;
  EXPECT_EQ(generate(r).tokens, generate(request(20)).tokens);
}

// Says a given text, token by token.
class Script final : public Mixer {
 public:
  explicit Script(std::vector<TokenId> text) : text_(std::move(text)) {}
  void begin(std::span<const TokenId>) override { at_ = 0; }
  void append(TokenId) override { ++at_; }
  const Mixture& next() override {
    mixture_ = {0.999f, {{text_[std::min(at_, text_.size() - 1)], 1.f}}};
    return mixture_;
  }

 private:
  std::vector<TokenId> text_;
  std::size_t at_ = 0;
  Mixture mixture_;
};

TEST_F(ToyEngine, ACopyOfThePromptTakesFewSteps) {
  GenerateRequest r = request(200, 3);
  const auto prompt = random_ids(220, engine_->config().n_vocab, 3);
  r.prompt = prompt;
  Script script({prompt.begin() + 10, prompt.begin() + 210});
  r.mixer = &script;
  const Generation g = generate(r);
  EXPECT_EQ(g.tokens, std::vector<TokenId>(prompt.begin() + 10, prompt.begin() + 210));
  EXPECT_GT(g.accepted_tokens, 150);
  EXPECT_EQ(g.steps + g.accepted_tokens, 199);

  // Ended in the middle of a draft, nothing wrong stays in the cache.
  int tokens = 0;
  r.filter = [&](std::string_view text) {
    return ++tokens == 150 ? std::optional(text.size()) : std::nullopt;
  };
  const Generation cut = generate(r);
  EXPECT_EQ(cut.finish, Finish::kFilter);
  EXPECT_GT(cut.accepted_tokens, 100);
  GenerateRequest further = request(30);
  further.prompt = prompt;
  std::get<std::vector<TokenId>>(further.prompt)
      .insert(std::get<std::vector<TokenId>>(further.prompt).end(), prompt.begin() + 10,
              prompt.begin() + 165);
  const Generation warm = generate(further);
  EXPECT_GT(warm.cached_tokens, 350);
  engine_->clear_cache();
  EXPECT_EQ(generate(further).tokens, warm.tokens);
}

TEST(Distribution, MixesAndMasks) {
  std::vector<float> logits = {1.f, 3.f, -2.f, 0.5f};
  const std::vector<float> before = logits;
  const double z = log_sum_exp(before);
  mix_in({0.25f, {{0, 0.6f}, {2, 0.4f}}}, logits);
  const double mixed_z = log_sum_exp(logits);
  const float q[] = {0.6f, 0.f, 0.4f, 0.f};
  for (std::size_t i = 0; i < logits.size(); ++i)
    EXPECT_NEAR(std::exp(logits[i] - mixed_z), 0.75 * std::exp(before[i] - z) + 0.25 * q[i], 1e-6);

  std::vector<float> many(200, 1.f);
  many[150] = 9.f;
  EXPECT_EQ(likeliest(many), 150);
  TokenMask mask(200);
  mask.add(3), mask.add(199);
  mask_out(mask, many);
  EXPECT_EQ(likeliest(many), 3);
  EXPECT_EQ(std::ranges::count(many, 1.f), 2);
  const float nan = std::nanf("");
  EXPECT_EQ(likeliest(std::vector<float>{nan, 2.f, nan, 2.f}), 1);
  EXPECT_EQ(likeliest(std::vector<float>{nan, nan}), -1);
}

// --- Grammars ------------------------------------------------------------------------------------

TEST_F(ToyEngine, AGrammarHoldsEvenAModelThatKnowsNothing) {
  const auto grammar = Grammar::from_json_schema(
      R"({"type": "object", "properties": {"path": {"type": "string", "maxLength": 8},
          "line": {"type": "integer", "minimum": 1, "maximum": 99}}, "required": ["path", "line"],
          "additionalProperties": false})");
  ASSERT_TRUE(grammar) << grammar.error().message();
  for (unsigned seed = 0; seed < 8; ++seed) {
    GenerateRequest r = request(200, seed);
    r.grammar = *grammar;
    r.ignore_end = false;
    r.sampling = {.temperature = 2.f, .seed = seed};
    const Generation g = generate(r);
    EXPECT_EQ(g.finish, Finish::kStopToken);
    const auto value = nlohmann::json::parse(g.text, nullptr, false);
    ASSERT_TRUE(value.is_object()) << g.text;
    EXPECT_TRUE(value["path"].is_string());
    EXPECT_GE(value["line"].get<int>(), 1);
    EXPECT_LE(value["line"].get<int>(), 99);

    r.draft_tokens_max = 0;
    const Generation plain = generate(r);
    EXPECT_EQ(plain.tokens, g.tokens);
    EXPECT_GT(plain.steps, g.steps);  // what the grammar forces was drafted
  }
}

TEST_F(ToyEngine, ThePromptHasASayInEveryToken) {
  // A prompt that says the same over and over: alone the toy does not notice, with the mix it goes
  // on in the same way.
  std::vector<TokenId> prompt;
  const auto phrase = random_ids(12, engine_->config().n_vocab, 5);
  for (int i = 0; i < 10; ++i) prompt.insert(prompt.end(), phrase.begin(), phrase.end());
  GenerateRequest r = request(24);
  r.prompt = prompt;
  r.copy_mix.enabled = true;
  std::vector<TokenId> want = phrase;
  want.insert(want.end(), phrase.begin(), phrase.end());
  r.logprobs = true;
  const Generation mixed = generate(r);
  EXPECT_EQ(mixed.tokens, want);
  // What was always followed alike is likelier with the mix; never more than it says for certain.
  ASSERT_EQ(mixed.mixed_logprobs.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) {
    EXPECT_GT(mixed.mixed_logprobs[i], mixed.logprobs[i]);
    EXPECT_LE(mixed.mixed_logprobs[i], 0.f);
  }
  r.copy_mix.enabled = false;
  const Generation alone = generate(r);
  EXPECT_NE(alone.tokens, want);
  EXPECT_EQ(alone.mixed_logprobs.size(), 0u);
}

// --- Embeddings ----------------------------------------------------------------------------------

TEST_F(ToyEngine, EmbedsTextsAloneAsTogether) {
  const std::vector<std::string> texts = {"int main() { return 0; }", "a", "",
                                          std::string(900, 'x')};
  for (const auto pooling : {Engine::Pooling::kMean, Engine::Pooling::kLast}) {
    const auto together = engine_->embed(texts, pooling, Lane::kBackground, {});
    ASSERT_TRUE(together) << together.error().message();
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const auto alone = engine_->embed({&texts[i], 1}, pooling, Lane::kBackground, {});
      ASSERT_TRUE(alone);
      EXPECT_EQ((*alone)[0], (*together)[i]);
      double square = 0;
      for (const float v : (*together)[i]) square += double{v} * v;
      EXPECT_NEAR(square, 1, 1e-5);
    }
    EXPECT_NE((*together)[0], (*together)[1]);
  }
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(
      engine_->embed(texts, Engine::Pooling::kMean, Lane::kMain, stop.get_token()).error().kind(),
      Errc::kCancelled);
}

TEST_F(ToyEngine, AtTheDeadlineOnlyWhatIsWholeIsReturned) {
  GenerateRequest r = request(400);
  r.deadline = Clock::now() + milliseconds(40);
  r.filter = [&](std::string_view) {
    std::this_thread::sleep_until(*r.deadline);
    return std::optional<std::size_t>();
  };
  r.whole = [](std::string_view text) { return std::min<std::size_t>(text.size(), 1); };
  const Generation g = generate(r);
  EXPECT_EQ(g.finish, Finish::kDeadline);
  EXPECT_EQ(g.text.size(), 1u);
}

TEST_F(ToyEngine, MeasuresPrefillAndDecode) {
  EXPECT_GT(engine_->time_prefill(100, 50, {}).value_or(0), 0);
  EXPECT_GT(engine_->time_decode(10, 100, {}).value_or(0), 0);
  EXPECT_EQ(engine_->time_prefill(500, 100, {}).error().kind(), Errc::kInvalidInput);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(engine_->time_decode(10, 0, stop.get_token()).error().kind(), Errc::kCancelled);
}

TEST_F(ToyEngine, TakesNoMoreMemoryThanItWasGiven) {
  const auto refused = Engine::load({.model = file_.path(), .kv_budget_bytes = 1000});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("1000 bytes is too small"));
  EXPECT_EQ(Engine::load({.model = file_.path(), .context_tokens = 1024}).error().kind(),
            Errc::kInvalidInput);
  auto small =
      load({.model = file_.path(), .threads = 1, .context_tokens = 64, .kv_budget_bytes = 1 << 17});
  ASSERT_NE(small, nullptr);
  EXPECT_LE(small->memory().kv_bytes, 1u << 17);
  EXPECT_EQ(small->info().context_tokens, 64);
}

// --- Fill in the middle --------------------------------------------------------------------------

TEST(FimEngine, ABurstOfTypingReusesThePromptOfItsFirstKey) {
  auto engine = load_small("qwen2-t-Q4_0");
  ASSERT_NE(engine, nullptr);
  ASSERT_TRUE(engine->fim_format()) << engine->fim_format().error().message();
  ASSERT_EQ((*engine->fim_format()).order, FimOrder::kPsm);
  FimText text = {.prefix = "int f() {\n  return the", .suffix = ";\n}\n", .path = "a.c"};
  const auto complete = [&](Engine& e, const FimText& t) {
    return *e.generate({.prompt = t, .new_tokens_max = 8, .ignore_end = true}, {});
  };
  const Generation first = complete(*engine, text);
  EXPECT_EQ(first.cached_tokens, 0);
  for (const std::string typed : {"r", "re", "re + ", "re + th"}) {
    FimText now = text;
    now.prefix += typed;
    const Generation g = complete(*engine, now);
    EXPECT_GE(g.cached_tokens, first.prompt_tokens - 1) << typed;

    auto fresh = load_small("qwen2-t-Q4_0");
    now.typed = typed;
    EXPECT_EQ(complete(*fresh, now).text, g.text) << typed;
  }
  text.prefix += "re;\n";  // another line: the prompt is built anew
  EXPECT_LT(complete(*engine, text).cached_tokens, first.prompt_tokens - 1);
}

TEST(BundledModel, ContinuesCodeAndReusesThePromptOfThePreviousKey) {
  const auto path =
      std::filesystem::path(CURLEW_SOURCE_DIR) / "model/bundled/bootstrap-code-q8_0.gguf";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no bundled model";
  auto engine = load({.model = path, .threads = 1});
  ASSERT_NE(engine, nullptr);
  ASSERT_TRUE(engine->fim_format()) << engine->fim_format().error().message();
  EXPECT_EQ((*engine->fim_format()).order, FimOrder::kSpmSide);

  FimText text = {.prefix = "#include <stdio.h>\n#include <std",
                  .suffix = "\n\nint main(void) {\n  return 0;\n}\n",
                  .path = "src/main.c"};
  const Generation first = *engine->generate({.prompt = text, .new_tokens_max = 16}, {});
  EXPECT_THAT(first.text, HasSubstr(".h>"));

  text.prefix += "l";
  const Generation next = *engine->generate({.prompt = text, .new_tokens_max = 16}, {});
  EXPECT_GE(next.cached_tokens, next.prompt_tokens - 4);
  engine->clear_cache();
  EXPECT_EQ(engine->generate({.prompt = text, .new_tokens_max = 16}, {})->text, next.text);
}

}  // namespace
}  // namespace curlew::model::testing
