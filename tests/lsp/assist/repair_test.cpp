#include "lsp/assist/repair/repair.h"
#include "lsp/assist/repair/count_tests.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <fstream>

#include "lsp/assist/repair/repair_document.h"
#include "tests/lsp/assist/fake_checker.h"

namespace curlew::assist {
namespace {

using namespace std::chrono_literals;

constexpr const char* kMisspelt =
    "int length(int n) { return n; }\nint main() { return lenght(1); }\n";

CheckResult compile_length(const Changes& texts) {
  if (!has(texts, "a.c", "lenght")) return passed();
  return failed({complaint("a.c", 2, 21, "'lenght' undeclared")});
}

TEST(Repair, CorrectsAMisspeltName) {
  FakeChecker checker({{"a.c", kMisspelt}}, compile_length);
  const RepairResult result = run(checker);
  EXPECT_EQ(result.end, RepairEnd::kRepaired) << result.reason;
  EXPECT_TRUE(has(result.after, "a.c", "return length(1)"));
  ASSERT_EQ(result.rounds.size(), 1u);
  EXPECT_TRUE(result.rounds[0].verified);
  EXPECT_EQ(result.rounds[0].command_exit, 1);
  EXPECT_NE(result.diff().find("+int main() { return length(1); }"), std::string::npos);
}

TEST(Repair, LeavesAloneWhatPasses) {
  FakeChecker checker({{"a.c", "int a;\n"}}, [](const Changes&) { return passed(); });
  const RepairResult result = run(checker);
  EXPECT_EQ(result.end, RepairEnd::kPassedBefore);
  EXPECT_EQ(result.diff(), "");
  EXPECT_EQ(checker.runs, 1);
}

TEST(Repair, PassesOnTheLastWordsOfACommandThatNamesNoPlace) {
  FakeChecker checker({{"a.c", "int a;\n"}}, [](const Changes&) {
    CheckResult result = failed({});
    result.output = "starting\nNo module named pytest\n\n";
    return result;
  });
  EXPECT_EQ(
      run(checker).reason,
      "the command fails (exit 1) and names no place in the workspace: \"No module named pytest\"");
}

TEST(Repair, ClaimsNothingThatDoesNotHoldAfresh) {
  FakeChecker checker({{"a.c", kMisspelt}}, compile_length);
  checker.set_afresh([](const Changes&) { return failed({}); });
  const RepairResult result = run(checker);
  EXPECT_EQ(result.end, RepairEnd::kNotRepaired);
  EXPECT_FALSE(result.passed());
  EXPECT_FALSE(result.rounds.back().verified);
  EXPECT_NE(result.reason.find("did not hold when the command was run again"), std::string::npos);
}

TEST(Repair, RepairsSeveralFilesOneByOne) {
  FakeChecker checker({{"a.c", "int total;\nint f() { return totl; }\n"},
                       {"b.c", "int count;\nint g() { return cuont; }\n"}},
                      [](const Changes& texts) {
                        std::vector<Diagnostic> all;
                        if (has(texts, "a.c", "totl"))
                          all.push_back(complaint("a.c", 2, 18, "'totl' undeclared"));
                        if (has(texts, "b.c", "cuont"))
                          all.push_back(complaint("b.c", 2, 18, "'cuont' undeclared"));
                        return all.empty() ? passed() : failed(all);
                      });
  const RepairResult result = run(checker);
  EXPECT_EQ(result.end, RepairEnd::kRepaired) << result.reason;
  EXPECT_EQ(result.after.size(), 2u);
}

TEST(Repair, KeepsNoChangeThatBringsANewComplaint) {
  FakeChecker checker({{"a.c", kMisspelt}}, [](const Changes& texts) {
    if (has(texts, "a.c", "lenght")) return compile_length(texts);
    return failed({complaint("a.c", 1, 1, "something else")});
  });
  const RepairResult result = run(checker);
  EXPECT_EQ(result.end, RepairEnd::kNotRepaired);
  EXPECT_TRUE(result.after.empty());
}

TEST(Repair, KeepsNoChangeAfterWhichTheCommandFailsWithoutAWord) {
  FakeChecker checker({{"a.c", kMisspelt}}, [](const Changes& texts) {
    return has(texts, "a.c", "lenght") ? compile_length(texts) : failed({});
  });
  EXPECT_TRUE(run(checker).after.empty());
}

// A test that cannot load a module: the fault is where the traceback ends.
TEST(Repair, FindsTheFaultThatKeepsATestFromRunning) {
  FakeChecker checker({{"adder.py", "def add(a, b:\n    return a + b\n"},
                       {"test_adder.py", "from adder import add\n"}},
                      [](const Changes& texts) {
                        if (has(texts, "adder.py", "def add(a, b):")) return passed(1);
                        Diagnostic d = complaint("test_adder.py", 1, 0, "invalid syntax");
                        d.test = "test_adder";
                        d.notes.push_back({{"adder.py", 1, 0, 0, 0}, ""});
                        return failed({d});
                      });
  const RepairResult result = run(checker);
  EXPECT_EQ(result.end, RepairEnd::kRepaired) << result.reason;
}

// A failing test names the place of its assertion; the fault is in what it calls.
Diagnostic failing_test(const std::string& path, int line) {
  Diagnostic d = complaint(path, line, 0, "assert 1 == 2");
  d.test = "test_add";
  d.source = "pytest";
  return d;
}
const Changes kAdder = {
    {"adder.py", "def add(a, b):\n    return a - b\n"},
    {"test_adder.py", "from adder import add\n\ndef test_add():\n    assert add(1, 1) == 2\n"}};

TEST(Repair, FindsTheFaultThatATestNamesInItsTraceback) {
  FakeChecker checker(kAdder, [](const Changes& texts) {
    if (has(texts, "adder.py", "a + b")) return passed(1);
    Diagnostic d = failing_test("test_adder.py", 4);
    d.notes.push_back({{"adder.py", 2, 0, 0, 0}, "in add"});
    return failed({d}, 1);
  });
  const RepairResult result = run(checker);
  EXPECT_EQ(result.end, RepairEnd::kRepaired) << result.reason;
  EXPECT_EQ(result.after.at("adder.py"), "def add(a, b):\n    return a + b\n");
}

TEST(Repair, NeverChangesATest) {
  FakeChecker checker(kAdder, [](const Changes& texts) {
    EXPECT_EQ(texts.at("test_adder.py"), kAdder.at("test_adder.py"));
    return failed({failing_test("test_adder.py", 4)}, 1);
  });
  EXPECT_EQ(run(checker).end, RepairEnd::kNotRepaired);
}

TEST(Repair, IsNotFooledByTestsThatDoNotRunAnyMore) {
  FakeChecker checker({{"a.c", kMisspelt}}, [](const Changes& texts) {
    return has(texts, "a.c", "lenght") ? failed(compile_length(texts).diagnostics, 3) : passed(2);
  });
  const RepairResult result = run(checker);
  EXPECT_EQ(result.end, RepairEnd::kNotRepaired);
  EXPECT_TRUE(result.after.empty());
}

TEST(Repair, KeepsToTheFilesItMayChange) {
  FakeChecker checker({{"a.c", kMisspelt}}, compile_length);
  EXPECT_EQ(run(checker, {.files = {"src/*"}}).end, RepairEnd::kNotRepaired);
  EXPECT_EQ(run(checker, {.files = {"*.c"}}).end, RepairEnd::kRepaired);
}

TEST(Repair, EndsWhenItsTimeIsUp) {
  FakeChecker checker({{"a.c", kMisspelt}}, [](const Changes&) {
    return failed({complaint("a.c", 2, 21, "'lenght' undeclared")});
  });
  const RepairResult result = run(checker, {.budget = 0ms});
  EXPECT_EQ(result.end, RepairEnd::kOutOfTime);
  EXPECT_EQ(checker.runs, 1);
}

TEST(Repair, IsStopped) {
  FakeChecker checker({{"a.c", kMisspelt}}, compile_length);
  std::stop_source stop;
  stop.request_stop();
  const auto result = repair(checker, nullptr, {}, {}, stop.get_token());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind(), Errc::kCancelled);
}

// As a command line shows it: what was kept so far, and no claim.
TEST(Repair, GivesWhatThereIsWhenItIsStopped) {
  std::stop_source stop;
  FakeChecker checker({{"a.c", "int total;\nint f() { return totl; }\n"},
                       {"b.c", "int count;\nint g() { return cuont; }\n"}},
                      [&](const Changes& texts) {
                        std::vector<Diagnostic> all;
                        if (has(texts, "a.c", "totl"))
                          all.push_back(complaint("a.c", 2, 18, "'totl' undeclared"));
                        else
                          stop.request_stop();
                        all.push_back(complaint("b.c", 2, 18, "'cuont' undeclared"));
                        return failed(all);
                      });
  const auto result = repair(checker, nullptr, {.result_when_stopped = true}, {}, stop.get_token());
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->end, RepairEnd::kStopped);
  EXPECT_FALSE(result->passed());
  EXPECT_NE(result->diff().find("+int f() { return total; }"), std::string::npos);
}

