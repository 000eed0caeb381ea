#include "lsp/assist/evaluate.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/lsp/assist/scripted_generator.h"

namespace curlew::assist {
namespace {

CompletionRequest one_line() {
  CompletionRequest request;
  request.lines = Lines::kOne;
  request.explicit_request = true;
  return request;
}

TEST(Evaluate, ScoresWhatWasProposed) {
  ScriptedGenerator generator("read(first);");
  const std::vector<EvaluationCase> cases = {
      {"a.cpp", "int a = ", "\n", "read(first);"},
      {"a.cpp", "int a = ", "\n", "read(second);"},
      {"a.cpp", "int a = ", "\n", "xyz"},
  };
  std::vector<std::string> seen;
  const auto report =
      evaluate({.generator = &generator}, cases, one_line(),
               [&](std::size_t, const Completion& c) { seen.push_back(c.text); }, {});
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->n, 3);
  EXPECT_NEAR(report->exact_match, 1.0 / 3, 1e-9);
  EXPECT_NEAR(report->shown, 1.0, 1e-9);
  EXPECT_NEAR(report->prefix_share, (1.0 + 5.0 / 13 + 0.0) / 3, 1e-9);
  EXPECT_NEAR(report->edit_similarity, (1.0 + (1 - 6.0 / 13) + 0.0) / 3, 1e-9);
  EXPECT_EQ(report->by_source.at("model").n, 3);
  EXPECT_EQ(seen.size(), 3u);
}

TEST(Evaluate, ComparesWholeAnswersWhereTheAnswerHasSeveralLines) {
  ScriptedGenerator generator("\n  return 1;\n}\n");
  CompletionRequest base = one_line();
  base.lines = Lines::kMany;
  const auto report = evaluate({.generator = &generator},
                               {{"a.cpp", "int f() {", "\n}\n", "\n  return 1;"},
                                {"a.cpp", "int f() {", "\n}\n", "\n  return 2;"}},
                               base, {}, {});
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_NEAR(report->exact_match, 0.5, 1e-9);
}

TEST(Evaluate, ACaseThatCannotBeAskedIsNamed) {
  std::stop_source stopped;
  stopped.request_stop();
  const auto report = evaluate({}, {{"a.cpp", "x", "", "y"}}, one_line(), {}, stopped.get_token());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind(), Errc::kCancelled);
  EXPECT_TRUE(report.error().message().starts_with("evaluate case 1: "))
      << report.error().message();
}

// Measured: raise it when completions get better, never lower it (tests/data/completion/README.md).
constexpr double kCopyExactMin = 0.10;

TEST(Evaluate, CopiesAreAsGoodAsTheyWere) {
  std::ifstream in(CURLEW_SOURCE_DIR "/tests/data/completion/cases.jsonl");
  std::vector<EvaluationCase> cases;
  for (std::string line; std::getline(in, line);) {
    const auto value = nlohmann::json::parse(line);
    cases.push_back({value["path"], value["prefix"], value["suffix"], value["middle"]});
  }
  ASSERT_EQ(cases.size(), 40u);
  model::CopyPredictor copy;
  const auto report = evaluate({.copy = &copy}, cases, one_line(), {}, {});
  ASSERT_TRUE(report) << report.error().message();
  RecordProperty("exact_match", std::to_string(report->exact_match));
  EXPECT_GE(report->exact_match, kCopyExactMin);
}

}  // namespace
}  // namespace curlew::assist
