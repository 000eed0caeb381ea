#include "lsp/assist/next_edit/next_edit.h"

#include <gtest/gtest.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "tests/lsp/assist/next_edit_scenarios.h"

namespace curlew::assist {
namespace {

const std::filesystem::path kData = CURLEW_SOURCE_DIR "/tests/data/next_edit";

// --- Scenarios ------------------------------------------------------------------------------------

struct Score {
  int shown = 0, expected = 0, quiet = 0, expected_quiet = 0, right = 0, shown_in_all = 0;

  double shown_rate() const { return double(shown) / expected; }
  double quiet_rate() const { return double(quiet) / expected_quiet; }
  double quality() const { return shown_in_all == 0 ? 0 : double(right) / shown_in_all; }
  double value() const {
    const double sum = shown_rate() + quiet_rate();
    return sum == 0 ? 0 : quality() * 2 * shown_rate() * quiet_rate() / sum;
  }
};

// One scenario; what went wrong, "" when nothing did.
std::string played(const Scenario& scenario, Score& score) {
  ScenarioRun run(scenario);
  const Expected<NextEditAnswer> answer = run.answer();
  if (!answer) return answer.error().message();
  const bool is_shown = answer->edit.has_value();
  score.shown_in_all += is_shown;
  if (!scenario.expects_edit()) {
    ++score.expected_quiet;
    score.quiet += !is_shown;
    if (!is_shown) return "";
    return fmt::format("not quiet: {} ({}): {} -> {}", answer->edit->why,
                       next_edit_kind_name(answer->edit->kind), answer->edit->change.from,
                       answer->edit->change.to);
  }
  ++score.expected;
  score.shown += is_shown;
  if (!is_shown) return "quiet: " + answer->why_not;
  const FileEdit& edit = answer->edit->edit;
  if (edit.path != scenario.expected_path) return "another file: " + edit.path;
  const Expected<std::string> after = apply_edits(run.text(edit.path), edit.edits);
  if (!after) return after.error().message();
  score.right += *after == run.expected_text();
  return *after == run.expected_text() ? "" : unified_diff(edit.path, run.expected_text(), *after);
}

Score played(const std::string& file) {
  Score score;
  for (const Scenario& scenario : read_scenarios(kData / file)) {
    const std::string wrong = played(scenario, score);
    if (!wrong.empty()) std::cout << file << ": " << scenario.name << ": " << wrong << "\n";
  }
  std::cout << fmt::format("{}: score {:.3f}: quality {:.3f}, shown {}/{}, quiet {}/{}\n", file,
                           score.value(), score.quality(), score.shown, score.expected, score.quiet,
                           score.expected_quiet);
  testing::Test::RecordProperty("score", fmt::format("{:.3f}", score.value()));
  return score;
}

// What was reached; raised when more is, never lowered (docs/next_edit.md).
constexpr double kScore = 1.0, kHeldOutScore = 1.0;

TEST(NextEditScenarios, KeepTheirScore) {
  const Score score = played("scenarios.json");
  EXPECT_GE(score.expected + score.expected_quiet, 60);
  EXPECT_GE(score.value(), kScore);
}

TEST(NextEditScenarios, KeepTheirScoreOnTheHeldOut) {
  EXPECT_GE(played("held_out.json").value(), kHeldOutScore);
}

// --- What holds for all of them -------------------------------------------------------------------

// The line that the next edit makes of another, as "from -> to"; "quiet" where there is none.
std::string next_of(const Scenario& scenario, std::vector<LineChange> unwanted = {}) {
  ScenarioRun run(scenario);
  const Expected<NextEditAnswer> answer = run.answer(std::move(unwanted));
  if (!answer) return answer.error().message();
  if (!answer->edit) return "quiet";
  return answer->edit->change.from + " -> " + answer->edit->change.to;
}

const Scenario kRenamed{.name = "renamed",
                        .files = {{"a.py", "def f(v):\n    a = v\n    b = v\n    return a + b\n"}},
                        .edits = {{"a.py", "f(v)", "f(value)"}}};

TEST(NextEdit, OffersTheNearestBelowThenTheOthers) {
  ScenarioRun run(kRenamed);
  const NextEditAnswer answer = run.answer().value();
  ASSERT_TRUE(answer.edit);
  EXPECT_EQ(answer.edit->change, (LineChange{"a.py", "    a = v", "    a = value"}));
  ASSERT_EQ(answer.edit->more.size(), 1u);
  EXPECT_EQ(answer.edit->more[0].edits[0].text, "value");
  EXPECT_EQ(answer.edit->jump_start, answer.edit->edit.edits[0].start);
  EXPECT_EQ(answer.why_not, "");
}

TEST(NextEdit, PassesOverWhatIsUnwanted) {
  const LineChange first{"a.py", "    a = v", "    a = value"};
  const LineChange second{"a.py", "    b = v", "    b = value"};
  EXPECT_EQ(next_of(kRenamed, {first}), "    b = v ->     b = value");
  EXPECT_EQ(next_of(kRenamed, {second, first}), "quiet");
}

TEST(NextEdit, LeavesThePlaceOfTheCursorAlone) {
  Scenario scenario = kRenamed;
  scenario.cursor_path = "a.py";
  scenario.cursor_behind = "    a = v";
  EXPECT_EQ(next_of(scenario), "    b = v ->     b = value");
}

TEST(NextEdit, KeepsCarriageReturns) {
  EXPECT_EQ(next_of({.name = "crlf",
                     .files = {{"a.py", "def f(v):\r\n    return v\r\n"}},
                     .edits = {{"a.py", "f(v)", "f(value)"}}}),
            "    return v ->     return value");
  const Scenario arm{.name = "crlf-enumerator",
                     .files = {{"a.cpp",
                                "enum class E { kOne, kTwo };\r\nint f(E e) {\r\n  switch (e) {\r\n"
                                "    case E::kOne: return g(\"one\");\r\n"
                                "    case E::kTwo: return g(\"two\");\r\n  }\r\n}\r\n"}},
                     .edits = {{"a.cpp", "kTwo };", "kTwo, kThree };"}}};
  ScenarioRun run(arm);
  const NextEditAnswer answer = run.answer().value();
  ASSERT_TRUE(answer.edit);
  EXPECT_EQ(answer.edit->edit.edits[0].text, "\r\n    case E::kThree: return g(\"three\");");
}

TEST(NextEdit, TakesAnyText) {
  EXPECT_EQ(next_of({.name = "bytes",
                     .files = {{"a.py", "def f(v):\n    x = '\xff\xfe'\n    return v\n"}},
                     .edits = {{"a.py", "f(v)", "f(value)"}}}),
            "    return v ->     return value");
  EXPECT_EQ(next_of({.name = "brackets",
                     .files = {{"a.cpp", "}}}) ] int f(int v) { ( [ { return v; \n"}},
                     .edits = {{"a.cpp", "int v", "int w"}}}),
            "quiet");
  std::string common;  // more uses of a name than are looked at
  for (int i = 0; i < 600; ++i) common += "x = os.a\n";
  EXPECT_EQ(next_of({.name = "common",
                     .files = {{"a.py", common + "y = 1\n"}},
                     .edits = {{"a.py", "y = 1", "y = os.sep"}}}),
            "quiet");
  EXPECT_EQ(next_of({.name = "empty", .files = {{"a.cpp", "x"}}, .edits = {{"a.cpp", "x", ""}}}),
            "quiet");
}

TEST(NextEdit, RefusesACursorOutsideTheText) {
  const NextEditRequest request{
      .path = "a.py", .text = std::make_shared<const std::string>("abc"), .cursor = 4};
  const auto answer = next_edit({}, request, {});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind(), Errc::kInvalidInput);
  EXPECT_EQ(answer.error().message(), "a.py: byte 4 is outside the text of 3 bytes");
}

TEST(NextEdit, StopsWhenItIsAsked) {
  std::stop_source stop;
  stop.request_stop();
  const std::string text = "def f(value):\n    return v\n";
  NextEditRequest request{.path = "a.py", .text = std::make_shared<const std::string>(text)};
  request.edits = {{.path = "a.py", .start = 6, .before = "v", .after = "value"}};
  const auto answer = next_edit({}, request, stop.get_token());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind(), Errc::kCancelled);
}

