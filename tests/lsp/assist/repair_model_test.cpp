// What a model has a say in: lines written anew, definitions edited as told.
#include <gmock/gmock.h>

#include "lsp/assist/repair/propose_model.h"
#include "lsp/assist/repair/repair_document.h"
#include "tests/lsp/assist/chat_generator.h"
#include "tests/lsp/assist/fake_checker.h"
#include "tests/lsp/assist/scripted_generator.h"

namespace curlew::assist {
namespace {

using testing::HasSubstr;

constexpr const char* kText =
    "int clamp(int n) {\n  if (n < 0) return 0;\n  return banana(n);\n}\n";
constexpr const char* kRight = "return n > 9 ? 9 : n;";

// Content with one return statement only, which nothing but a model could think of.
CheckResult wants_right(const Changes& texts) {
  if (has(texts, "a.c", kRight)) return passed();
  return failed({complaint("a.c", 3, 10, "'banana' undeclared")});
}

ModelProposer proposer(model::Generator& generator) {
  return ModelProposer({.generator = &generator}, model::Lane::kMain);
}

TEST(RepairByModel, WritesTheLineAnewWhereNothingElseHelps) {
  FakeChecker checker({{"a.c", kText}}, wants_right);
  ScriptedGenerator generator(kRight);
  const RepairResult result = run(checker, {.generator = &generator});
  EXPECT_EQ(result.end, RepairEnd::kRepaired) << result.reason;
  EXPECT_EQ(result.after.at("a.c"),
            "int clamp(int n) {\n  if (n < 0) return 0;\n  return n > 9 ? 9 : n;\n}\n");
  EXPECT_EQ(result.rounds[0].kept[0].candidate.why, "written by scripted");
  EXPECT_EQ(result.model_error, "");
}

TEST(RepairByModel, IsNotAskedWhereALikelyChangeHelps) {
  FakeChecker checker(
      {{"a.c", "int length(int n) { return n; }\nint main() { return lenght(1); }\n"}},
      [](const Changes& texts) {
        if (!has(texts, "a.c", "lenght")) return passed();
        return failed({complaint("a.c", 2, 21, "'lenght' undeclared; did you mean 'length'?")});
      });
  ScriptedGenerator generator("return 5;");
  EXPECT_EQ(run(checker, {.generator = &generator}).end, RepairEnd::kRepaired);
  EXPECT_EQ(generator.calls, 0);
}

TEST(RepairByModel, ThatFailsLeavesTheRestToBeTried) {
  FakeChecker checker({{"a.c", kText}}, wants_right);
  ScriptedGenerator generator(kRight);
  generator.error = model::Error(model::Errc::kIo, "the device is gone");
  const RepairResult result = run(checker, {.generator = &generator});
  EXPECT_EQ(result.end, RepairEnd::kNotRepaired);
  EXPECT_THAT(result.model_error, HasSubstr("the device is gone"));
  EXPECT_GT(result.runs, 1);
}

TEST(RepairByModel, IsToldWhatBecameOfItsLastAnswer) {
  FakeChecker checker({{"a.c", kText}}, [](const Changes& texts) {
    if (has(texts, "a.c", "cherry"))
      return failed({complaint("a.c", 3, 10, "'cherry' undeclared")});
    return wants_right(texts);
  });
  ChatGenerator generator(
      {"int clamp(int n) {\n  if (n < 0) return 0;\n  return cherry(n);\n}",
       "int clamp(int n) {\n  if (n < 0) return 0;\n  return n > 9 ? 9 : n;\n}"});
  const RepairResult result = run(checker, {.generator = &generator});
  EXPECT_EQ(result.end, RepairEnd::kRepaired) << result.reason << result.model_error;
  ASSERT_EQ(generator.requests.size(), 2u);
  EXPECT_THAT(generator.said(0, 1), HasSubstr("'banana' undeclared"));
  EXPECT_THAT(generator.said(0, 1), HasSubstr("return banana(n);"));
  EXPECT_THAT(generator.said(1, 1), HasSubstr("+  return cherry(n);"));
  EXPECT_THAT(generator.said(1, 1), HasSubstr("now: 'cherry' undeclared"));
  EXPECT_EQ(generator.requests[0].sampling.temperature, 0.f);
  EXPECT_GT(generator.requests[1].sampling.temperature, 0.f);
}

TEST(RepairByModel, StopsInTheMiddle) {
  FakeChecker checker({{"a.c", kText}}, wants_right);
  ScriptedGenerator generator(kRight);
  std::stop_source stop;
  generator.before = [&] { stop.request_stop(); };
  const auto result = repair(checker, nullptr, {.generator = &generator}, {}, stop.get_token());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind(), Errc::kCancelled);
}

TEST(ModelProposer, ChangesTheLineAndNothingAroundIt) {
  ScriptedGenerator generator(kRight);
  for (const std::string text : {"a:\n\treturn b;  \n\nc\n", "a:\r\n\treturn b;\r\nc\r\n"}) {
    const Diagnostic said = complaint("a.c", 2, 3, "no b");
    const auto made = proposer(generator).lines({said, "a.c", text, 2}, 0, {});
    ASSERT_TRUE(made) << made.error().message();
    ASSERT_EQ(made->size(), 1u);
    std::string expected = text;
    expected.replace(expected.find("return b;"), 9, kRight);
    EXPECT_EQ(*apply_edits(text, (*made)[0].edits), expected);
  }
}

TEST(ModelProposer, MayPutALineAboveThatIsMissing) {
  ScriptedGenerator generator("int b = 1;");
  const std::string text = "int f(void) {\r\n  return b;\r\n}\r\n";
  const Diagnostic said = complaint("a.c", 2, 10, "'b' undeclared");
  const auto made =
      proposer(generator).lines({said, "a.c", text, 2, /*chance=*/1, /*may_be_gone=*/true}, 0, {});
  ASSERT_TRUE(made) << made.error().message();
  std::vector<std::string> texts;
  for (const Candidate& candidate : *made) texts.push_back(*apply_edits(text, candidate.edits));
  EXPECT_THAT(texts, testing::Contains("int f(void) {\r\n  int b = 1;\r\n  return b;\r\n}\r\n"));
}

TEST(ModelProposer, HasNothingToSayOfBlankLinesAndOfLinesItWouldWriteAsTheyAre) {
  ScriptedGenerator generator("return b;");
  const Diagnostic said = complaint("a.c", 2, 3, "no b");
  for (const std::string text : {"a:\n\treturn b;\nc\n", "a:\n   \nc\n", "a:\n\nc\n"}) {
    const auto made = proposer(generator).lines({said, "a.c", text, 2}, 0, {});
    ASSERT_TRUE(made);
    EXPECT_TRUE(made->empty()) << text;
  }
}

TEST(ModelProposer, EditsAPartOfADefinitionThatIsLong) {
  std::string text = "int f(int n) {\n";
  for (int i = 0; i < 900; ++i) text += fmt::format("  n += {};\n", i);
  text += "  return n;\n}\n";
  ChatGenerator generator({"n = 1;"});
  const Diagnostic said = complaint("a.c", 200, 3, "wrong");
  (void)proposer(generator).edit({said, "a.c", text, 200}, {}, {});
  ASSERT_EQ(generator.requests.size(), 1u);
  EXPECT_THAT(generator.said(0, 1), HasSubstr("n += 198;"));
  EXPECT_THAT(generator.said(0, 1), testing::Not(HasSubstr("n += 20;")));
}

// Nothing is run, and nothing but a model has an idea: its answer is given for what it is.
TEST(RepairDocument, GivesAModelsAnswerUncheckedWhereNothingElseIsLikely) {
  ChatGenerator generator({"int clamp(int n) {\n  if (n < 0) return 0;\n  return 9;\n}"});
  const auto made = repair_document(nullptr,
                                    {.path = "a.c",
                                     .buffers = {{"a.c", kText}},
                                     .complaints = {complaint("a.c", 3, 10, "this is wrong")},
                                     .why_no_check = "not trusted",
                                     .generator = &generator},
                                    {}, {});
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_TRUE(made->found());
  EXPECT_FALSE(made->verified);
  EXPECT_EQ(made->why, "written by scripted");
}

}  // namespace
}  // namespace curlew::assist
