// Rehearsals: which commands can be rehearsed, what the script is told, and what its words are worth.
#include "lsp/assist/repair/rehearse/rehearsal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "tests/lsp/assist/fake_checker.h"

namespace curlew::assist {
namespace {

using Json = nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(Rehearsal, IsForPythonsTestsAndPrograms) {
  const auto pytest = rehearsal_of({"python3", "-m", "pytest", "-q", "tests"});
  ASSERT_TRUE(pytest);
  EXPECT_EQ(pytest->python, "python3");
  EXPECT_EQ(pytest->runner, "pytest");
  EXPECT_THAT(pytest->argv, ElementsAre("-q", "tests"));
  EXPECT_TRUE(pytest->is_module);
  const auto unittest = rehearsal_of({"/usr/bin/python3.11", "-m", "unittest"});
  ASSERT_TRUE(unittest);
  EXPECT_EQ(unittest->runner, "unittest");
  const auto script = rehearsal_of({"python", "check.py", "-v"});
  ASSERT_TRUE(script);
  EXPECT_EQ(script->runner, "script");
  EXPECT_THAT(script->argv, ElementsAre("check.py", "-v"));
  EXPECT_FALSE(script->is_module);
}

TEST(Rehearsal, IsForNothingElse) {
  const std::vector<std::vector<std::string>> others = {
      {},
      {"make", "test"},
      {"python3"},
      {"python3", "-c", "print()"},
      {"python3", "-m", "mypy", "src"},
      {"pythonic", "x.py"},
      {"go", "test"},
      {"pytest-of-somebody"},
  };
  for (const auto& argv : others) EXPECT_FALSE(rehearsal_of(argv)) << testing::PrintToString(argv);
}

TEST(Rehearsal, FindsTheInterpreterOfAPytestInThePath) {
  const auto folder = std::filesystem::temp_directory_path() / fmt::format("pytest-{}", getpid());
  std::filesystem::create_directories(folder);
  const auto write = [&](const char* head) {
    std::ofstream(folder / "pytest") << head << "\nimport pytest\n";
    std::filesystem::permissions(folder / "pytest", std::filesystem::perms::owner_all);
  };
  const std::string path = getenv("PATH");
  setenv("PATH", (folder.string() + ":" + path).c_str(), 1);
  write("#!/opt/venv/bin/python3.12");
  const auto found = rehearsal_of({"pytest", "-x"});
  write("#!/bin/sh");
  const auto by_shell = rehearsal_of({"pytest", "-x"});
  setenv("PATH", path.c_str(), 1);
  std::filesystem::remove_all(folder);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->python, "/opt/venv/bin/python3.12");
  EXPECT_THAT(found->argv, ElementsAre("-x"));
  EXPECT_FALSE(by_shell);
}

// What the script makes of [head, tail, between], its characters taken for bytes.
std::string applied(const std::string& before, const Json& difference) {
  std::string between;
  const std::string utf8 = difference.at(2);
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto lead = static_cast<unsigned char>(utf8[i]);
    between += lead < 0x80 ? utf8[i] : static_cast<char>((lead & 3) << 6 | (utf8[++i] & 0x3F));
  }
  const std::size_t head = difference.at(0), tail = difference.at(1);
  return before.substr(0, head) + between + before.substr(before.size() - tail);
}

TEST(Rehearsal, TellsChangesByTheirDifferenceWhateverTheBytes) {
  std::mt19937 random(7);
  const auto text = [&](std::size_t length) {
    std::string bytes(length, ' ');
    for (char& c : bytes) c = "ab\n\xff\xc3\xa9\"\\"[random() % 8];
    return bytes;
  };
  for (int round = 0; round < 300; ++round) {
    const Changes base = {{"a.py", text(random() % 40)}, {"b.py", "same"}};
    const std::vector<Changes> changes = {{{"a.py", text(random() % 40)}, {"b.py", "same"}}};
    const Json told = Json::parse(
        rehearse_request({"python3", "pytest", {}, true}, {"/w", {}, {}, {}}, base, changes));
    const Json& files = told.at("changes").at(0);
    EXPECT_FALSE(files.contains("b.py"));
    const std::string& before = base.at("a.py");
    EXPECT_EQ(files.contains("a.py") ? applied(before, files.at("a.py")) : before,
              changes[0].at("a.py"));
  }
}