// A history that no longer fits the text (a document that was opened again) is not believed.
TEST(NextEdit, DoesNotBelieveAHistoryOfAnotherText) {
  const auto text = std::make_shared<const std::string>("def g():\n    return v\n");
  NextEditRequest request{.path = "a.py", .text = text};
  request.edits = {{.path = "a.py", .start = 6, .before = "v", .after = "value"},
                   {.path = "a.py", .start = 600, .before = "v", .after = "value"}};
  EXPECT_FALSE(next_edit({}, request, {})->edit);
}

// As one place after the other is taken, the next is offered, until there is none.
TEST(NextEdit, GoesThroughAllPlacesOfARename) {
  Scenario scenario{.name = "all", .edits = {{"a.py", "f(v)", "f(value)"}}};
  std::string& text = scenario.files["a.py"];
  text = "def f(v):\n";
  for (int i = 0; i < 30; ++i) text += fmt::format("    a{} = v + {}\n", i, i);
  for (int i = 0; i < 30; ++i) {
    ASSERT_EQ(next_of(scenario), fmt::format("    a{0} = v + {0} ->     a{0} = value + {0}", i));
    scenario.edits.push_back(
        {"a.py", fmt::format("a{0} = v + {0}\n", i), fmt::format("a{0} = value + {0}\n", i)});
  }
  EXPECT_EQ(next_of(scenario), "quiet");
}

// Five thousand lines, without an index; processor time, for other programs may be busy. The bound
// is generous: sanitizers and debug builds keep it, too. docs/next_edit.md has figures.
TEST(NextEdit, AnswersWithinMilliseconds) {
  Scenario scenario{.name = "long", .edits = {{"a.cpp", "f2500(int v)", "f2500(int value)"}}};
  std::string& text = scenario.files["a.cpp"];
  for (int i = 0; i < 5000; i += 2)
    text += fmt::format("int f{0}(int v) {{ return g(v, \"text {0}\") + v * {0}; }}\n\n", i);
  ScenarioRun run(scenario);
  EXPECT_TRUE(run.answer()->edit);
  timespec start{}, end{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
  constexpr int kRounds = 5;
  for (int i = 0; i < kRounds; ++i) EXPECT_TRUE(run.answer()->edit);
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
  const double ms = (static_cast<double>(end.tv_sec - start.tv_sec) * 1e3 +
                     static_cast<double>(end.tv_nsec - start.tv_nsec) / 1e6) /
                    kRounds;
  RecordProperty("processor_ms", fmt::format("{:.2f}", ms));
  std::cout << fmt::format("{} lines: {:.2f} ms\n", std::ranges::count(text, '\n'), ms);
  EXPECT_LT(ms, 500);
}

}  // namespace
}  // namespace curlew::assist
