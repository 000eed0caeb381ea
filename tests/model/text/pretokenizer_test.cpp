#include "model/text/pretokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace curlew::model {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> words_of(std::string_view name, std::string_view text) {
  const Expected<Pretokenizer> pretokenizer = Pretokenizer::make(name);
  if (!pretokenizer) {
    ADD_FAILURE() << pretokenizer.error().message();
    return {};
  }
  std::vector<std::string_view> words;
  pretokenizer->split(text, words);
  return {words.begin(), words.end()};
}

TEST(Pretokenizer, CutsDigitsAsEachFamilyDoes) {
  EXPECT_THAT(words_of("gpt-2", "a1234 5"), ElementsAre("a", "1234", " 5"));
  EXPECT_THAT(words_of("starcoder", "a1234 5"), ElementsAre("a", "1", "2", "3", "4", " ", "5"));
  EXPECT_THAT(words_of("qwen2", "a1234 5"), ElementsAre("a", "1", "2", "3", "4", " ", "5"));
  EXPECT_THAT(words_of("llama-bpe", "a1234 5"), ElementsAre("a", "123", "4", " ", "5"));
  EXPECT_THAT(words_of("deepseek-coder", "a12 5"), ElementsAre("a", "1", "2", " ", "5"));
  EXPECT_THAT(words_of("deepseek-llm", "a12 5"), ElementsAre("a", "12", " ", "5"));
}

TEST(Pretokenizer, LeavesTheLastBlankToTheNextWord) {
  EXPECT_THAT(words_of("qwen2", "  x\n\n  y  "), ElementsAre(" ", " x", "\n\n", " ", " y", "  "));
  EXPECT_THAT(words_of("gpt-2", "\t\tx\n\ny"), ElementsAre("\t", "\t", "x", "\n", "\n", "y"));
}

TEST(Pretokenizer, KeepsContractionsAndPunctuationTogether) {
  EXPECT_THAT(words_of("qwen2", "it'S){\n}"), ElementsAre("it", "'S", "){\n", "}"));
  EXPECT_THAT(words_of("gpt-2", "it's it'S"), ElementsAre("it", "'s", " it", "'", "S"));
  EXPECT_THAT(words_of("seed-coder", "x;\n}"), ElementsAre("x", ";", "\n", "}"));
}

TEST(Pretokenizer, FollowsCapitalsWhereTheFamilyDoes) {
  EXPECT_THAT(words_of("tekken", "HTMLParser fooBar"), ElementsAre("HTMLParser", " foo", "Bar"));
  EXPECT_THAT(words_of("gpt-4o", "don't x12345/"), ElementsAre("don't", " x", "123", "45", "/"));
}

// The true patterns, where case and marks beyond ASCII count; look-aheads at [a-z] cut elsewhere.
TEST(Pretokenizer, FollowsCapitalsBeyondAscii) {
  EXPECT_THAT(words_of("tekken", "ÉcoleÉTÉ жукЖУК"), ElementsAre("École", "ÉTÉ", " жук", "ЖУК"));
  EXPECT_THAT(words_of("gpt-4o", "ÉcoleÉTÉ"), ElementsAre("École", "ÉTÉ"));
  EXPECT_THAT(words_of("tekken", "re\u0301sume\u0301Foo"),
              ElementsAre("re\u0301sume\u0301", "Foo"));
  EXPECT_THAT(words_of("gpt-4o", "ab'ſcd it'S"), ElementsAre("ab'ſ", "cd", " it'S"));
  EXPECT_THAT(words_of("tekken", "it's a/b//"), ElementsAre("it", "'s", " a", "/b", "//"));
  EXPECT_THAT(words_of("gpt-4o", "x==\n/y"), ElementsAre("x", "==\n/", "y"));
}

TEST(Pretokenizer, KeepsMarksWithTheirLetters) {
  EXPECT_THAT(words_of("qwen35", "e\u0301a e\u0301!"), ElementsAre("e\u0301a", " e\u0301", "!"));
  EXPECT_THAT(words_of("qwen2", "e\u0301a"), ElementsAre("e", "\u0301a"));
}

TEST(Pretokenizer, CutsDeepseekV3InThreePasses) {
  EXPECT_THAT(words_of("deepseek-v3", "a12345 中文b"),
              ElementsAre("a", "123", "45", " ", "中文", "b"));
  EXPECT_THAT(words_of("deepseek-v3", "x.foo (bar) +=\n"),
              ElementsAre("x", ".foo", " (", "bar", ")", " +=\n"));
  EXPECT_THAT(words_of("deepseek-v3", "aZ[Q"), ElementsAre("aZ", "[Q"));
}

TEST(Pretokenizer, RunsExpressionsOfATokenizerJson) {
  const std::vector<std::string_view> expressions = {R"(\s+$)", R"([^\s\p{L}]+)"};
  const Expected<Pretokenizer> made = Pretokenizer::make_of(expressions);
  ASSERT_TRUE(made) << made.error().message();
  std::vector<std::string_view> words;
  made->split("ab  \ncd+= ef", words);
  EXPECT_THAT(words, ElementsAre("ab", "  ", "\ncd", "+=", " ef"));
  const std::vector<std::string_view> odd = {R"(\w)"};
  EXPECT_THAT(Pretokenizer::make_of(odd).error().message(), ::testing::HasSubstr("is not run"));
}

// U+180E has not been white space since Unicode 6.3, whatever \s says.
TEST(Pretokenizer, CountsWhiteSpaceAsUnicodeDoes) {
  EXPECT_THAT(words_of("qwen2", "a\u00a0\u2003b"), ElementsAre("a", "\u00a0", "\u2003b"));
  EXPECT_THAT(words_of("qwen2", "a\u180e+b"), ElementsAre("a", "\u180e+", "b"));
}

TEST(Pretokenizer, LosesNothing) {
  for (const char* name :
       {"", "default", "gpt-2", "starcoder", "qwen2", "llama-bpe", "seed-coder", "deepseek-coder",
        "deepseek-llm", "deepseek-v3", "qwen35", "tekken", "gpt-4o", "smollm", "llama3"}) {
    for (const char* text :
         {"", " ", "\n", "a  b", "x=1;\r\n\t// 中文 é 😀\n\n", "1234567 $%^ '''", "  x   x   x"}) {
      std::string joined;
      for (const std::string& word : words_of(name, text)) {
        EXPECT_FALSE(word.empty());
        joined += word;
      }
      EXPECT_EQ(joined, text) << name;
    }
  }
}

TEST(Pretokenizer, NamesTheOnesItKnows) {
  const Expected<Pretokenizer> none = Pretokenizer::make("gpt-9");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind(), Errc::kUnsupported);
  EXPECT_THAT(none.error().message(),
              ::testing::AllOf(::testing::HasSubstr("\"gpt-9\""), ::testing::HasSubstr("starcoder"),
                               ::testing::HasSubstr("tekken")));
}

}  // namespace
}  // namespace curlew::model
