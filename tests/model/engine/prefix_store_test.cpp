#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "tests/model/engine/fixtures.h"

namespace curlew::model::testing {
namespace {

using ::testing::HasSubstr;

class PrefixStore : public ::testing::Test {
 protected:
  void SetUp() override { toy_model({.context = 512}).write(model_.path()); }

  std::unique_ptr<Engine> engine(std::size_t bytes_max = 64 << 20) {
    return load({.model = model_.path(),
                 .threads = 1,
                 .prefix_file = prefixes_.path(),
                 .prefix_file_bytes_max = bytes_max});
  }
  static Generation generate(Engine& engine, const std::vector<TokenId>& prompt) {
    return *engine.generate({.prompt = prompt, .new_tokens_max = 10, .ignore_end = true}, {});
  }
  // Three texts, two of which begin alike in the middle of a block.
  static std::vector<std::vector<TokenId>> texts() {
    auto a = random_ids(200, 285, 1), b = random_ids(150, 285, 2);
    auto c = a;
    c.resize(90);
    const auto tail = random_ids(70, 285, 3);
    c.insert(c.end(), tail.begin(), tail.end());
    return {a, b, c};
  }
  std::vector<char> stored() const {
    std::ifstream in(prefixes_.path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void overwrite(const std::vector<char>& bytes) const {
    std::ofstream(prefixes_.path(), std::ios::binary | std::ios::trunc)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }

  TempFile model_{"prefix-model.gguf"}, prefixes_{"prefixes.kv"};
};

TEST_F(PrefixStore, ARestartedEngineKnowsItsPrompts) {
  std::vector<Generation> want;
  {
    auto first = engine();
    EXPECT_EQ(first->restored_tokens().value_or(-1), 0);
    for (const auto& text : texts()) want.push_back(generate(*first, text));
  }
  EXPECT_EQ(std::filesystem::status(prefixes_.path()).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  auto second = engine();
  EXPECT_GT(second->restored_tokens().value_or(0), 400);
  for (std::size_t i = 0; i < want.size(); ++i) {
    const Generation g = generate(*second, texts()[i]);
    EXPECT_EQ(g.cached_tokens, g.prompt_tokens - 1);
    EXPECT_EQ(g.tokens, want[i].tokens);
  }
}

TEST_F(PrefixStore, KeepsToItsSizeAndToTheLatestTexts) {
  {
    auto first = engine();
    for (const auto& text : texts()) generate(*first, text);
  }
  const std::size_t whole = stored().size();
  std::filesystem::remove(prefixes_.path());
  {
    auto first = engine(whole * 6 / 10);
    for (const auto& text : texts()) generate(*first, text);
  }
  EXPECT_LE(stored().size(), whole * 6 / 10);
  auto second = engine();
  const Generation latest = generate(*second, texts()[2]);
  EXPECT_EQ(latest.cached_tokens, latest.prompt_tokens - 1);
}

TEST_F(PrefixStore, IsNotUsedByAnotherModel) {
  generate(*engine(), texts()[0]);
  toy_model({.context = 512, .seed = 2}).write(model_.path());
  auto other = engine();
  EXPECT_EQ(other->restored_tokens().value_or(-1), 0);
  EXPECT_EQ(generate(*other, texts()[0]).cached_tokens, 0);
}

TEST_F(PrefixStore, DamageIsFoundAndDoesNoHarm) {
  std::vector<Generation> want;
  {
    auto first = engine();
    for (const auto& text : texts()) want.push_back(generate(*first, text));
  }
  const std::vector<char> good = stored();
  std::mt19937 random(4);
  int refused = 0;
  for (int round = 0; round < 40; ++round) {
    std::vector<char> bad = good;
    if (round % 2 == 0)
      bad.resize(random() % bad.size());
    else
      bad[random() % bad.size()] ^= static_cast<char>(1 + random() % 255);
    overwrite(bad);
    auto again = engine();
    refused += !again->restored_tokens();
    for (std::size_t i = 0; i < want.size(); ++i)
      ASSERT_EQ(generate(*again, texts()[i]).tokens, want[i].tokens) << round;
  }
  EXPECT_GT(refused, 30);
  overwrite({'n', 'o'});
  const auto again = engine();
  ASSERT_FALSE(again->restored_tokens());
  EXPECT_THAT(again->restored_tokens().error().message(),
              HasSubstr("not a file of stored prefixes"));
}

TEST_F(PrefixStore, AFileThatCannotBeWrittenIsAnError) {
  auto lost = load({.model = model_.path(), .threads = 1, .prefix_file = "/proc/none/prefixes.kv"});
  generate(*lost, texts()[0]);
  const Status stored = lost->store_prefixes();
  ASSERT_FALSE(stored);
  EXPECT_THAT(stored.error().message(), HasSubstr("/proc/none/prefixes.kv"));
}

}  // namespace
}  // namespace curlew::model::testing