TEST(RepairPaths, OfTests) {
  for (const char* path :
       {"tests/a.py", "src/test/java/A.java", "a_test.go", "test_a.py", "a.test.ts",
        "AdderTest.java", "pkg/__tests__/x.js", "spec/a_spec.rb", "conftest.py", "TestFoo.java",
        "Tests/a.swift", "foo-test.js", "test-units.js"})
    EXPECT_TRUE(is_test_path(path)) << path;
  for (const char* path : {"src/a.py", "contest.py", "latest.c", "src/attest/a.go", "testament.rs"})
    EXPECT_FALSE(is_test_path(path)) << path;
}

TEST(CountTests, ReadsTheSummariesOfRunners) {
  EXPECT_EQ(count_tests("===== 1 failed, 4 passed in 0.03s ====="), 5);
  EXPECT_EQ(count_tests("Ran 7 tests in 0.001s\n\nFAILED (failures=1)"), 7);
  EXPECT_EQ(count_tests("[==========] Running 12 tests from 3 test suites."), 12);
  EXPECT_EQ(count_tests("67% tests passed, 1 tests failed out of 3"), 3);
  EXPECT_EQ(count_tests("test result: FAILED. 2 passed; 1 failed; 0 ignored"), 3);
  EXPECT_EQ(count_tests("--- FAIL: TestA (0.00s)\n--- PASS: TestB (0.00s)\nFAIL\n"), 2);
  EXPECT_EQ(count_tests("  3 passing (4ms)\n  1 failing\n"), 4);
  EXPECT_EQ(count_tests("a.c:1:2: error: expected ';'"), -1);
  EXPECT_EQ(count_tests(""), -1);
}

