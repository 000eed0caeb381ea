// What is called a repair, and what is not: faults behind faults, commands that pass now and then, and
// what is said where nothing was found.
#include <gtest/gtest.h>

#include <algorithm>

#include "lsp/assist/repair/complaints.h"
#include "lsp/assist/repair/repair.h"
#include "tests/lsp/assist/fake_checker.h"

namespace curlew::assist {
namespace {

Diagnostic of_python(int line, const std::string& code, const std::string& message) {
  Diagnostic d = complaint("a.py", line, 0, message);
  d.source = "python";
  d.code = code;
  return d;
}

// The parser stops at the first, and says nothing of the second.
TEST(Repair, GoesOnBehindAFaultThatHidAnother) {
  FakeChecker checker({{"a.py", "def load(p)\n    return p\n\nprint(lod(\"x\"))\n"}},
                      [](const Changes& texts) {
                        if (!has(texts, "a.py", "def load(p):\n"))
                          return failed({of_python(1, "SyntaxError", "expected ':'")});
                        if (!has(texts, "a.py", "print(load(\"x\"))"))
                          return failed({of_python(4, "NameError", "name 'lod' is not defined")});
                        return passed();
                      });
  const RepairResult result = run(checker);
  EXPECT_EQ(result.end, RepairEnd::kRepaired) << result.reason << result.diff();
  EXPECT_EQ(result.rounds.size(), 2u);
}

TEST(Repair, GoesOnBehindAFaultThatACompilerStopsAt) {
  FakeChecker checker({{"a.c", "int f(int total) {\n  int x = 1\n  return totl;\n}\n"}},
                      [](const Changes& texts) {
                        if (!has(texts, "a.c", "1;\n"))
                          return failed({complaint("a.c", 2, 12, "expected ';' before 'return'")});
                        if (!has(texts, "a.c", "total;"))
                          return failed({complaint("a.c", 3, 10, "'totl' undeclared")});
                        return passed();
                      });
  const RepairResult result = run(checker);
  EXPECT_EQ(result.end, RepairEnd::kRepaired) << result.reason << result.diff();
}

TEST(Repair, GoesOnWhereTheInterpreterComesToALaterLine) {
  const Changes files = {
      {"a.py", "def load(p):\n    return p.upper()\n\nprint(laod(\"x\"))\nprint(lod(\"y\"))\n"}};
  FakeChecker checker(files, [](const Changes& texts) {
    if (has(texts, "a.py", "lod(\"x\")"))
      return failed({of_python(4, "NameError", "name 'lod' is not defined")});
    if (has(texts, "a.py", "laod"))
      return failed({of_python(4, "NameError", "name 'laod' is not defined")});
    if (has(texts, "a.py", "lod("))
      return failed({of_python(5, "NameError", "name 'lod' is not defined")});
    return passed();
  });
  const RepairResult result = run(checker);
  EXPECT_EQ(result.end, RepairEnd::kRepaired) << result.reason << result.diff();
}

TEST(Repair, KeepsNothingAfterWhichTheTextIsStillWrittenWrong) {
  EXPECT_TRUE(are_uncovered({complaint("a.c", 3, 1, "'totl' undeclared")}));
  EXPECT_FALSE(are_uncovered({complaint("a.c", 3, 1, "expected ')' before ';'")}));
  // The line that failed is gone: no name was put right.
  const std::string text = "x = lod(1)\ny = 2\n";
  const Diagnostic wrong = of_python(1, "NameError", "name 'lod' is not defined");
  EXPECT_FALSE(renames_what_is_wrong(wrong, {"a.py", {{0, 11, ""}}, "", 1}, text));
  EXPECT_TRUE(renames_what_is_wrong(wrong, {"a.py", {{4, 7, "load"}}, "", 1}, text));
}

TEST(Repair, ClaimsNothingOfACommandThatPassesByItself) {
  FakeChecker checker({{"a.c", "int length(int n) { return n; }\nint g() { return lenght(1); }\n"}},
                      [](const Changes& texts) {
                        if (!has(texts, "a.c", "lenght")) return passed();
                        return failed({complaint("a.c", 2, 18, "'lenght' undeclared")});
                      });
  checker.set_afresh([](const Changes&) { return passed(); });
  const RepairResult result = run(checker);
  EXPECT_EQ(result.end, RepairEnd::kNotRepaired);
  EXPECT_NE(result.reason.find("passes and fails by itself"), std::string::npos) << result.reason;
}

TEST(Repair, SaysWhyNothingWasTried) {
  FakeChecker checker({{"a.c", "int a;\n"}}, [](const Changes&) {
    return failed({complaint("tests/b.c", 1, 1, "what?")});
  });
  EXPECT_EQ(run(checker).reason,
            "nothing to try: what the command names is no line of a file that may be changed");
}

}  // namespace
}  // namespace curlew::assist
