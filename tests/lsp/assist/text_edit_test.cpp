#include "lsp/assist/edit/text_edit.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

namespace curlew::assist {
namespace {

namespace fs = std::filesystem;

TEST(TextEdits, AreAppliedTogether) {
  EXPECT_EQ(*apply_edits("one two three", {{0, 3, "1"}, {4, 4, "new "}, {8, 13, ""}}),
            "1 new two ");
  EXPECT_EQ(*apply_edits("", {{0, 0, "x"}}), "x");
  EXPECT_EQ(*apply_edits("same", {}), "same");
}

TEST(TextEdits, ThatOverlapOrLeaveTheTextAreRefused) {
  for (const std::vector<TextEdit>& edits :
       std::vector<std::vector<TextEdit>>{{{2, 4, ""}, {3, 5, ""}},
                                          {{4, 5, ""}, {0, 1, ""}},
                                          {{3, 2, ""}},
                                          {{0, 7, ""}},
                                          {{7, 7, ""}},
                                          {{1, 1, "a"}, {1, 1, "b"}},
                                          {{0, 2, "a"}, {2, 2, "b"}, {2, 2, "c"}}}) {
    const auto applied = apply_edits("abcdef", edits);
    ASSERT_FALSE(applied) << *applied;
    EXPECT_EQ(applied.error().kind(), Errc::kInvalidInput);
  }
}

TEST(TextEdits, BetweenTwoTextsAreSmall) {
  const std::vector<TextEdit> edits =
      edits_between("int a;\nint b;\nint c;\n", "int a;\nint bb;\nint c;\nint d;\n");
  EXPECT_EQ(edits, (std::vector<TextEdit>{{12, 12, "b"}, {21, 21, "int d;\n"}}));
  EXPECT_TRUE(edits_between("same\n", "same\n").empty());
}

TEST(TextEdits, BetweenTwoTextsKeepCharactersWhole) {
  // The two letters share their first byte.
  const std::vector<TextEdit> edits = edits_between("x = \"é\"\n", "x = \"è\"\n");
  ASSERT_EQ(edits.size(), 1u);
  EXPECT_EQ(edits[0], (TextEdit{5, 7, "è"}));
}

class Dice {
 public:
  explicit Dice(unsigned seed) : rng_(seed) {}
  int below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(rng_); }
  // Few different lines, so that much is equal; sometimes without a line end at the end.
  std::string text(int lines_max) {
    static constexpr std::array<const char*, 6> kLines = {"a\n",     "b\n", "\n",
                                                          "c c\r\n", "}\n", "d\n"};
    std::string out;
    for (int n = below(lines_max + 1); n > 0; --n)
      out += kLines[static_cast<std::size_t>(below(6))];
    if (below(4) == 0) out += "end";
    return out;
  }

 private:
  std::mt19937 rng_;
};

TEST(TextEdits, BetweenAnyTwoTextsLeadFromOneToTheOther) {
  Dice dice(7);
  for (int i = 0; i < 3000; ++i) {
    const std::string before = dice.text(30), after = dice.text(30);
    const auto made = apply_edits(before, edits_between(before, after));
    ASSERT_TRUE(made) << made.error().message();
    ASSERT_EQ(*made, after);
  }
}

TEST(TextEdits, BetweenTextsThatShareLittleAreFoundInTime) {
  std::string before, after;
  for (int i = 0; i < 20'000; ++i) {
    before += fmt::format("line {}\n", i);
    after += fmt::format("other {}\n", i);
  }
  EXPECT_EQ(*apply_edits(before, edits_between(before, after)), after);
}

// What patch(1) makes of our diff is the text it says.
TEST(UnifiedDiff, IsWhatPatchTakes) {
  if (std::system("patch --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "patch is not installed";
  std::string folder = (fs::temp_directory_path() / "curlew-diff-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  Dice dice(11);
  for (int i = 0; i < 60; ++i) {
    const std::string before = dice.text(40), after = dice.text(40);
    const std::string diff = unified_diff("f", before, after);
    if (before == after) {
      EXPECT_EQ(diff, "");
      continue;
    }
    std::ofstream(folder + "/f", std::ios::binary) << before;
    std::ofstream(folder + "/d", std::ios::binary) << diff;
    const std::string command = "cd " + folder + " && patch --binary -s -F0 f d";
    ASSERT_EQ(std::system(command.c_str()), 0) << diff;
    std::stringstream made;
    made << std::ifstream(folder + "/f", std::ios::binary).rdbuf();
    ASSERT_EQ(made.str(), after) << diff;
  }
  fs::remove_all(folder);
}

TEST(UnifiedDiff, ReadsLikeGits) {
  EXPECT_EQ(
      unified_diff("src/a.c", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n"),
      "--- a/src/a.c\n+++ b/src/a.c\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
  EXPECT_EQ(unified_diff("f", "", "a"),
            "--- a/f\n+++ b/f\n@@ -0,0 +1 @@\n+a\n\\ No newline at end of file\n");
}

}  // namespace
}  // namespace curlew::assist