// --- Candidates ----------------------------------------------------------------------------------

std::vector<std::string> proposed(const std::string& path, const std::string& text,
                                  const Diagnostic& diagnostic) {
  std::vector<std::string> texts;
  for (const Candidate& c : propose(repair_place(diagnostic, path, text, nullptr)))
    texts.push_back(*apply_edits(text, c.edits));
  return texts;
}
// The rank of the right text among what is proposed, from 1; 0 when it is not.
int rank(const std::string& path, const std::string& text, const std::string& right, int line,
         int column, const std::string& message) {
  const std::vector<std::string> texts =
      proposed(path, text, complaint(path, line, column, message));
  const auto found = std::ranges::find(texts, right);
  return found == texts.end() ? 0 : static_cast<int>(found - texts.begin()) + 1;
}

TEST(Candidates, PutTheRightOneFirstWhereTheMessageSaysIt) {
  EXPECT_EQ(rank("a.c", "int f(int count) {\n  return cuont;\n}\n",
                 "int f(int count) {\n  return count;\n}\n", 2, 10,
                 "‘cuont’ undeclared (first use in this function); did you mean ‘count’?"),
            1);
  EXPECT_EQ(rank("a.py", "import sys\nx = os.getcwd()\n",
                 "import sys\nimport os\nx = os.getcwd()\n", 2, 5, "name 'os' is not defined"),
            1);
  EXPECT_EQ(rank("a.cpp", "#include <string>\n\nint f(std::vector<int> v);\n",
                 "#include <string>\n#include <vector>\n\nint f(std::vector<int> v);\n", 3, 12,
                 "‘vector’ is not a member of ‘std’"),
            1);
}

