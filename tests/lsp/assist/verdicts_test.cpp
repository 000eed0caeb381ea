// What tells right from wrong, in each language, is not changed; what stands beside it is.
#include "lsp/assist/repair/verdicts.h"

#include <gtest/gtest.h>

#include "lsp/assist/repair/repair.h"
#include "tests/lsp/assist/fake_checker.h"

namespace curlew::assist {
namespace {

struct Change {
  std::string from, to;
};
struct Program {
  std::string path, text;
  int line;  // where it failed
  std::vector<Change> refused, allowed;
  std::vector<int> frames = {};
  std::string message = "it failed";
  bool tests_apart = false;
};

void expect_kept(const Program& program) {
  Diagnostic failure = complaint(program.path, program.line, 0, program.message);
  for (const int line : program.frames)
    failure.notes.push_back({{program.path, line, 0, 0, 0}, ""});
  const Verdicts verdicts(program.path, program.text, failure, program.tests_apart);
  const auto is_changed = [&](const Change& change) {
    const std::size_t at = program.text.find(change.from);
    EXPECT_NE(at, std::string::npos) << change.from;
    std::size_t same = 0;  // as an engine would write it
    while (same < std::min(change.from.size(), change.to.size()) &&
           change.from[same] == change.to[same])
      ++same;
    std::size_t tail = 0;
    while (tail < std::min(change.from.size(), change.to.size()) - same &&
           change.from[change.from.size() - 1 - tail] == change.to[change.to.size() - 1 - tail])
      ++tail;
    return verdicts.are_changed_by(program.text,
                                   {{at + same, at + change.from.size() - tail,
                                     change.to.substr(same, change.to.size() - same - tail)}});
  };
  for (const Change& change : program.refused)
    EXPECT_TRUE(is_changed(change)) << program.path << ": " << change.from << " -> " << change.to;
  for (const Change& change : program.allowed)
    EXPECT_FALSE(is_changed(change)) << program.path << ": " << change.from << " -> " << change.to;
}

TEST(Verdicts, OfPython) {
  expect_kept({"check.py",
               "from sq import sq\nwant = 9\nassert sq(3) == want, \"bad\"\nprint(\"ok\")\n",
               3,
               {{"sq(3) == want", "sq(3) != want"},
                {"assert sq", "sq"},
                {"assert", "return"},
                {"sq(3)", "sq(2)"},
                {"want = 9", "want = 8"},
                {"sq(3)", "(3)"}},
               {{"from sq", "from sqr"}}});
  expect_kept({"d.py",
               "def main():\n    data = open(\"missing.txt\").read()\n    print(data)\nmain()\n",
               2,
               {{"main()\n", "()\n"}, {"\nmain", "\n    main"}},
               {{"missing", "found"}},
               {4}});
  expect_kept({"a.py",
               "def read(p):\n    with open(p) as f:\n        return f\n\nprint(read(1))\n",
               2,
               {{"\nprint", "\n        print"}},
               {{"open(p)", "open(str(p))"}},
               {5}});
  expect_kept({"b.py",
               "def f(x):\n    return x[\"nam\"]\nprint(f({\"name\": 1}))\n",
               2,
               {{" x[", "["},
                {"x[", "x,["},
                {"f({", "print({"},
                {"[\"nam\"]", ""},
                {"x[\"nam\"]", "None"},
                {"print(f(", "print(("}},
               {{"nam", "name"}},
               {3}});
  expect_kept(
      {"core.py",
       "def parse(s):\n    if not s:\n        raise ValueError(\"empty\")\n    return s + 1\n",
       3,
       {{"not s", "s"}, {"raise", "return"}},
       {{"s + 1", "s - 1"}}});
  expect_kept(
      {"core.py",
       "def parse(s):\n    if not s:\n        raise ValueError(\"empty\")\n    return s + 1\n",
       3,
       {{"raise Value", "Value"}},
       {{"not s", "s"}},
       {},
       "empty",
       true});
  expect_kept({"one.py",
               "import unittest\ndef f(s):\n    return s + 1\nclass T(unittest.TestCase):\n"
               "    def test_a(self):\n        x = f(3)\n        self.assertEqual(x, 3)\n",
               7,
               {{"x, 3", "x, 4"}, {"f(3)", "f(2)"}},
               {{"s + 1", "s"}}});
  expect_kept({"doc.py",
               "def f(s):\n    \"\"\"\n    >>> f(3)\n    3\n    \"\"\"\n    return s + 1\n",
               3,
               {{"f(3)", "f(2)"}},
               {{"s + 1", "s"}}});
}

TEST(Verdicts, MayBeSpeltRightWhereTheComplaintSaysWhichNameIsWrong) {
  expect_kept({"a.py",
               "def load(x):\n    return x\nassert lod(1) == 1\n",
               3,
               {{"assert lod(1) == 1", ""}, {" == 1", " != 1"}},
               {{"lod", "load"}},
               {},
               "name 'lod' is not defined"});
}

TEST(Verdicts, LetArgumentsOfACallBeChangedForAComplaintOfThese) {
  const std::string text =
      "def area(w, h):\n    return w * h\n\ndef main():\n    area(2)\nmain()\n";
  expect_kept({"a.py",
               text,
               1,
               {{"area(2)", "(2)"}},
               {{"area(2)", "area(2, 1)"}},
               {5, 6},
               "area() takes 2 arguments, 1 given"});
  expect_kept({"a.py", text, 1, {{"area(2)", "area(3)"}}, {}, {5, 6}, "division by zero"});
}

TEST(Verdicts, OfC) {
  const std::string asserts =
      "#include <assert.h>\nint fact(int n) { return n <= 1 ? 1 : n * fact(n - 2); }\n"
      "int main(void) {\n  for (int i = 0; i < 2; i++)\n    assert(fact(5) == 120);\n"
      "  return 0;\n}\n";
  expect_kept({"main.c",
               asserts,
               5,
               {{"assert(fact(5)", "(fact(5)"},
                {"== 120", "!= 120"},
                {"fact(5)", "fact(4)"},
                {"i < 2", "i > 2"},
                {"2; i++)", "2; i++);"}},
               {{"n - 2", "n - 1"}, {"n <= 1", "n < 1"}}});
  expect_kept({"t.c",
               "int max3(int, int, int);\nint main(void) {\n"
               "  if (max3(1, 2, 3) != 3) { printf(\"t.c:3: failed\\n\"); return 1; }\n"
               "  if (max3(3, 2, 1) != 3) return 2;\n  return 0;\n}\n"
               "int max3(int a, int b, int c) {\n  int m = a;\n  if (b > m) m = b;\n"
               "  if (c < m) m = c;\n  return m;\n}\n",
               3,
               {{"return 1", "return 0"},
                {"1, 2, 3) != 3", "1, 2, 3) == 3"},
                {"2, 1) != 3", "2, 1) > 3"},
                {"return 2", "return 0"},
                {"failed\\n\"); ret", "failed\\n\") ret"}},
               {{"c < m", "c > m"}, {"return m", "return c"}, {"int m = a", "int m = b"}}});
  expect_kept({"s.cpp",
               "int f(int n) {\n  if (n < 0)\n    throw 1;\n  else\n    n += 1;\n  return n;\n}\n",
               3,
               {{"n < 0", "n > 0"}, {"throw 1;", ";"}},
               {{"n += 1", "n -= 1"}, {"return n", "return -n"}}});
  expect_kept(
      {"u.cpp",
       "int half(int n) { return n / 3; }\nTEST(Half, Even) {\n  EXPECT_EQ(half(4), 2);\n}\n",
       3,
       {{"half(4)", "half(6)"}, {"EXPECT_EQ", "EXPECT_NE"}},
       {{"/ 3", "/ 2"}}});
}

TEST(Verdicts, OfGo) {
  expect_kept({"main.go",
               "package main\n\nfunc fact(n int) int {\n\tif n <= 1 {\n\t\treturn 1\n\t}\n"
               "\treturn n * fact(n-2)\n}\n\nfunc main() {\n\tif fact(5) != 120 {\n"
               "\t\tfmt.Println(\"fact(5) is\", fact(5))\n\t\tos.Exit(1)\n\t}\n}\n",
               12,
               {{"fact(5) != 120", "fact(5) == 120"}, {"os.Exit(1)", "os.Exit(0)"}},
               {{"n-2", "n-1"}, {"n <= 1", "n < 1"}}});
  expect_kept({"a_check.go",
               "package a\n\nfunc CheckHalf(t *T) {\n\tif half(4) != 2 {\n"
               "\t\tt.Errorf(\"half\")\n\t}\n}\nfunc half(n int) int { return n / 3 }\n",
               5,
               {{"!= 2", "== 2"}, {"t.Errorf", "t.Logf"}},
               {{"n / 3", "n / 2"}}});
}

TEST(Verdicts, OfJavaScriptAndTypeScript) {
  expect_kept(
      {"check.js",
       "const { sum } = require(\"./sum\");\nconst assert = require(\"assert\");\n"
       "assert.strictEqual(sum([1,2,3]), 6);\n",
       3,
       {{"strictEqual(sum", "strictEqual;(sum"}, {"6);", "7);"}, {"strictEqual", "notStrictEqual"}},
       {{"./sum", "./sums"}}});
  expect_kept({"a.ts",
               "function half(n: number) {\n  return n / 3\n}\nif (half(4) !== 2) {\n"
               "  throw new Error('half')\n}\nconsole.assert(half(2) === 1)\n",
               5,
               {{"!== 2", "=== 2"}, {"throw new", "new"}, {"half(2)", "half(3)"}},
               {{"n / 3", "n / 2"}}});
}

TEST(Verdicts, OfRustAndJava) {
  expect_kept({"src/lib.rs",
               "pub fn half(n: i32) -> i32 {\n    n / 3\n}\n\n#[test]\nfn halves() {\n"
               "    let got = half(4);\n    assert_eq!(got, 2);\n}\n",
               8,
               {{"got, 2", "got, 1"}, {"half(4);", "half(6);"}, {"assert_eq!", "assert_ne!"}},
               {{"n / 3", "n / 2"}}});
  expect_kept({"src/main.rs",
               "fn main() {\n    if half(4) != 2 {\n        panic!(\"half\");\n    }\n}\n"
               "fn half(n: i32) -> i32 {\n    n / 3\n}\n",
               3,
               {{"!= 2", "== 2"}, {"panic!(\"half\")", "(\"half\")"}},
               {{"n / 3", "n / 2"}}});
  expect_kept({"A.java",
               "class A {\n  static int half(int n) { return n / 3; }\n"
               "  public static void main(String[] a) {\n    if (half(4) != 2) {\n"
               "      throw new RuntimeException();\n    }\n  }\n}\n",
               5,
               {{"!= 2", "== 2"}, {"throw new", "new"}},
               {{"n / 3", "n / 2"}}});
}

TEST(Verdicts, AreNotMadeUnreachable) {
  expect_kept({"a.py",
               "def f(x):\n    y = x + 1\n    print(y)\n    return y\n",
               3,
               {{"print(y)", "return print(y)"}},
               {{"x + 1", "x - 1"}}});
  expect_kept({"a.js",
               "function f(x) {\n  g(x);\n  h(x);\n}\n",
               3,
               {{"g(x)", "return g(x)"}},
               {{"h(x)", "return h(x)"}}});
}

TEST(Verdicts, AreCounted) {
  EXPECT_EQ(count_verdicts("a.py", "assert a\nassert b, 'c'\nraise X\nprint(assertion)\n"), 3);
  EXPECT_EQ(count_verdicts("a.c", "int f(int a) { assert(a); return a; }"), 1);
  EXPECT_EQ(count_verdicts("a.c", "int f(int a) { (a); return a; }"), 0);
  EXPECT_EQ(count_verdicts("a.txt", "assert a\n"), 0);
}

TEST(Verdicts, FilesOfTestsAreKnownByWhatIsInThem) {
  EXPECT_TRUE(is_test_file("testcalc.py", "def testadd():\n    assert 1\n"));
  EXPECT_TRUE(is_test_file("testunits.py", "def test_a():\n    pass\n"));
  EXPECT_FALSE(is_test_file("testament.py", "def read():\n    pass\n"));
  EXPECT_FALSE(is_test_file("calc.py", "def testadd():\n    pass\n"));
}

// A program that is its own test.
TEST(Repair, ChangesNoAssertionOfAProgramThatFails) {
  const Changes files = {{"check.c",
                          "#include <assert.h>\nint sq(int x) { return x + x; }\n"
                          "int main(void) { assert(sq(3) == 9); return 0; }\n"}};
  FakeChecker checker(files, [&](const Changes& texts) {
    EXPECT_TRUE(has(texts, "check.c", "assert(sq(3) == 9)"));
    if (has(texts, "check.c", "x * x")) return passed();
    Diagnostic d = complaint("check.c", 3, 0, "Assertion `sq(3) == 9' failed.");
    d.source = "assert";
    return failed({d});
  });
  const RepairResult result = run(checker);
  EXPECT_EQ(result.end, RepairEnd::kRepaired) << result.reason;
}

TEST(Repair, ClaimsNothingThatHasFewerAssertions) {
  FakeChecker checker({{"check.c", "int main(void) { assert(on(3)); return 0; }\n"}},
                      [](const Changes& texts) {
                        if (!has(texts, "check.c", "assert")) return passed();
                        return failed({complaint("check.c", 1, 25, "'on' undeclared")});
                      });
  EXPECT_EQ(run(checker).end, RepairEnd::kNotRepaired);
}

}  // namespace
}  // namespace curlew::assist
