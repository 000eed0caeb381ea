// Properties of every tokenizer: nothing is lost, special text is text unless asked for, big inputs
// stay cheap.

#include "model/text/tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <random>
#include <thread>

#include "tests/model/text/small_vocabularies.h"

namespace curlew::model {
namespace {

using namespace testing;  // NOLINT: the vocabularies made for tests
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

std::unique_ptr<const Tokenizer> checked_in(std::string_view name) {
  const Expected<ModelFile> file =
      ModelFile::open(fmt::format("{}/tests/data/tokenizers/{}.gguf", CURLEW_SOURCE_DIR, name));
  if (!file) {
    ADD_FAILURE() << file.error().message();
    return nullptr;
  }
  return std::move(load_tokenizer(*file).value());
}

class EveryTokenizer : public ::testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Kinds, EveryTokenizer,
                         ::testing::Values("small-spm", "small-gemma", "small-qwen2",
                                           "small-llama-bpe", "small-deepseek", "small-starcoder"));

TEST_P(EveryTokenizer, LosesNoByte) {
  const auto tokenizer = checked_in(GetParam());
  std::mt19937 rng(11);
  const std::vector<std::string> bits = {"int ",
                                         " ",
                                         "\n",
                                         "\t",
                                         "\r\n",
                                         "for(",
                                         "é",
                                         "中",
                                         "😀",
                                         "42",
                                         "_x",
                                         "\xff",
                                         "\xc3",
                                         "\xed\xa0\x80",
                                         "\xf4\x90\x80\x80",
                                         "'s",
                                         "  ",
                                         "\0x"};
  for (int round = 0; round < 300; ++round) {
    std::string text;
    for (int n = static_cast<int>(rng() % 30); n >= 0; --n) {
      text += rng() % 4 == 0 ? std::string(1, static_cast<char>(rng())) : bits[rng() % bits.size()];
    }
    ASSERT_EQ(tokenizer->decode(tokenizer->encode(text)), text);
    ASSERT_EQ(tokenizer->decode(tokenizer->encode(text, {.literal = true})), text);
    std::string pieces;
    for (const TokenId id : tokenizer->encode(text, {.continues = true}))
      pieces += tokenizer->piece(id);
    ASSERT_EQ(pieces, text);
  }
}

TEST_P(EveryTokenizer, IsNotQuadratic) {
  const auto tokenizer = checked_in(GetParam());
  const auto begin = std::chrono::steady_clock::now();
  for (const char* unit : {"a", " ", "\n", "=", "\xff", "中", "0", "in"}) {
    std::string text;
    while (text.size() < 200'000) text += unit;
    EXPECT_EQ(tokenizer->decode(tokenizer->encode(text)), text);
  }
  // Seconds where the work grows as n log n; many minutes where it grows as n^2.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
}

TEST_P(EveryTokenizer, ServesManyThreads) {
  const auto tokenizer = checked_in(GetParam());
  const std::string text = "int main() { return 42; } // comment é\n";
  const std::vector<TokenId> want = tokenizer->encode(text);
  std::vector<std::thread> threads;
  std::array<bool, 4> same{};
  for (bool& mine : same) {
    threads.emplace_back([&] {
      mine = true;
      for (int i = 0; i < 50; ++i) mine = mine && tokenizer->encode(text) == want;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(same, ElementsAre(true, true, true, true));
}

TEST_P(EveryTokenizer, AnswersOddIds) {
  const auto tokenizer = checked_in(GetParam());
  const std::vector<TokenId> odd = {-1, tokenizer->size(), 1 << 30,
                                    std::numeric_limits<TokenId>::min()};
  EXPECT_EQ(tokenizer->decode(odd, true), "");
  for (const TokenId id : odd) {
    EXPECT_EQ(tokenizer->piece(id), "");
    EXPECT_EQ(tokenizer->spelling(id), "");
  }
  EXPECT_EQ(tokenizer->find("no such token"), std::nullopt);
  EXPECT_EQ(tokenizer->find(""), std::nullopt);
}

TEST(Tokenizer, TakesTheLongestSpecialTokenAtEachPlace) {
  const auto tokenizer = load(byte_level_file(
      {{"<a", kControl}, {"<a>", kControl}, {"a>b", kControl}, {"<u>", kUserDefined}}));
  ASSERT_TRUE(tokenizer);
  EXPECT_THAT(tokenizer->encode("<a>b<a<u>", {.parse_special = true}),
              ElementsAre(257, 'b', 256, 259));
  EXPECT_THAT(tokenizer->encode("<a<u>"), ElementsAre('<', 'a', 259));
}

TEST(Tokenizer, LiteralTextBecomesNoMarker) {
  const auto tokenizer = load(byte_level_file({{"<|fim_prefix|>", kUserDefined},
                                               {"<|im_end|>", kControl},
                                               {"<tab>", kUserDefined},
                                               {"<|tool|>", kUserDefined}})
                                  .set("tokenizer.ggml.fim_pre_token_id", 256u));
  ASSERT_TRUE(tokenizer);
  const std::string text = "<|fim_prefix|><|im_end|><tab><|tool|>";
  EXPECT_THAT(tokenizer->encode(text), Contains(256));
  const std::vector<TokenId> ids = tokenizer->encode(text, {.literal = true});
  for (const TokenId marker : {256, 257, 259}) EXPECT_THAT(ids, Not(Contains(marker)));
  EXPECT_THAT(ids, Contains(258));  // a user-defined token that only stands for text
  EXPECT_EQ(tokenizer->decode(ids), text);
}

TEST(Tokenizer, PutsBosAndEosWhereTheVocabularyWantsThem) {
  const auto both = load(sentencepiece_file({}).set("tokenizer.ggml.add_eos_token", true));
  ASSERT_TRUE(both);
  EXPECT_THAT(both->encode("", {.add_special = true}), ElementsAre(1, 2));
  EXPECT_THAT(both->encode("a", {.add_special = true}), ElementsAre(1, 259, 3 + 'a', 2));
  EXPECT_THAT(both->encode("a", {.continues = true}), ElementsAre(3 + 'a'));
  const auto neither = load(sentencepiece_file({})
                                .set("tokenizer.ggml.add_bos_token", false)
                                .set("tokenizer.ggml.add_space_prefix", false));
  ASSERT_TRUE(neither);
  EXPECT_THAT(neither->encode("a", {.add_special = true}), ElementsAre(3 + 'a'));
}

TEST(Tokenizer, CutsLongSentencePieceTextWhereNothingMerges) {
  // "b" is part of a longer piece, the newline is not: runs may end behind a newline only.
  const auto tokenizer =
      load(sentencepiece_file({{"ab", kNormal, -1.f}, {"a", kNormal, -9.f}, {"b", kNormal, -9.f}}));
  ASSERT_TRUE(tokenizer);
  std::mt19937 rng(5);
  std::string text;
  std::vector<TokenId> want;
  for (int line = 0; line < 4000; ++line) {
    for (int n = static_cast<int>(rng() % 4); n > 0; --n) {
      text += "ab";
      want.push_back(260);
    }
    text += '\n';
    want.push_back(3 + '\n');
  }
  EXPECT_EQ(tokenizer->encode(text, {.continues = true}), want);
}

}  // namespace
}  // namespace curlew::model