TEST(Candidates, HoldWhatIsMissing) {
  EXPECT_GT(rank("a.c", "int f() {\n  int a = 1\n  return a;\n}\n",
                 "int f() {\n  int a = 1;\n  return a;\n}\n", 3, 3,
                 "expected ‘,’ or ‘;’ before ‘return’"),
            0);
  EXPECT_GT(
      rank("a.py", "def f(a)\n    return a\n", "def f(a):\n    return a\n", 1, 9, "expected ':'"),
      0);
  EXPECT_GT(rank("a.c", "int f() {\n  return g(1;\n}\n", "int f() {\n  return g(1);\n}\n", 2, 13,
                 "expected ‘)’ before ‘;’ token"),
            0);
}

TEST(Candidates, OfATestHoldEverySingleSlip) {
  const std::string right =
      "def f(a, b):\n    if a <= b and a > 0:\n        return g(a, b)\n    return xs[a]\n";
  const std::vector<std::pair<std::string, std::string>> slips = {{"<=", "<"},
                                                                  {"and", "or"},
                                                                  {"> 0", "> 1"},
                                                                  {"g(a, b)", "g(b, a)"},
                                                                  {"xs[a]", "xs[a - 1]"},
                                                                  {"if a", "if not a"},
                                                                  {"> 0", "< 0"},
                                                                  {"xs[a]", "xs[b]"}};
  const indexer::Language* python = indexer::language_by_name("python");
  for (const auto& [from, to] : slips) {
    std::string wrong = right;
    wrong.replace(wrong.find(from), from.size(), to);
    bool found = false;
    for (const Candidate& c : mutations_of("a.py", wrong, python, 0, wrong.size(), 1))
      found |= *apply_edits(wrong, c.edits) == right;
    EXPECT_TRUE(found) << from << " became " << to;
  }
}

// --- What was changed since the last commit ------------------------------------------------------

// Two functions to suspect alike; only a change of the second one is right.
constexpr const char* kTwoFunctions =
    "def first(a):\n    return a + 1\n\n\ndef second(a):\n    return a + 1\n";

TEST(RepairOfChanges, SuspectsThemFirst) {
  const Diagnostic failure{
      .message = "assert 3 == 1",
      .source = "pytest",
      .test = "test_both",
      .notes = {{{"m.py", 2, 0, 0, 0}, "in first"}, {{"m.py", 6, 0, 0, 0}, "in second"}}};
  const auto tries = [&](const Changes& committed) {
    FakeChecker checker({{"m.py", kTwoFunctions}}, [&](const Changes& texts) {
      const std::string& text = texts.at("m.py");
      return text.ends_with("return a - 1\n") ? passed(1) : failed({failure}, 1);
    });
    const RepairResult result = run(checker, {.committed = committed});
    EXPECT_EQ(result.end, RepairEnd::kRepaired) << result.reason;
    return result.runs;
  };
  std::string committed = kTwoFunctions;
  committed.replace(committed.rfind("a + 1"), 5, "a * 7");
  EXPECT_LT(tries({{"m.py", committed}}), tries({}));
}

TEST(RepairOfChanges, BeginsWithThemWhereTheCommandNamesNoPlace) {
  const auto says_nothing = [](const Changes& texts) {
    CheckResult result;
    result.exit_code = has(texts, "m.py", "return a - 1") ? 0 : 2;
    return result;
  };
  FakeChecker unknown({{"m.py", kTwoFunctions}}, says_nothing);
  EXPECT_EQ(run(unknown).end, RepairEnd::kNotRepaired);
  FakeChecker known({{"m.py", kTwoFunctions}}, says_nothing);
  std::string committed = kTwoFunctions;
  committed.replace(committed.find("a + 1"), 5, "a * 7");
  const RepairResult result = run(known, {.committed = {{"m.py", committed}}});
  EXPECT_EQ(result.end, RepairEnd::kRepaired) << result.reason;
  EXPECT_EQ(result.after.at("m.py").find("a * 7"), std::string::npos);
}

