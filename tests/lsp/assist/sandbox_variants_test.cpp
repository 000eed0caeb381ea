// Rehearsals by variants in a real sandbox, in each of its ways, with a compiler and a make that are installed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lsp/assist/check/buffers.h"
#include "lsp/assist/repair/repair.h"
#include "tests/lsp/assist/sandboxed_folder.h"

namespace curlew::assist {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

constexpr const char* kBird =
    "#include \"bird.h\"\n"
    "int legs(int birds) { return birds * 3; }\n"
    "int wings(int birds) { return birds + birds; }\n";
constexpr const char* kTest =
    "#include <assert.h>\n"
    "#include \"bird.h\"\n"
    "int main(void) {\n"
    "  assert(legs(4) == 8);\n"
    "  return 0;\n"
    "}\n";
constexpr const char* kMakefile =
    "check: test_bird\n\t./test_bird\n"
    "test_bird: test_bird.o bird.o\n\tcc -o $@ test_bird.o bird.o\n"
    "%.o: %.c\n\tcc -Wall -Werror -c -o $@ $<\n"
    // Compiles each time; fails, and says nothing.
    ".PHONY: quiet\nquiet:\n\t@cc -DNDEBUG=0 -o quiet bird.c quiet.c && ./quiet\n";
constexpr const char* kQuiet =
    "#include \"bird.h\"\n"
    "int main(void) { return legs(4) == 8 && wings(2) == 4 ? 0 : 1; }\n";

std::string replace(std::string text, std::string_view from, std::string_view to) {
  return text.replace(text.find(from), from.size(), to);
}

class SandboxVariants : public SandboxedFolder {
 protected:
  void SetUp() override {
    SandboxedFolder::SetUp();
    write("bird.c", kBird);
    write("bird.h", "int legs(int birds);\nint wings(int birds);\n");
    write("test_bird.c", kTest);
    write("quiet.c", kQuiet);
    write("Makefile", kMakefile);
  }