constexpr const char* kSaid =
    "what a test prints\n"
    "\x1e"
    "curlew {\"test\": \"\", \"failed\": false, \"lines\": {\"a.py\": [1, 2]}}\n"
    "\x1e"
    "curlew {\"test\": \"T.one\", \"failed\": true, \"lines\": {\"a.py\": [3]},"
    " \"hangs\": [[\"a.py\", 3], [\"test_a.py\", 9]]}\n"
    "\x1e"
    "curlew {\"limit\": 0.75}\n"
    "\x1e"
    "curlew {\"number\": 0, \"passed\": 0, \"failed\": true}\n"
    "\x1e"
    "curlew {\"number\": 2, \"passed\": 3, \"failed\": false}\n"
    "\x1e"
    "curlew {\"number\": 99, \"passed\": 3, \"failed\": false}\n"
    "\x1e"
    "curlew {\"number\": 1, \"pas";

TEST(Rehearsal, ReadsWhatTheScriptSays) {
  const auto traces = read_traces(kSaid);
  ASSERT_EQ(traces.size(), 2u);
  EXPECT_EQ(traces[0].test, "");
  EXPECT_EQ(traces[1].test, "T.one");
  EXPECT_TRUE(traces[1].failed);
  EXPECT_TRUE(traces[1].hangs);
  EXPECT_THAT(traces[1].lines.at("a.py"), ElementsAre(3));
  ASSERT_EQ(traces[1].frames.size(), 2u);
  EXPECT_EQ(traces[1].frames[0].line, 3);
  const auto rehearsed = read_rehearsed(kSaid, 3);
  ASSERT_EQ(rehearsed.size(), 3u);
  EXPECT_FALSE(rehearsed[0].pleases());
  EXPECT_FALSE(rehearsed[1].ran);
  EXPECT_TRUE(rehearsed[2].pleases());
  EXPECT_EQ(read_limit(kSaid), 0.75);
}

TEST(Rehearsal, SurvivesWhateverIsPrinted) {
  std::mt19937 random(11);
  for (int round = 0; round < 2000; ++round) {
    std::string output = kSaid;
    for (int i = 0; i < 6; ++i) output[random() % output.size()] = static_cast<char>(random());
    EXPECT_LE(read_traces(output).size(), 3u);
    EXPECT_EQ(read_rehearsed(output, 3).size(), 3u);
    read_limit(output);
  }
}

// --- What a repair makes of them -----------------------------------------------------------------

// Rehearses by a function of its own, right or wrong.
class RehearsingChecker final : public FakeChecker {
 public:
  using Rehearsal = std::function<Rehearsed(const Changes&)>;
  RehearsingChecker(Changes files, Command command, Rehearsal rehearsal)
      : FakeChecker(std::move(files), std::move(command)), rehearsal_(std::move(rehearsal)) {}

  bool can_rehearse() const override { return true; }
  Expected<std::vector<TestTrace>> trace(const Changes&, const std::vector<std::string>& failing,
                                         std::chrono::milliseconds, std::stop_token) override {
    asked_for = failing;
    return traces;
  }
  Expected<std::vector<Rehearsed>> rehearse(const Changes&, std::span<const Changes> changes,
                                            const std::vector<std::string>&,
                                            std::chrono::milliseconds, std::stop_token) override {
    std::vector<Rehearsed> all(changes.size());
    for (std::size_t i = 0; i < std::min(changes.size(), at_once); ++i) {
      all[i] = rehearsal_(changes[i]);
      ++rehearsed;
      if (all[i].pleases()) break;
    }
    return all;
  }

  std::vector<TestTrace> traces;
  std::vector<std::string> asked_for;
  std::size_t at_once = 7;  // what there is time for
  int rehearsed = 0;

 private:
  const Rehearsal rehearsal_;
};

const Changes kBird = {
    {"bird.py",
     "def wings(n):\n"
     "    return 2 + n\n"
     "\n"
     "def legs(n):\n"
     "    return n - 2\n"},
    {"test_bird.py", "from bird import legs\n\ndef test_legs():\n    assert legs(3) == 6\n"}};

CheckResult check_legs(const Changes& texts) {
  if (has(texts, "bird.py", "return n * 2")) return passed(1);
  Diagnostic d = complaint("test_bird.py", 4, 0, "assert 1 == 6");
  d.test = "test_legs";
  return failed({d}, 1);
}

TestTrace ran(std::string test, bool has_failed, std::vector<int> lines) {
  return {std::move(test), has_failed, false, {{"bird.py", std::move(lines)}}, {}};
}

TEST(RepairByRehearsal, RunsTheCommandOnlyOnWhatPleased) {
  RehearsingChecker checker(kBird, check_legs, [](const Changes& change) -> Rehearsed {
    const bool good = change.at("bird.py").find("return n * 2") != std::string::npos;
    return {true, good ? 1 : 0, !good};
  });
  checker.traces = {ran("test_legs", true, {5})};
  const RepairResult result = run(checker);
  EXPECT_EQ(result.end, RepairEnd::kRepaired) << result.reason;
  EXPECT_THAT(checker.asked_for, ElementsAre("test_legs"));
  EXPECT_EQ(checker.runs, 2) << "as it is, and with the right change";
  EXPECT_GT(checker.rehearsed, 1);
}

