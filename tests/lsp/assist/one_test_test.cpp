// The names of tests, as each runner wants them.
#include "lsp/assist/repair/one_test.h"

#include <gtest/gtest.h>

namespace curlew::assist {
namespace {

using Words = std::vector<std::string>;

std::optional<Words> only(const Words& argv, const std::string& test,
                          const std::string& source = "") {
  Diagnostic failure;
  failure.test = test;
  failure.source = source;
  return only_test(argv, failure);
}

TEST(OnlyTest, TellsEachRunnerInItsOwnWords) {
  EXPECT_EQ(only({"pytest", "-q", "tests"}, "Halves.test_even[1-2]"),
            (Words{"pytest", "-q", "tests", "-k", "Halves and test_even"}));
  EXPECT_EQ(only({"/usr/bin/python3.11", "-m", "pytest"}, "test_even"),
            (Words{"/usr/bin/python3.11", "-m", "pytest", "-k", "test_even"}));
  EXPECT_EQ(only({"python3", "-m", "unittest"}, "tests.test_birds.Halves.test_even"),
            (Words{"python3", "-m", "unittest", "-k", "test_even"}));
  EXPECT_EQ(only({"go", "test", "./..."}, "TestHalf/case#01"),
            (Words{"go", "test", "-run", "^TestHalf$", "./..."}));
  EXPECT_EQ(only({"cargo", "test", "--offline"}, "tests::half"),
            (Words{"cargo", "test", "--offline", "--", "tests::half", "--exact"}));
  EXPECT_EQ(only({"cargo", "test", "--", "--nocapture"}, "tests::half"),
            (Words{"cargo", "test", "--", "--nocapture", "tests::half", "--exact"}));
  EXPECT_EQ(only({"ctest", "--test-dir", "build"}, "Half.OfEight"),
            (Words{"ctest", "--test-dir", "build", "-R", "^Half\\.OfEight$"}));
  EXPECT_EQ(only({"node", "--test", "test/a.mjs"}, "halves (all)"),
            (Words{"node", "--test", "--test-name-pattern=^halves \\(all\\)$", "test/a.mjs"}));
  EXPECT_EQ(only({"npx", "vitest", "run"}, "birds > halves"),
            (Words{"npx", "vitest", "run", "-t", "birds halves"}));
  EXPECT_EQ(only({"jest"}, "birds › halves"), (Words{"jest", "-t", "birds halves"}));
  EXPECT_EQ(only({"build/birds_test"}, "Half.OfEight", "gtest"),
            (Words{"build/birds_test", "--gtest_filter=Half.OfEight"}));
}

TEST(OnlyTest, LeavesAloneWhatItDoesNotKnowAndWhatChoosesAlready) {
  EXPECT_FALSE(only({"make", "test"}, "Half.OfEight", "gtest"));
  EXPECT_FALSE(only({"sh", "-c", "pytest"}, "test_even"));
  EXPECT_FALSE(only({"pytest", "-k", "even"}, "test_even"));
  EXPECT_FALSE(only({"go", "test", "-run=Half"}, "TestHalf"));
  EXPECT_FALSE(only({"go", "vet"}, "TestHalf"));
  EXPECT_FALSE(only({"cargo", "test"}, "src/lib.rs - half (line 3)"));
  EXPECT_FALSE(only({"pytest"}, "tests/test_a.py"));
  EXPECT_FALSE(only({"pytest"}, ""));
  EXPECT_FALSE(only({}, "test_even"));
}

}  // namespace
}  // namespace curlew::assist
