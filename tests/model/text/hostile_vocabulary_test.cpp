// The shapes of published attacks on tokenizers and chat templates, those that vocabulary_test.cpp
// has not; tests/fuzz/README.md has the table of their names.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "model/text/pretokenizer.h"
#include "model/text/prompt_formats.h"
#include "tests/model/text/small_vocabularies.h"

namespace curlew::model {
namespace {

using namespace testing;  // NOLINT: the vocabularies made for tests
using ::testing::AllOf;
using ::testing::HasSubstr;

double seconds_of(const auto& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// A length that became negative on its way into a buffer overflowed it: CVE-2025-49847.
TEST(HostileVocabulary, TheLongestTokensComeBackWhole) {
  const std::string longest(4096, 'x');
  const auto tokenizer = load(byte_level_file({{longest, kUserDefined}}));
  ASSERT_TRUE(tokenizer);
  EXPECT_EQ(tokenizer->piece(256), longest);
  const std::vector<TokenId> many(1000, 256);
  EXPECT_EQ(tokenizer->decode(many).size(), 4'096'000u);
  EXPECT_EQ(tokenizer->encode(longest + longest), (std::vector<TokenId>{256, 256}));
  for (const std::size_t bytes : {4097u, 1u << 20})
    EXPECT_THAT(
        refusal(sentencepiece_file({{std::string(bytes, 'x')}})),
        AllOf(HasSubstr("test.gguf"), HasSubstr("token 260 is"), HasSubstr("at most 4096")));
}

// A count of tokens was narrowed and compared with a buffer's: CVE-2025-52566. Here there is no
// buffer of the caller's; long texts take time in proportion and lose nothing.
TEST(HostileVocabulary, LongTextsOfOneWord) {
  const std::string text(1 << 20, 'a');
  for (const GgufWriter& file :
       {sentencepiece_file({{"aa", kNormal, -1.f}, {"aaaa", kNormal, -2.f}}),
        byte_level_file({{"aa"}}).set("tokenizer.ggml.merges", std::vector<std::string>{"a a"})}) {
    const auto tokenizer = load(file);
    ASSERT_TRUE(tokenizer);
    std::vector<TokenId> ids;
    EXPECT_LT(seconds_of([&] { ids = tokenizer->encode(text, {.continues = true}); }), 30);
    EXPECT_GE(ids.size(), text.size() / 4);
    EXPECT_EQ(tokenizer->decode(ids), text);
  }
}

TEST(HostileVocabulary, IdsOutsideItAreNothing) {
  for (const GgufWriter& file : {sentencepiece_file({}), byte_level_file({})}) {
    const auto tokenizer = load(file);
    ASSERT_TRUE(tokenizer);
    const std::vector<TokenId> none = {-1, tokenizer->size(), INT32_MAX, INT32_MIN};
    EXPECT_EQ(tokenizer->decode(none, true), "");
    for (const TokenId id : none) {
      EXPECT_EQ(tokenizer->piece(id), "");
      EXPECT_EQ(tokenizer->spelling(id), "");
      EXPECT_EQ(tokenizer->type(id), TokenType::kUnused);
    }
  }
}

// plamo2's byte tokens indexed a table with what they spell (LM Studio #2289).
TEST(HostileVocabulary, ByteTokensSpellABytes) {
  for (const char* spelling : {"<0x-1>", "<0xZZ>", "<0x+1>", "<0x 1>", "<0x1>", "<0x0000>",
                               "<0X41>", "<0xFF", "0xFF>", "<0xff>", "<0x\xff\xff>"})
    EXPECT_THAT(refusal(sentencepiece_file({{spelling, kByte}})),
                AllOf(HasSubstr("test.gguf"), HasSubstr("token 260 is a byte token")))
        << spelling;
  // The same as an ordinary token is ordinary text.
  const auto tokenizer = load(sentencepiece_file({{"<0x-1>", kUserDefined}}));
  ASSERT_TRUE(tokenizer);
  EXPECT_EQ(tokenizer->decode(std::vector<TokenId>{260}), "<0x-1>");
}

TEST(HostileVocabulary, ScoresBeyondAFloatAreRefused) {
  std::vector<double> scores(260, 0.0);
  for (const double score : {1e300, -1e300, std::numeric_limits<double>::infinity()}) {
    scores[5] = score;
    EXPECT_THAT(refusal(sentencepiece_file({}).set("tokenizer.ggml.scores", scores)),
                HasSubstr("the score of token 5 is not a number"));
  }
}

// A template from a file was run, and ran commands: CVE-2024-34359. Ours is looked at, never run.
TEST(HostileVocabulary, AChatTemplateIsOnlyText) {
  const std::string attack =
      "{% for x in ().__class__.__base__.__subclasses__() %}{% if 'warning' in x.__name__ %}"
      "{{ x()._module.__builtins__['__import__']('os').popen('touch /tmp/owned').read() }}"
      "{% endif %}{% endfor %}";
  for (const std::string& text : {attack, std::string(1 << 20, '{'), std::string("{%"),
                                  attack + "<|im_start|><|im_end|>", std::string("\xff\0{{", 4)}) {
    const GgufWriter file = byte_level_file({{"<|im_start|>", kControl}, {"<|im_end|>", kControl}})
                                .set("tokenizer.chat_template", text);
    const std::vector<std::byte> bytes = file.bytes();
    const Expected<ModelFile> model = ModelFile::parse(bytes, "test.gguf");
    ASSERT_TRUE(model);
    const auto tokenizer = load(file);
    ASSERT_TRUE(tokenizer);
    const PromptFormats formats = choose_prompt_formats(*model, *tokenizer);
    if (!formats.chat) continue;
    const ChatMessage hello[] = {{ChatRole::kUser, "hello"}};
    const std::string prompt =
        tokenizer->decode(build_chat_prompt(*tokenizer, *formats.chat, hello), true);
    EXPECT_THAT(prompt, HasSubstr("hello"));
    EXPECT_EQ(prompt.find("__class__"), std::string::npos);
    EXPECT_EQ(prompt.find("{%"), std::string::npos);
  }
}

// An expression of a folder's tokenizer.json that backtracks without end.
TEST(HostileVocabulary, ExpressionsThatExplodeGiveUpInTime) {
  const std::string text = std::string(2000, 'a') + "!";
  for (const std::string_view expression :
       {"(a+)+b", "(a|aa)+b", "(a|a)*b|c", "a*a*a*a*a*b", "(?=(a+)+b)a", "((a*)*)*b"}) {
    const std::string_view expressions[] = {expression};
    const Expected<Pretokenizer> made = Pretokenizer::make_of(expressions);
    if (!made) continue;  // refused is fine too
    std::vector<std::string_view> words;
    EXPECT_LT(seconds_of([&] { made->split(text, words); }), 10) << expression;
    std::size_t bytes = 0;
    for (const std::string_view word : words) bytes += word.size();
    EXPECT_EQ(bytes, text.size()) << expression;
  }
}

}  // namespace
}  // namespace curlew::model