TEST(RepairByRehearsal, BelievesNoRehearsal) {
  RehearsingChecker checker(kBird, check_legs, [](const Changes&) -> Rehearsed {
    return {true, 1, false};  // is pleased by everything
  });
  checker.traces = {ran("test_legs", true, {5})};
  const RepairResult result = run(checker);
  EXPECT_EQ(result.end, RepairEnd::kRepaired) << result.reason;
  EXPECT_TRUE(has(result.after, "bird.py", "return n * 2"));
  EXPECT_GT(checker.runs, 2);
}

TEST(RepairByRehearsal, IsDoneWithoutWhereItDoesNotWork) {
  RehearsingChecker checker(kBird, check_legs, [](const Changes&) { return Rehearsed{}; });
  checker.traces = {ran("test_legs", true, {5})};
  const RepairResult result = run(checker);
  EXPECT_EQ(result.end, RepairEnd::kRepaired) << result.reason;
}

TEST(RepairByRehearsal, TriesForRealWhatPleasesOneOfSeveralTests) {
  // In rehearsals another test always fails.
  RehearsingChecker checker(kBird, check_legs, [](const Changes& change) -> Rehearsed {
    const bool good = change.at("bird.py").find("return n * 2") != std::string::npos;
    return {true, good ? 1 : 0, true};
  });
  checker.traces = {ran("test_legs", true, {5})};
  const RepairResult result = run(checker);
  EXPECT_EQ(result.end, RepairEnd::kRepaired) << result.reason;
  EXPECT_EQ(checker.runs, 2);
}

TEST(RepairByRehearsal, BeginsWithWhatRan) {
  const auto first_of = [](std::vector<TestTrace> traces) {
    RehearsingChecker checker(kBird, check_legs, [](const Changes&) { return Rehearsed{}; });
    checker.traces = std::move(traces);
    const auto listed = list_proposals(checker, nullptr, {}, {});
    EXPECT_TRUE(listed && !listed->empty() && !listed->front().candidates.empty());
    const Candidate& first = listed->front().candidates.front();
    return LineTable(kBird.at("bird.py")).line_of(first.edits.front().start);
  };
  EXPECT_EQ(first_of({ran("test_legs", true, {5})}), 5);
  EXPECT_EQ(first_of({ran("test_legs", true, {2})}), 2);
  EXPECT_EQ(first_of({ran("test_legs", true, {2, 5}), ran("test_wings", false, {2})}), 5);
}

TEST(RepairByRehearsal, FindsTheTestThatDoesNotEnd) {
  RehearsingChecker checker(
      kBird,
      [](const Changes& texts) {
        if (has(texts, "bird.py", "return n * 2")) return passed(1);
        CheckResult result = failed({});
        result.end = sandbox::CommandEnd::kTimeLimit;
        return result;
      },
      [](const Changes& change) -> Rehearsed {
        const bool good = change.at("bird.py").find("return n * 2") != std::string::npos;
        return {true, good ? 1 : 0, !good};
      });
  TestTrace hanging = ran("test_legs", true, {5});
  hanging.hangs = true;
  hanging.frames = {{"bird.py", 5, 0, 0, 0}, {"test_bird.py", 4, 0, 0, 0}};
  checker.traces = {hanging};
  const RepairResult result = run(checker);
  EXPECT_EQ(result.end, RepairEnd::kRepaired) << result.reason;
  ASSERT_FALSE(result.rounds.empty());
  ASSERT_FALSE(result.rounds[0].diagnostics.empty());
  EXPECT_EQ(said_of(result.rounds[0].diagnostics[0]), "bird.py:5: it does not end");
  ASSERT_FALSE(checker.limits.empty());
  EXPECT_LE(checker.limits.front(), std::chrono::seconds(15)) << "a hang is not waited for";
}

// A program that checks several things ends with 1 until all of them are right: a rehearsal would never be
// pleased by what removes one complaint.
TEST(RepairByRehearsal, IsNotForOneOfSeveralComplaintsOfAProgram) {
  const auto check = [](const Changes& texts) {
    std::vector<Diagnostic> all;
    if (has(texts, "bird.py", "return n - 2"))
      all.push_back(complaint("bird.py", 5, 12, "legs: `-`"));
    if (has(texts, "bird.py", "return 2 + n"))
      all.push_back(complaint("bird.py", 2, 14, "wings: `+`"));
    return all.empty() ? passed() : failed(all);
  };
  RehearsingChecker checker(kBird, check, [&](const Changes& change) -> Rehearsed {
    const bool good = check(change).passed();
    return {true, good ? 1 : 0, !good};
  });
  checker.traces = {ran("the command", true, {2, 5})};
  const RepairResult result = run(checker);
  EXPECT_EQ(result.end, RepairEnd::kRepaired) << result.reason;
  ASSERT_FALSE(result.rounds.empty());
  EXPECT_EQ(result.rounds[0].kept.size(), 2u) << "one after the other";
}