TEST(RepairOfChanges, LeavesTestsThatWereChangedAlone) {
  FakeChecker checker({{"tests/test_m.py", kTwoFunctions}}, [](const Changes& texts) {
    CheckResult result;
    result.exit_code = has(texts, "tests/test_m.py", "a - 1") ? 0 : 2;
    return result;
  });
  const RepairResult result =
      run(checker, {.committed = {{"tests/test_m.py", "def first(a): pass\n"}}});
  EXPECT_EQ(result.end, RepairEnd::kNotRepaired);
  EXPECT_TRUE(result.after.empty());
}

// --- Single complaints, as an editor asks for them ----------------------------------------------

constexpr const char* kTwoMistakes =
    "int length(int n) { return n; }\nint f() { return lenght(1); }\nint g() { return unheard(); "
    "}\n";

CheckResult compile_two(const Changes& texts) {
  std::vector<Diagnostic> all;
  if (has(texts, "a.c", "lenght"))
    all.push_back(complaint("a.c", 2, 18, "'lenght' undeclared (first use in this function)"));
  if (has(texts, "a.c", "unheard")) all.push_back(complaint("a.c", 3, 18, "'unheard' undeclared"));
  return all.empty() ? passed() : failed(all);
}

TEST(RepairOnly, RemovesTheComplaintAndLeavesTheOthers) {
  FakeChecker checker({{"a.c", kTwoMistakes}}, compile_two);
  RepairRequest request;
  request.only = {complaint("a.c", 2, 19, "use of undeclared identifier 'lenght'")};  // clangd's
  const RepairResult result = run(checker, request);
  EXPECT_EQ(result.end, RepairEnd::kRepaired) << result.reason;
  EXPECT_TRUE(has(result.after, "a.c", "return length(1)"));
  EXPECT_TRUE(has(result.after, "a.c", "unheard()"));
}

TEST(RepairOnly, SaysWhenTheCommandDoesNotSeeIt) {
  FakeChecker checker({{"a.c", kTwoMistakes}}, compile_two);
  RepairRequest request;
  request.only = {complaint("a.c", 9, 1, "line too long")};
  const RepairResult result = run(checker, request);
  EXPECT_EQ(result.end, RepairEnd::kNotRepaired);
  EXPECT_TRUE(result.saw_nothing);
  EXPECT_TRUE(result.after.empty());
}

TEST(RepairOnly, RemovesAWarningOfACommandThatPasses) {
  FakeChecker checker({{"a.c", "int f(int a, int b) {\n  if (a == b) return 1;\n  return 0;\n}\n"}},
                      [](const Changes& texts) {
                        CheckResult result;
                        if (has(texts, "a.c", "a == b")) {
                          result.diagnostics = {complaint("a.c", 2, 9, "suspicious comparison")};
                          result.diagnostics[0].severity = Severity::kWarning;
                        }
                        return result;
                      });
  RepairRequest request;
  request.only = {complaint("a.c", 2, 9, "suspicious comparison")};
  const RepairResult result = run(checker, request);
  EXPECT_EQ(result.end, RepairEnd::kRepaired) << result.reason;
  EXPECT_FALSE(has(result.after, "a.c", "a == b"));
}

TEST(RepairOnly, DoesNotBreakACommandThatPassed) {
  FakeChecker checker(
      {{"a.c", "int f(int a, int b) {\n  if (a == b) return 1;\n  return 0;\n}\n"}},
      [](const Changes& texts) {
        CheckResult result;
        result.exit_code = has(texts, "a.c", "a == b") ? 0 : 1;
        result.diagnostics = {complaint("a.c", 3, 9, "something unchanging")};
        if (result.exit_code == 0)
          result.diagnostics.push_back(complaint("a.c", 2, 9, "suspicious comparison"));
        return result;
      });
  RepairRequest request;
  request.only = {complaint("a.c", 2, 9, "suspicious comparison")};
  EXPECT_EQ(run(checker, request).end, RepairEnd::kNotRepaired);
}

