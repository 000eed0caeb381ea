#include "lsp/assist/repair/rehearse/go_coverage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace curlew::assist {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr const char* kModule = "// birds\nmodule example.org/birds\r\n\ngo 1.19\n";
constexpr const char* kProfile =
    "mode: set\n"
    "example.org/birds/legs.go:3.20,5.2 1 1\n"
    "example.org/birds/legs.go:5.2,6.10 2 4\n"
    "example.org/birds/legs.go:9.2,9.30 1 0\n"
    "example.org/birds/wing/wing.go:7.2,7.9 1 1\n"
    "golang.org/x/text/a.go:1.1,2.2 1 1\n";

TEST(GoCoverage, AsksForOneTestsProfile) {
  const auto argv =
      go_coverage_command({"go", "test", "-vet=off", "."}, "TestLegs/of_four", "/w/c");
  ASSERT_TRUE(argv);
  EXPECT_THAT(*argv, ElementsAre("go", "test", "-coverpkg=./...", "-coverprofile=/w/c", "-run",
                                 "^TestLegs$", "-vet=off", "."));
}

TEST(GoCoverage, LeavesOtherCommandsAlone) {
  const std::vector<std::vector<std::string>> others = {{},
                                                        {"go"},
                                                        {"go", "vet", "."},
                                                        {"make", "test"},
                                                        {"go", "test", "-cover", "."},
                                                        {"go", "test", "-run", "TestLegs", "."},
                                                        {"go", "test", "-run=TestLegs", "."}};
  for (const auto& argv : others)
    EXPECT_FALSE(go_coverage_command(argv, "TestLegs", "c")) << testing::PrintToString(argv);
  EXPECT_FALSE(go_coverage_command({"go", "test"}, "", "c"));
  EXPECT_FALSE(go_coverage_command({"go", "test"}, "Test(", "c"));
}

TEST(GoCoverage, ReadsTheLinesThatRan) {
  const TestTrace trace = read_go_coverage(kProfile, kModule, "", "TestLegs");
  EXPECT_EQ(trace.test, "TestLegs");
  EXPECT_TRUE(trace.failed);
  EXPECT_THAT(trace.lines, ElementsAre(Pair("legs.go", ElementsAre(3, 4, 5, 6)),
                                       Pair("wing/wing.go", ElementsAre(7))));
}

TEST(GoCoverage, IsRelativeToTheWorkspace) {
  const TestTrace trace = read_go_coverage(kProfile, kModule, "tools/birds", "TestLegs");
  EXPECT_EQ(trace.lines.count("tools/birds/legs.go"), 1u);
}

TEST(GoCoverage, SurvivesWhateverIsInAProfile) {
  EXPECT_THAT(read_go_coverage(kProfile, "", "", "T").lines, IsEmpty());
  EXPECT_THAT(read_go_coverage("", kModule, "", "T").lines, IsEmpty());
  EXPECT_THAT(
      read_go_coverage("example.org/birds/a.go:1.1,999999999.1 1 1\n", kModule, "", "T").lines,
      IsEmpty())
      << "no such block";
  std::mt19937 random(5);
  for (int round = 0; round < 2000; ++round) {
    std::string profile = kProfile;
    for (int i = 0; i < 5; ++i) profile[random() % profile.size()] = static_cast<char>(random());
    EXPECT_LE(read_go_coverage(profile, kModule, "", "T").lines.size(), 5u);
  }
}

}  // namespace
}  // namespace curlew::assist