TEST(RepairByRehearsal, DoesNotTakeAnEditorsCheckForOneThatHangs) {
  const auto limits_of_first_run = [](std::vector<Diagnostic> only) {
    const RehearsingChecker* at_work = nullptr;
    std::size_t limits = 0;
    RehearsingChecker checker(
        kBird,
        [&](const Changes& texts) {
          if (at_work->runs == 1) limits = at_work->limits.size();
          return check_legs(texts);
        },
        [](const Changes& change) -> Rehearsed {
          const bool good = change.at("bird.py").find("return n * 2") != std::string::npos;
          return {true, good ? 1 : 0, !good};
        });
    at_work = &checker;
    checker.traces = {ran("test_legs", true, {5})};
    RepairRequest request;
    request.only = std::move(only);
    EXPECT_EQ(run(checker, request).end, RepairEnd::kRepaired);
    return limits;
  };
  EXPECT_EQ(limits_of_first_run({}), 1u);
  EXPECT_EQ(limits_of_first_run(check_legs(kBird).diagnostics), 0u);
}

TEST(RepairByRehearsal, GivesSlowTestsTheirTime) {
  int runs = 0;
  RehearsingChecker checker(
      kBird,
      [&runs](const Changes& texts) {
        CheckResult result = runs++ == 0 ? failed({}) : check_legs(texts);
        if (runs == 1) result.end = sandbox::CommandEnd::kTimeLimit;
        for (Diagnostic& d : result.diagnostics) d.notes.push_back({{"bird.py", 5, 0, 0, 0}, ""});
        return result;
      },
      [](const Changes&) { return Rehearsed{}; });
  const RepairResult result = run(checker);
  EXPECT_EQ(result.end, RepairEnd::kRepaired) << result.reason;
  ASSERT_GE(checker.limits.size(), 2u);
  EXPECT_GT(checker.limits[1], std::chrono::seconds(60)) << "what is left of the time";
}

// --- Suspicion -------------------------------------------------------------------------------------

TEST(Suspicion, IsOchiais) {
  const std::vector<TestTrace> traces = {ran("a", true, {1, 2, 10}), ran("b", true, {1, 10}),
                                         ran("c", false, {1, 20}), ran("d", false, {1})};
  const Suspicion suspicion(traces);
  EXPECT_DOUBLE_EQ(suspicion.of("bird.py", 10), 1);                // 2 / sqrt(2 * 2)
  EXPECT_DOUBLE_EQ(suspicion.of("bird.py", 1), 2 / std::sqrt(8));  // 2 / sqrt(2 * 4)
  EXPECT_DOUBLE_EQ(suspicion.of("bird.py", 2), 1 / std::sqrt(2));
  EXPECT_EQ(suspicion.of("bird.py", 20), 0) << "no failing test runs it";
  EXPECT_EQ(suspicion.of("other.py", 1), 0);
}

TEST(Suspicion, FallsOnTheLinesAround) {
  const std::vector<TestTrace> traces = {ran("a", true, {10})};
  const Suspicion suspicion(traces);
  EXPECT_GT(suspicion.of("bird.py", 10), suspicion.of("bird.py", 11));
  EXPECT_GT(suspicion.of("bird.py", 11), 0);
  EXPECT_GT(suspicion.of("bird.py", 9), 0);
  EXPECT_EQ(suspicion.of("bird.py", 8), 0);
  EXPECT_EQ(suspicion.of("bird.py", 14), 0);
}

TEST(Suspicion, TakesWhatRunsBeforeAllTestsForLess) {
  const std::vector<TestTrace> traces = {ran("", false, {1, 5}), ran("a", true, {5})};
  const Suspicion suspicion(traces);
  EXPECT_LT(suspicion.of("bird.py", 1), suspicion.of("bird.py", 5));
  EXPECT_GT(suspicion.of("bird.py", 1), 0);
}

TEST(Suspicion, IsEmptyWhereNothingFails) {
  const std::vector<TestTrace> traces = {ran("", false, {1}), ran("a", false, {5})};
  EXPECT_TRUE(Suspicion(traces).is_empty());
  EXPECT_TRUE(Suspicion().is_empty());
  EXPECT_THAT(Suspicion(traces).lines(), IsEmpty());
}

}  // namespace
}  // namespace curlew::assist