TEST(RepairOnly, ClaimsNothingThatDoesNotHoldAfresh) {
  FakeChecker checker({{"a.c", kTwoMistakes}}, compile_two);
  checker.set_afresh([](const Changes&) {
    return failed({complaint("a.c", 2, 18, "'lenght' undeclared (first use in this function)")});
  });
  RepairRequest request;
  request.only = {complaint("a.c", 2, 18, "'lenght' undeclared")};
  EXPECT_EQ(run(checker, request).end, RepairEnd::kNotRepaired);
}

TEST(LikelyChanges, AreThoseThatParseNoWorse) {
  const std::string text = kMisspelt;
  const auto likely =
      likely_changes(complaint("a.c", 2, 21,
                               "use of undeclared identifier 'lenght'; did you mean "
                               "'length'?"),
                     "a.c", text, nullptr, 2);
  ASSERT_FALSE(likely.empty());
  EXPECT_NE(apply_edits(text, likely[0].edits)->find("return length(1)"), std::string::npos);
  EXPECT_GE(likely[0].chance, 0.5);
}

// --- How long a run may take ---------------------------------------------------------------------

TEST(Repair, DoesNotWaitForChangesThatHangTheTests) {
  FakeChecker checker({{"a.c", kMisspelt}}, [](const Changes& texts) {
    CheckResult result = compile_length(texts);
    result.tests_run = 3;
    result.seconds = 2;
    return result;
  });
  EXPECT_EQ(run(checker, {.budget = 100s}).end, RepairEnd::kRepaired);
  ASSERT_FALSE(checker.limits.empty());
  EXPECT_GT(checker.limits.front(), 50s);  // of the first run: all the time there is
  checker.limits.erase(checker.limits.begin());
  for (const auto limit : checker.limits) EXPECT_EQ(limit, 10s);  // five times as long
}

TEST(Repair, DoesNotGiveTheFirstRunMoreTimeThanThereIs) {
  FakeChecker checker({{"a.c", kMisspelt}}, [](const Changes&) {
    CheckResult result = failed({});
    result.end = sandbox::CommandEnd::kTimeLimit;
    result.exit_code = 137;
    result.seconds = 5;
    return result;
  });
  const RepairResult result = run(checker, {.budget = 5s});
  ASSERT_FALSE(checker.limits.empty());
  EXPECT_LE(checker.limits.front(), 5s);
  EXPECT_EQ(result.reason, "the command was ended after 5.0 s: it takes longer than it may");
}

// The tests that a compiler has kept from running may take long.
TEST(Repair, LeavesBuildsTheTimeThereIs) {
  FakeChecker checker({{"a.c", kMisspelt}}, compile_length);
  EXPECT_EQ(run(checker, {.budget = 100s}).end, RepairEnd::kRepaired);
  ASSERT_FALSE(checker.limits.empty());
  for (const auto limit : checker.limits) {
    EXPECT_GT(limit, 50s);
    EXPECT_LE(limit, 100s);
  }
}

// --- What is tried first ------------------------------------------------------------------------

// The compiler asks for a parenthesis; a comma is what makes the line parse.
TEST(Repair, TriesFirstWhatMakesTheTextParse) {
  FakeChecker checker(
      {{"a.c", "int add(int a, int b);\nint f(int a, int b) { return add(a b); }\n"}},
      [](const Changes& texts) {
        if (has(texts, "a.c", "add(a, b)")) return passed();
        return failed({complaint("a.c", 2, 36, "expected ')' before 'b'")});
      });
  const RepairResult result = run(checker);
  EXPECT_EQ(result.end, RepairEnd::kRepaired) << result.reason;
  EXPECT_LE(result.runs, 5);
}

