// What a vocabulary may look like, and what is refused: one clear error each.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/model/text/small_vocabularies.h"

namespace curlew::model {
namespace {

using namespace testing;  // NOLINT: the vocabularies made for tests
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::vector<TokenRow> kNoMarkers;

TEST(Vocabulary, RefusesModelsItDoesNotKnow) {
  EXPECT_THAT(refusal(byte_level_file({}).set("tokenizer.ggml.model", "t5")),
              AllOf(HasSubstr("test.gguf"), HasSubstr("\"t5\""), HasSubstr("\"gpt2\"")));
  EXPECT_THAT(refusal(byte_level_file({}).set("tokenizer.ggml.pre", "poro-chat")),
              AllOf(HasSubstr("\"poro-chat\""), HasSubstr("qwen2"), HasSubstr("llama-bpe")));
  EXPECT_THAT(refusal(byte_level_file({}).set("tokenizer.ggml.pre", 7)),
              HasSubstr("should be a string"));
  GgufWriter none;
  EXPECT_THAT(refusal(none), HasSubstr("tokenizer.ggml.model (a string) is missing"));
}

TEST(Vocabulary, RefusesArraysThatDisagree) {
  const GgufWriter good = sentencepiece_file({});
  const auto with = [&](std::string_view key, const auto& value) {
    return refusal(GgufWriter(good).set(key, value));
  };
  const std::vector<float> two_scores = {0.f, 0.f};
  const std::vector<std::int32_t> two_types = {1, 1};
  EXPECT_EQ(refusal(good), "(accepted)");
  EXPECT_THAT(with("tokenizer.ggml.scores", two_scores),
              HasSubstr("2 elements, but there are 260 tokens"));
  EXPECT_THAT(with("tokenizer.ggml.token_type", two_types),
              HasSubstr("2 elements, but there are 260 tokens"));
  EXPECT_THAT(with("tokenizer.ggml.scores", two_types), HasSubstr("should be an array of floats"));
  EXPECT_THAT(with("tokenizer.ggml.token_type", two_scores),
              HasSubstr("should be an array of integers"));
  EXPECT_THAT(with("tokenizer.ggml.tokens", two_types), HasSubstr("an array of strings"));
  EXPECT_THAT(with("tokenizer.ggml.tokens", std::vector<std::string>{}), HasSubstr("0 tokens"));
}

TEST(Vocabulary, RefusesSentencePieceFilesWithoutScores) {
  GgufWriter w = vocabulary_file("gpt2", sentencepiece_rows());
  EXPECT_THAT(refusal(w.set("tokenizer.ggml.model", "llama")), HasSubstr("tokenizer.ggml.scores"));
}

TEST(Vocabulary, RefusesTypesAndScoresThatAreNone) {
  std::vector<std::int32_t> types(260, 1);
  types[17] = 9;
  EXPECT_THAT(refusal(sentencepiece_file({}).set("tokenizer.ggml.token_type", types)),
              HasSubstr("token 17 has type 9"));
  types[17] = -1;
  EXPECT_THAT(refusal(sentencepiece_file({}).set("tokenizer.ggml.token_type", types)),
              HasSubstr("type -1"));
  std::vector<float> scores(260, 0.f);
  scores[3] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(refusal(sentencepiece_file({}).set("tokenizer.ggml.scores", scores)),
              HasSubstr("score of token 3"));
}

TEST(Vocabulary, RefusesIdsOutOfRange) {
  for (const char* key :
       {"bos_token_id", "eos_token_id", "eot_token_id", "eom_token_id", "unknown_token_id",
        "padding_token_id", "fim_pre_token_id", "fim_sep_token_id", "middle_token_id"}) {
    const std::string full = std::string("tokenizer.ggml.") + key;
    EXPECT_THAT(refusal(sentencepiece_file({}).set(full, 260u)),
                AllOf(HasSubstr(full), HasSubstr("is 260"), HasSubstr("260 tokens")));
    EXPECT_THAT(refusal(byte_level_file({}).set(full, -1)), HasSubstr("is -1"));
    EXPECT_THAT(refusal(byte_level_file({}).set(full, "1")), HasSubstr("should be an integer"));
    EXPECT_THAT(refusal(byte_level_file({}).set(full, std::uint64_t{1} << 40)),
                HasSubstr("1099511627776"));
  }
}

TEST(Vocabulary, RefusesByteTokensThatSpellNoByte) {
  for (const char* spelling : {"<0x-1>", "<0x100>", "<0x0g>", "<0xab>", "", "<0x>", "x"}) {
    EXPECT_THAT(refusal(sentencepiece_file({{spelling, kByte}})),
                AllOf(HasSubstr("token 260 is a byte token"), HasSubstr(spelling)));
  }
}

TEST(Vocabulary, RefusesOversizedTokens) {
  EXPECT_THAT(refusal(byte_level_file({{std::string(5000, 'x')}})),
              HasSubstr("token 256 is 5000 bytes long"));
}

TEST(Vocabulary, RefusesMergesThatNameUnknownTokens) {
  const auto with = [](std::vector<std::string> merges) {
    return refusal(byte_level_file({{"ab"}, {" c"}}).set("tokenizer.ggml.merges", merges));
  };
  EXPECT_EQ(with({"a b"}), "(accepted)");
  EXPECT_THAT(with({"a b", "a c"}), AllOf(HasSubstr("merge 1 (\"a c\")"), HasSubstr("\"ac\"")));
  EXPECT_THAT(with({"ab xyz"}), HasSubstr("\"xyz\""));
  for (const char* none : {"", "ab", "a ", " b", "  "}) {
    EXPECT_THAT(with({none}), HasSubstr("merge 0 is no pair")) << none;
  }
  EXPECT_THAT(refusal(vocabulary_file("gpt2", byte_level_rows())),
              HasSubstr("tokenizer.ggml.merges"));
}

TEST(Vocabulary, RefusesAnUnknownOrder) {
  EXPECT_THAT(refusal(byte_level_file({}).set("curlew.fim.order", "mps")),
              AllOf(HasSubstr("\"mps\""), HasSubstr("spm-side")));
}

TEST(Vocabulary, TakesDuplicateAndEmptyPieces) {
  const auto spm = load(sentencepiece_file({{"ab", kNormal, -2.f},
                                            {"a", kNormal, -3.f},
                                            {"b", kNormal, -4.f},
                                            {"ab", kNormal, -1.f},
                                            {"", kNormal},
                                            {"<s>", kControl},
                                            {"\xff\xfe"}}));
  ASSERT_TRUE(spm);
  EXPECT_EQ(spm->find("ab"), 260);
  EXPECT_EQ(spm->encode("ab", {.continues = true}), std::vector<TokenId>{260});
  EXPECT_EQ(spm->piece(263), "ab");
  EXPECT_EQ(spm->piece(264), "");
  const auto bpe = load(byte_level_file({{""}, {"ab"}, {"ab"}})
                            .set("tokenizer.ggml.merges", std::vector<std::string>{"a b", "a b"}));
  ASSERT_TRUE(bpe);
  EXPECT_EQ(bpe->encode("ab"), std::vector<TokenId>{257});
}

TEST(Vocabulary, WorksWithoutByteTokensAndWithoutAnUnknownToken) {
  const auto bare = load(vocabulary_file("llama", {{"▁", kNormal, -1.f}, {"a", kNormal, -2.f}}));
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->encode("a a"), (std::vector<TokenId>{0, 1, 0, 1}));
  EXPECT_EQ(bare->encode("a?\xff"
                         "a"),
            (std::vector<TokenId>{0, 1, 1}));  // no token for these: left out
  const auto with_unknown = load(
      vocabulary_file("llama", {{"<unk>", kUnknown}, {"▁", kNormal, -1.f}, {"a", kNormal, -2.f}}));
  ASSERT_TRUE(with_unknown);
  EXPECT_EQ(with_unknown->encode("a\xff"), (std::vector<TokenId>{1, 2, 0}));
  const auto letters = load(vocabulary_file("gpt2", {{"a"}, {"b"}})
                                .set("tokenizer.ggml.pre", "qwen2")
                                .set("tokenizer.ggml.merges", std::vector<std::string>{}));
  ASSERT_TRUE(letters);
  EXPECT_EQ(letters->encode("abc"), (std::vector<TokenId>{0, 1}));
}

TEST(Vocabulary, FindsSpecialTokensByKeyAndBySpelling) {
  const auto tokenizer = load(byte_level_file({{"<|endoftext|>", kControl},
                                               {"<|fim_prefix|>", kUserDefined},
                                               {"<|fim_suffix|>", kNormal},
                                               {"<|im_end|>", kNormal},
                                               {"odd", kControl}})
                                  .set("tokenizer.ggml.eos_token_id", 256u)
                                  .set("tokenizer.ggml.fim_pre_token_id", 257u)
                                  .set("tokenizer.ggml.eom_token_id", 260u));
  ASSERT_TRUE(tokenizer);
  const SpecialTokens& special = tokenizer->special();
  EXPECT_EQ(special.eos, 256);
  EXPECT_EQ(special.fim_prefix, 257);
  EXPECT_EQ(special.fim_suffix, 258);
  EXPECT_EQ(special.fim_middle, -1);
  EXPECT_EQ(tokenizer->type(257), TokenType::kUserDefined);  // named by a key: as the file says
  EXPECT_EQ(tokenizer->type(258), TokenType::kControl);      // recognised by its spelling
  EXPECT_THAT(special.end_of_generation, ElementsAre(256, 259, 260));
}

}  // namespace
}  // namespace curlew::model