  std::unique_ptr<Checker> open(std::vector<std::string> argv) {
    return open_with({"sh", "-c", "make --version && cc --version"}, std::move(argv));
  }
  static Changes legs(const char* by) { return {{"bird.c", replace(kBird, "* 3", by)}}; }
};

TEST_P(SandboxVariants, TriesAllInOneBuildAndLeavesTheShadowAsItWas) {
  const auto checker = open({"make", "-s", "check"});
  if (!checker) GTEST_SKIP() << reason_;
  ASSERT_TRUE(checker->can_vary());
  const auto as_it_is = checker->check({}, {});
  ASSERT_TRUE(as_it_is) << as_it_is.error().message();
  EXPECT_FALSE(as_it_is->passed());

  const std::string other = replace(kBird, "birds + birds", "birds - birds");
  const std::vector<Changes> changes = {
      legs("* 4"), legs("* nobody"), {{"bird.c", other}}, {{"bird.h", "int legs(long birds);\n"}},
      legs("* 2"), legs("+ 4")};
  const auto rehearsed = checker->rehearse({}, changes, {}, 30s, {});
  ASSERT_TRUE(rehearsed) << rehearsed.error().message();
  ASSERT_EQ(rehearsed->size(), 6u);
  const auto is_wrong = [](const Rehearsed& one) { return one.ran && !one.pleases(); };
  EXPECT_TRUE(is_wrong((*rehearsed)[0]));
  EXPECT_TRUE(is_wrong((*rehearsed)[1])) << "it does not compile";
  EXPECT_TRUE(is_wrong((*rehearsed)[2])) << "the test does not come to it";
  EXPECT_TRUE((*rehearsed)[3].cannot);
  EXPECT_TRUE((*rehearsed)[4].pleases());
  EXPECT_FALSE((*rehearsed)[5].ran) << "the first that pleases is the last";

  const auto again = checker->check({}, {});
  ASSERT_TRUE(again);
  EXPECT_EQ(again->exit_code, as_it_is->exit_code);
  const auto mended = checker->check(legs("* 2"), {});
  ASSERT_TRUE(mended);
  EXPECT_TRUE(mended->passed()) << mended->output;
}

TEST_P(SandboxVariants, StandOnWhatIsKept) {
  const auto checker = open({"make", "-s", "check"});
  if (!checker) GTEST_SKIP() << reason_;
  const Changes base = legs("* 3 + 0");
  const std::vector<Changes> changes = {legs("* 3 + 1"), legs("* 3 - 4")};
  const auto rehearsed = checker->rehearse(base, changes, {}, 30s, {});
  ASSERT_TRUE(rehearsed) << rehearsed.error().message();
  EXPECT_FALSE((*rehearsed)[0].pleases());
  EXPECT_TRUE((*rehearsed)[1].pleases());
}

TEST_P(SandboxVariants, SurviveOneThatDoesNotEndAndCanBeStopped) {
  const auto checker = open({"make", "-s", "check"});
  if (!checker) GTEST_SKIP() << reason_;
  const std::vector<Changes> changes = {legs("* 5; while (birds) birds |= 1; return 1"),
                                        legs("* 2")};
  const auto rehearsed = checker->rehearse({}, changes, {}, 30s, {});
  ASSERT_TRUE(rehearsed) << rehearsed.error().message();
  EXPECT_TRUE((*rehearsed)[0].ran && !(*rehearsed)[0].pleases());
  EXPECT_TRUE((*rehearsed)[1].pleases());
  std::stop_source stop;
  stop.request_stop();
  const auto stopped = checker->rehearse({}, changes, {}, 30s, stop.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().kind(), Errc::kCancelled);
  const auto as_it_is = checker->check({}, {});
  ASSERT_TRUE(as_it_is);
  EXPECT_FALSE(as_it_is->passed());
}

// What the command says without changes is asked of all tests, whichever is under way alone.
TEST_P(SandboxVariants, AreOfAllTests) {
  write("test_bird.c",
        "#include <stdio.h>\n"
        "#include \"bird.h\"\n"
        "int main(int argc, char** argv) {\n"
        "  printf(\"[==========] Running %d tests from 1 test suite.\\n\", argc > 1 ? 1 : 2);\n"
        "  return legs(4) != 8;\n"
        "}\n");
  write("all", "#!/bin/sh\ncc -o all.bin test_bird.c bird.c && ./all.bin \"$@\"\n");
  std::filesystem::permissions(folder_ / "work" / "all", std::filesystem::perms::owner_all);
  const auto checker = open({"./all"});
  if (!checker) GTEST_SKIP() << reason_;
  const Diagnostic failure{.source = "gtest", .test = "Bird.Legs"};
  ASSERT_TRUE(checker->focus_on(&failure));
  const auto alone = checker->check({}, {});
  ASSERT_TRUE(alone) << alone.error().message();
  ASSERT_EQ(alone->tests_run, 1) << alone->output;
  const std::vector<Changes> changes = {legs("* 4"), legs("* 2")};
  const auto rehearsed = checker->rehearse({}, changes, {}, 30s, {});
  ASSERT_TRUE(rehearsed) << rehearsed.error().message();
  EXPECT_TRUE((*rehearsed)[0].ran && !(*rehearsed)[0].pleases());
  EXPECT_TRUE((*rehearsed)[1].pleases());
  EXPECT_EQ((*rehearsed)[1].passed, 2);
}

TEST_P(SandboxVariants, KnowWhatACommandCompiles) {
  const auto checker = open({"make", "quiet"});
  if (!checker) GTEST_SKIP() << reason_;
  const auto compiled = checker->compiled({}, {});
  ASSERT_TRUE(compiled) << compiled.error().message();
  EXPECT_THAT(*compiled, ElementsAre("bird.c", "quiet.c"));
}

TEST_P(SandboxVariants, GiveUpWhereNothingIsCompiled) {
  const auto checker = open({"sh", "-c", "! grep -n 3 bird.c"});
  if (!checker) GTEST_SKIP() << reason_;
  const std::vector<Changes> changes = {legs("* 2"), legs("* 4"), legs("* 5")};
  const auto rehearsed = checker->rehearse({}, changes, {}, 30s, {});
  ASSERT_TRUE(rehearsed) << rehearsed.error().message();
  for (const Rehearsed& one : *rehearsed) EXPECT_FALSE(one.ran || one.cannot);
}

TEST_P(SandboxVariants, AreOfTheTextInTheEditor) {
  const auto on_disk = open({"make", "-s", "check"});
  if (!on_disk) GTEST_SKIP() << reason_;
  write("bird.c", "not saved yet\n");
  const auto checker = make_buffers_checker(*on_disk, {{"bird.c", kBird}});
  ASSERT_TRUE(checker) << checker.error().message();
  ASSERT_TRUE((*checker)->can_vary());
  const std::vector<Changes> changes = {legs("* 4"), legs("* 2")};
  const auto rehearsed = (*checker)->rehearse({}, changes, {}, 30s, {});
  ASSERT_TRUE(rehearsed) << rehearsed.error().message();
  EXPECT_TRUE((*rehearsed)[0].ran && !(*rehearsed)[0].pleases());
  EXPECT_TRUE((*rehearsed)[1].pleases());
}

TEST_P(SandboxVariants, RepairAProgram) {
  const auto checker = open({"make", "-s", "check"});
  if (!checker) GTEST_SKIP() << reason_;
  write("bird.c", replace(kBird, "birds * 3", "birds * 2 + 1"));
  const auto result = repair(*checker, nullptr, {.budget = 60s}, {}, {});
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->end, RepairEnd::kRepaired) << result->reason;
  EXPECT_LT(result->runs, 10);
}

TEST_P(SandboxVariants, RepairAProgramThatSaysNothingAndCompilesEachTime) {
  const auto checker = open({"make", "-s", "quiet"});
  if (!checker) GTEST_SKIP() << reason_;
  write("bird.c", replace(kBird, "birds * 3", "birds - 2"));
  const auto result = repair(*checker, nullptr, {.budget = 60s}, {}, {});
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->end, RepairEnd::kRepaired) << result->reason;
}

INSTANTIATE_TEST_SUITE_P(Ways, SandboxVariants, sandbox_ways(), sandbox_way_name);

}  // namespace
}  // namespace curlew::assist
