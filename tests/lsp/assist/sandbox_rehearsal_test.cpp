// Rehearsals in a real sandbox, in each of its ways, of a Python that is installed.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/lsp/assist/sandboxed_folder.h"

namespace curlew::assist {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

constexpr const char* kBird = "def legs(birds):\n    return birds * 3\n";
constexpr const char* kTest =
    "import unittest\n"
    "from bird import legs\n"
    "\n"
    "class Bird(unittest.TestCase):\n"
    "    def test_legs(self):\n"
    "        self.assertEqual(legs(4), 8)\n";

class SandboxRehearsal : public SandboxedFolder {
 protected:
  void SetUp() override {
    SandboxedFolder::SetUp();
    write("bird.py", kBird);
    write("test_bird.py", kTest);
  }

  static Changes legs(const char* by) {
    return {{"bird.py", fmt::format("def legs(birds):\n    return birds {}\n", by)}};
  }
};

TEST_P(SandboxRehearsal, TracesAndTriesAndLeavesTheShadowAsItWas) {
  const auto checker = open({"python3", "-m", "unittest"});
  if (!checker) GTEST_SKIP() << reason_;
  ASSERT_TRUE(checker->can_rehearse());
  const auto as_it_is = checker->check({}, {});
  ASSERT_TRUE(as_it_is) << as_it_is.error().message();
  if (as_it_is->output.find("Ran 1 test") == std::string::npos)
    GTEST_SKIP() << "no python3 with unittest: " << as_it_is->output;

  const auto traces = checker->trace({}, {"test_legs"}, 5s, {});
  ASSERT_TRUE(traces) << traces.error().message();
  ASSERT_EQ(traces->size(), 2u) << "what is loaded, and the test";
  EXPECT_EQ(traces->back().test, "Bird.test_legs");
  EXPECT_TRUE(traces->back().failed);
  EXPECT_THAT(traces->back().lines.at("bird.py"), ElementsAre(2));

  const std::vector<Changes> changes = {legs("* 4"), legs("* 2"), legs("* 5")};
  const auto rehearsed = checker->rehearse({}, changes, {"test_legs"}, 20s, {});
  ASSERT_TRUE(rehearsed) << rehearsed.error().message();
  ASSERT_EQ(rehearsed->size(), 3u);
  EXPECT_TRUE((*rehearsed)[0].ran && !(*rehearsed)[0].pleases());
  EXPECT_TRUE((*rehearsed)[1].pleases());
  EXPECT_FALSE((*rehearsed)[2].ran) << "the first that pleases is the last";

  const auto again = checker->check({}, {});
  ASSERT_TRUE(again);
  EXPECT_EQ(again->exit_code, as_it_is->exit_code);
  EXPECT_EQ(checker->text("bird.py").value_or(""), kBird);
  const auto mended = checker->check(legs("* 2"), {});
  ASSERT_TRUE(mended);
  EXPECT_TRUE(mended->passed());
}

TEST_P(SandboxRehearsal, StandsOnWhatIsKept) {
  const auto checker = open({"python3", "-m", "unittest"});
  if (!checker) GTEST_SKIP() << reason_;
  // With this the right change is another one.
  const Changes base = {{"bird.py", "def legs(birds):\n    birds += 1\n    return birds * 3\n"}};
  Changes right = base;
  right["bird.py"] = "def legs(birds):\n    birds -= 1\n    return birds * 3 - 1\n";
  const std::vector<Changes> changes = {legs("* 3"), right};
  const auto rehearsed = checker->rehearse(base, changes, {"test_legs"}, 20s, {});
  ASSERT_TRUE(rehearsed) << rehearsed.error().message();
  if (!rehearsed->front().ran) GTEST_SKIP() << "no python3 with unittest";
  EXPECT_FALSE((*rehearsed)[0].pleases());
  EXPECT_TRUE((*rehearsed)[1].pleases());
}

TEST_P(SandboxRehearsal, CanBeStopped) {
  const auto checker = open({"python3", "-m", "unittest"});
  if (!checker) GTEST_SKIP() << reason_;
  std::stop_source stop;
  stop.request_stop();
  const std::vector<Changes> changes = {legs("* 2")};
  const auto rehearsed = checker->rehearse({}, changes, {"test_legs"}, 20s, stop.get_token());
  ASSERT_FALSE(rehearsed);
  EXPECT_EQ(rehearsed.error().kind(), Errc::kCancelled);
  EXPECT_EQ(checker->text("bird.py").value_or(""), kBird);
}

TEST_P(SandboxRehearsal, IsNotForOtherCommands) {
  const auto checker = open({"sh", "-c", "exit 1"});
  if (!checker) GTEST_SKIP() << reason_;
  EXPECT_FALSE(checker->can_rehearse());
  EXPECT_FALSE(checker->can_trace());
}

INSTANTIATE_TEST_SUITE_P(Ways, SandboxRehearsal, sandbox_ways(), sandbox_way_name);

}  // namespace
}  // namespace curlew::assist
