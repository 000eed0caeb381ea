// The whole engine on the card: what a request gets there is what it gets on the processor.
#include "model/decode/engine.h"

#include <gmock/gmock.h>

#include <thread>

#include "kernels/cuda/embed.h"
#include "model/constrain/grammar.h"
#include "model/cuda/cards.h"
#include "model/cuda/device_memory.h"
#include "tests/model/engine/fixtures.h"

namespace curlew::model::testing {
namespace {

using ::testing::HasSubstr;

EngineOptions on_card(const std::string& name) {
  return {.model = small_models() / (name + ".gguf"),
          .threads = 1,
          .device = Device::kCuda,
          .cards = &cuda_cards(),
          .context_tokens = 256};
}

EngineOptions on_cpu(const std::string& name) {
  EngineOptions options = on_card(name);
  options.device = Device::kCpu;
  return options;
}

Generation generate(Engine& engine, const GenerateRequest& request, std::stop_token stop = {}) {
  Expected<Generation> g = engine.generate(request, std::move(stop));
  EXPECT_TRUE(g) << g.error().message();
  return g ? *g : Generation{};
}

GenerateRequest request(const Engine& engine, int prompt_tokens, int new_tokens, unsigned seed) {
  return {.prompt = random_ids(prompt_tokens, engine.config().n_vocab, seed),
          .new_tokens_max = new_tokens,
          .ignore_end = true,
          .draft_tokens_max = 0};
}

class EngineOnCard : public ::testing::TestWithParam<std::string> {};

// Greedy, sampled by the same seed, and with drafts of which most are wrong.
TEST_P(EngineOnCard, SaysWhatTheProcessorSays) {
  const auto card = load(on_card(GetParam())), cpu = load(on_cpu(GetParam()));
  ASSERT_TRUE(card && cpu);
  EXPECT_THAT(card->info().device, HasSubstr("cuda: "));
  EXPECT_EQ(card->info().why_no_card, "");
  GenerateRequest r = request(*cpu, 21, 10, 7);
  const Generation want = generate(*cpu, r);
  EXPECT_EQ(generate(*card, r).tokens, want.tokens);

  const Generation warm = generate(*card, r);
  EXPECT_EQ(warm.cached_tokens, 20);
  EXPECT_EQ(warm.tokens, want.tokens);

  r.draft_tokens_max = -1;
  r.draft_texts = {want.text.substr(want.text.size() / 3), "something else"};
  const Generation drafted = generate(*card, r);
  EXPECT_EQ(drafted.tokens, want.tokens);
}

INSTANTIATE_TEST_SUITE_P(Models, EngineOnCard,
                         ::testing::Values("llama3-t-Q8_0", "qwen3moe-t-Q8_0"), test_name_of_file);

TEST(EngineOnCard, SamplesWhatTheProcessorSamples) {
  const auto card = load(on_card("granite-t-Q8_0")), cpu = load(on_cpu("granite-t-Q8_0"));
  ASSERT_TRUE(card && cpu);
  GenerateRequest r = request(*cpu, 9, 12, 3);
  r.sampling = {.temperature = 0.7f, .top_p = 0.9f, .min_p = 0.02f, .seed = 11};
  const Generation by_card = generate(*card, r);  // which draws them itself
  r.logprobs = true;
  const Generation got = generate(*card, r), want = generate(*cpu, r);
  EXPECT_EQ(got.tokens, want.tokens);
  EXPECT_EQ(by_card.tokens, want.tokens);
  ASSERT_EQ(got.logprobs.size(), want.logprobs.size());
  for (std::size_t i = 0; i < got.logprobs.size(); ++i)
    EXPECT_NEAR(got.logprobs[i], want.logprobs[i], 0.05) << i;
}

TEST(EngineOnCard, StopsWhenItIsAskedTo) {
  const auto card = load(on_card("llama3-t-Q8_0"));
  ASSERT_TRUE(card);
  std::stop_source stop;
  GenerateRequest r = request(*card, 5, 100, 2);
  int tokens = 0;
  r.filter = [&](std::string_view) {
    if (++tokens == 2) stop.request_stop();
    return std::optional<std::size_t>();
  };
  EXPECT_EQ(generate(*card, r, stop.get_token()).finish, Finish::kCancelled);
  EXPECT_EQ(tokens, 2);
}

// Two callers at once, whose prompts share a beginning and part in the middle of a block.
TEST(EngineOnCard, ServesSeveralAtOnce) {
  const auto card = load(on_card("llama3-t-Q8_0")), cpu = load(on_cpu("llama3-t-Q8_0"));
  ASSERT_TRUE(card && cpu);
  std::vector<GenerateRequest> requests;
  for (unsigned seed = 1; seed <= 2; ++seed) {
    GenerateRequest r = request(*cpu, 30, 6, 5);
    auto& ids = std::get<std::vector<TokenId>>(r.prompt);
    const auto end = random_ids(8, cpu->config().n_vocab, seed);
    std::ranges::copy(end, ids.end() - 8);
    requests.push_back(std::move(r));
  }
  std::vector<Generation> got(2);
  {
    std::vector<std::jthread> callers;
    for (std::size_t i = 0; i < 2; ++i)
      callers.emplace_back([&, i] { got[i] = generate(*card, requests[i]); });
  }
  for (std::size_t i = 0; i < 2; ++i)
    EXPECT_EQ(got[i].tokens, generate(*cpu, requests[i]).tokens) << i;
  EXPECT_EQ(generate(*card, requests[1]).cached_tokens, 29);
}

// Drafts under a grammar: those that it forces, and others that are right in part or not allowed.
TEST(EngineOnCard, HoldsItsTextToAGrammar) {
  const auto card = load(on_card("llama3-t-Q8_0")), cpu = load(on_cpu("llama3-t-Q8_0"));
  ASSERT_TRUE(card && cpu);
  GenerateRequest r = request(*card, 6, 14, 4);
  r.ignore_end = false;
  int accepted = 0;  // what is forced for certain, the rest as the costs of steps have it
  for (const char* expression : {"(return|yield) [a-d]{4}x;", "[0-9a-f]{3}(,[0-9a-f]+)*"}) {
    r.grammar = *Grammar::from_regex(expression);
    r.draft_tokens_max = 0;
    const Generation plain = generate(*cpu, r);
    r.draft_tokens_max = -1;
    r.draft_texts = {plain.text + "!", plain.text.substr(0, 5) + "?"};
    const Generation got = generate(*card, r);
    EXPECT_EQ(got.text, plain.text) << expression;
    EXPECT_EQ(got.finish, plain.finish);
    accepted += got.accepted_tokens;
  }
  EXPECT_GT(accepted, 0);
}

TEST(EngineOnCard, EmbedsAndGivesLogitsAsTheProcessorDoes) {
  const auto card = load(on_card("qwen2-t-Q4_0")), cpu = load(on_cpu("qwen2-t-Q4_0"));
  ASSERT_TRUE(card && cpu);
  const std::vector<std::string> texts = {"one text", "another"};
  const auto got = card->embed(texts, Engine::Pooling::kMean, Lane::kMain, {});
  const auto want = cpu->embed(texts, Engine::Pooling::kMean, Lane::kMain, {});
  ASSERT_TRUE(got && want);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    double cosine = 0;
    for (std::size_t d = 0; d < (*got)[i].size(); ++d) cosine += (*got)[i][d] * (*want)[i][d];
    EXPECT_GT(cosine, 0.999);
  }
  const auto logits = card->logits(random_ids(70, card->config().n_vocab, 1));  // two chunks
  ASSERT_TRUE(logits);
  EXPECT_EQ(logits->size(), 70u * static_cast<std::size_t>(card->config().n_vocab));
}

// Keys and values go from the card into the file and back; a processor's are not taken for them.
TEST(EngineOnCard, FindsItsPrefixesAgain) {
  const TempFile prefixes("on_card.kv");
  EngineOptions options = on_card("llama3-t-Q8_0");
  options.prefix_file = prefixes.path();
  std::vector<TokenId> want;
  GenerateRequest r;
  {
    const auto card = load(options);
    ASSERT_TRUE(card);
    r = request(*card, 30, 4, 8);
    want = generate(*card, r).tokens;
    EXPECT_TRUE(card->give_back_card());
    const Generation again = generate(*card, r);
    EXPECT_EQ(again.cached_tokens, 29);
    EXPECT_EQ(again.tokens, want);
  }
  options.device = Device::kCpu;
  EXPECT_EQ(*load(options)->restored_tokens(), 0);
}

TEST(EngineOnCard, RefusesAdaptersAndGoesOn) {
  const auto card = load(on_card("llama3-t-Q8_0"));
  ASSERT_TRUE(card);
  EXPECT_FALSE(card->use_adapter("/nowhere/adapter"));
  EXPECT_EQ(generate(*card, request(*card, 4, 2, 1)).tokens.size(), 2u);
}

#if defined(CURLEW_CUDA_ON_HOST)
// The host's twin says that it has 1 GiB; a whole sequence of this takes two.
TEST(EngineOnCard, SaysWhatItNeedsWhereThatIsNotThere) {
  const TempFile file("long.gguf");
  constexpr int kLong = 1 << 21;
  toy_model({.hidden = 64, .heads = 4, .kv_heads = 4, .context = kLong}).write(file.path());
  EngineOptions options = on_card("");
  options.model = file.path();
  options.context_tokens = kLong;
  const auto refused = Engine::load(options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), Errc::kOutOfMemory);
  EXPECT_THAT(refused.error().message(), HasSubstr("MiB of device memory"));
  EXPECT_THAT(refused.error().message(), HasSubstr("2048 KV cache"));
}
#endif

#if defined(CURLEW_CUDA_ON_HOST)
// A kernel that reads where nothing is, as a card would fault; then everything from the start.
TEST(EngineOnCard, OutlivesAFaultOfTheCard) {
  const auto card = load(on_card("llama3-t-Q8_0"));
  ASSERT_TRUE(card);
  const GenerateRequest r = request(*card, 9, 3, 1);
  const Generation want = generate(*card, r);
  {
    Expected<Stream> stream = Stream::make();
    ASSERT_TRUE(stream);
    float nowhere = 0;
    EXPECT_NE(cuda::embed({.table = {.codes = reinterpret_cast<const std::uint8_t*>(&nowhere),
                                     .rows = 1,
                                     .cols = 32},
                           .ids = reinterpret_cast<const std::int32_t*>(&nowhere),
                           .y = &nowhere,
                           .tokens = 1,
                           .scale = 1.f},
                          *stream),
              cudaSuccess);
  }
  const Expected<Generation> failed = card->generate(r, {});
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message(), HasSubstr("CUDA: "));
  EXPECT_EQ(generate(*card, r).tokens, want.tokens);
}
#endif

}  // namespace
}  // namespace curlew::model::testing
