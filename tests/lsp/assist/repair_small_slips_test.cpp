// Slips that one engine alone knows, and words that tools put in quotes.
#include <gtest/gtest.h>

#include <algorithm>

#include "lsp/assist/repair/repair.h"
#include "tests/lsp/assist/fake_checker.h"

namespace curlew::assist {
namespace {

TEST(StatementEngine, PutsTheTabsOfAMakefile) {
  const std::string text = "all:\n        echo hi\n        echo ho\n\nx: all\n";
  const Diagnostic d = complaint("Makefile", 2, 0, "missing separator");
  const std::vector<Candidate> found = propose(repair_place(d, "Makefile", text, nullptr));
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(*apply_edits(text, found[0].edits), "all:\n\techo hi\n\techo ho\n\nx: all\n");
}

TEST(ArgumentEngine, PutsARenameBeforeANewParameter) {
  const std::string text = "int f(int a) {\n  return b;\n}\n";
  const Diagnostic d = complaint("a.c", 2, 10, "'b' undeclared (first use in this function)");
  const std::vector<Candidate> found = propose(repair_place(d, "a.c", text, nullptr));
  const auto rank = [&](std::string_view wanted) {
    return std::ranges::find_if(found, [&](const Candidate& candidate) {
      return apply_edits(text, candidate.edits)->find(wanted) != std::string::npos;
    });
  };
  EXPECT_LT(rank("return a;"), rank("int b"));
}

TEST(TokenEngine, JoinsNoStatementsOfGo) {
  const std::string text = "package a\n\nfunc f() {\n\tx := 1\n\tg()\n}\n";
  const Diagnostic d = complaint("a.go", 4, 2, "declared and not used: x");
  std::vector<Candidate> found;
  propose_tokens(repair_place(d, "a.go", text, nullptr), found);
  for (const Candidate& candidate : found)
    EXPECT_EQ(apply_edits(text, candidate.edits)->find("1,"), std::string::npos) << candidate.why;
}

TEST(QuotedWords, BetweenGnuQuotes) {
  EXPECT_EQ(quoted_words("undefined reference to `max3'"), std::vector<std::string>{"max3"});
  EXPECT_EQ(quoted_words("`a' and `b'"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(quoted_words("`a` and `b`"), (std::vector<std::string>{"a", "b"}));
}

TEST(SpellingEngine, NamesNoCompilerThatItDoesNotKnow) {
  const std::string text = "int length;\nint f() { return lenght; }\n";
  const Diagnostic d =
      complaint("a.c", 2, 18, "use of undeclared identifier 'lenght'; did you mean 'length'?");
  for (const Candidate& candidate : propose(repair_place(d, "a.c", text, nullptr)))
    EXPECT_EQ(candidate.why.find("gcc"), std::string::npos) << candidate.why;
}

}  // namespace
}  // namespace curlew::assist