// A workspace on the disk, indexed in memory.
class IndexedRepair : public testing::Test {
 protected:
  IndexedRepair()
      : root_(std::filesystem::temp_directory_path() /
              fmt::format("curlew-repair-{}-{}", ::getpid(),
                          testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::create_directories(root_ / "src");
    write("src/road_map.h",
          "#pragma once\nclass RoadMap {\n public:\n  int shortest(int from) const;\n};\n");
    auto opened = indexer::Index::open({.root = root_, .threads = 1, .read_only_memory = true});
    EXPECT_TRUE(opened) << opened.error().message();
    index_ = std::move(*opened);
    EXPECT_TRUE(index_->update());
  }
  ~IndexedRepair() override { std::filesystem::remove_all(root_); }

  void write(const std::string& path, const std::string& text) {
    std::ofstream(root_ / path) << text;
  }
  std::vector<Candidate> candidates(const std::string& text, const Diagnostic& complaint) {
    return propose(repair_place(complaint, "src/road_map.cpp", text, index_.get()));
  }
  static std::string made(const std::string& text, const Candidate& candidate) {
    return *apply_edits(text, candidate.edits);
  }

  const std::filesystem::path root_;
  std::unique_ptr<indexer::Index> index_;
};

// Swapped letters, in a signature that the compiler quotes whole.
TEST_F(IndexedRepair, FindsANameOfAnotherFileThatIsOneSlipAway) {
  const std::string text =
      "#include \"road_map.h\"\nint RoadMap::shotrest(int from) const { return from; }\n";
  const auto found =
      candidates(text, complaint("src/road_map.cpp", 2, 5,
                                 "no declaration matches ‘int RoadMap::shotrest(int) const’"));
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(made(text, found[0]),
            "#include \"road_map.h\"\nint RoadMap::shortest(int from) const { return from; }\n");
}

// A test, which may not be changed, uses the right name; the definition has the slip.
TEST_F(IndexedRepair, RenamesADefinitionThatIsMisspelt) {
  const Diagnostic unknown =
      complaint("tests/road_map_test.cpp", 3, 9, "‘class RoadMap’ has no member named ‘shortestt’");
  const std::string header =
      "#pragma once\nclass RoadMap {\n public:\n  int shortest(int from) const;\n};\n";
  const TextOf text_of = [&](const std::string& path) -> Expected<std::string> {
    if (path == "src/road_map.h") return header;
    return fail(Errc::kNotFound, "{}", path);
  };
  const auto found = propose_definitions(unknown, index_.get(), text_of);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].path, "src/road_map.h");
  EXPECT_NE(apply_edits(header, found[0].edits)->find("int shortestt(int"), std::string::npos);
}

TEST_F(IndexedRepair, FindsMembersOfPythonsOwnTypes) {
  const std::string text = "def last(words):\n    return words.rtndex('a')\n";
  Diagnostic unknown = complaint("last.py", 2, 0, "'str' object has no attribute 'rtndex'");
  const auto found = propose(repair_place(unknown, "last.py", text, index_.get()));
  ASSERT_FALSE(found.empty());
  EXPECT_NE(made(text, found[0]).find("words.rindex("), std::string::npos);
}

TEST_F(IndexedRepair, IncludesTheHeaderOfASourcesOwnName) {
  const std::string text = "int RoadMap::shortest(int from) const { return from; }\n";
  const Diagnostic unknown = complaint("src/road_map.cpp", 1, 5, "‘RoadMap’ has not been declared");
  const auto found = candidates(text, unknown);
  ASSERT_FALSE(found.empty());
  EXPECT_TRUE(made(text, found[0]).starts_with("#include \"")) << made(text, found[0]);
  EXPECT_NE(made(text, found[0]).find("road_map.h\"\nint"), std::string::npos);
  for (const Candidate& candidate : candidates("#include \"road_map.h\"\n" + text, unknown))
    EXPECT_EQ(candidate.why.find("is not included"), std::string::npos);
}

}  // namespace
}  // namespace curlew::assist
