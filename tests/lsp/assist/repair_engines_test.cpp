// What each engine proposes for the slips it knows, without a command that would check it.
#include <gtest/gtest.h>

#include <algorithm>

#include "lsp/assist/repair/mutations.h"
#include "lsp/assist/repair/repair.h"
#include "lsp/assist/repair/vocabulary.h"

namespace curlew::assist {
namespace {

struct Slip {
  std::string path, wrong, right;
  int line, column;
  std::string message;
  int rank_max = 0;  // 0: any
};

Diagnostic complaint(const Slip& slip) {
  Diagnostic d;
  d.place = {slip.path, slip.line, slip.column, 0, 0};
  d.message = slip.message;
  d.source = "test";
  return d;
}

// The rank of the right text among what `engine` proposes, from 1; 0 when it is not. Blanks do not
// count, but those that Python's lines begin with.
std::string squeezed(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_blank = text[i] == ' ' || text[i] == '\t';
    if (!is_blank || (!out.empty() && out.back() == '\n')) out += text[i];
  }
  return out;
}
int rank(const Slip& slip, Engine engine) {
  const Diagnostic d = complaint(slip);
  std::vector<Candidate> found;
  engine(repair_place(d, slip.path, slip.wrong, nullptr), found);
  std::ranges::stable_sort(
      found, [](const Candidate& a, const Candidate& b) { return a.chance > b.chance; });
  for (std::size_t i = 0; i < found.size(); ++i)
    if (squeezed(*apply_edits(slip.wrong, found[i].edits)) == squeezed(slip.right))
      return static_cast<int>(i) + 1;
  return 0;
}
void expect_found(Engine engine, const std::vector<Slip>& slips) {
  for (const Slip& slip : slips) {
    const int at = rank(slip, engine);
    EXPECT_GT(at, 0) << slip.right << slip.message;
    if (slip.rank_max > 0) {
      EXPECT_LE(at, slip.rank_max) << slip.right;
    }
  }
}

TEST(StrayEngine, TakesOutWhatWasTypedTwiceAndPutsBackWhatWasLost) {
  expect_found(
      &propose_strays,
      {{"a.c", "int f(char char *s) {\n  return *s;\n}\n", "int f(char *s) {\n  return *s;\n}\n", 1,
        12, "two or more data types in declaration specifiers", 1},
       {"a.go",
        "func f(b bool) int {\n\tif b {\n\t\treturn 1\n\t} else else {\n\t\treturn 2\n\t}\n}\n",
        "func f(b bool) int {\n\tif b {\n\t\treturn 1\n\t} else {\n\t\treturn 2\n\t}\n}\n", 4, 9,
        "else must be followed by if or statement block", 2},
       {"a.go", "func f(a []int) int {\n\tout 2 * a[0]\n\treturn out\n}\n",
        "func f(a []int) int {\n\tout := 2 * a[0]\n\treturn out\n}\n", 2, 6,
        "syntax error: unexpected literal 2 at end of statement", 3},
       {"a.py", "class A:\n    def f(, x):\n        return x\n",
        "class A:\n    def f(self, x):\n        return x\n", 2, 11, "invalid syntax", 4},
       {"a.py", "def f(items, index):\n    return items.pop index(1)\n",
        "def f(items, index):\n    return items.pop(index 1)\n", 2, 22, "invalid syntax"},
       {"a.rs", "fn f(a: &str, i: usize) -> char {\n    g(, i)\n}\n",
        "fn f(a: &str, i: usize) -> char {\n    g(a, i)\n}\n", 2, 7,
        "expected expression, found `,`"}});
}

// "f:(x, 0);" compiles as a label and an expression without effect.
TEST(TokenEngine, MakesNoLabelOfACall) {
  const std::string text = "void f(int);\nvoid g(int x) {\n  f( x, 0 );\n}\n";
  Diagnostic d;
  d.place = {"a.cpp", 3, 4, 0, 0};
  d.message = "too many arguments to function 'void f(int)'";
  std::vector<Candidate> found;
  propose_tokens(repair_place(d, "a.cpp", text, nullptr), found);
  ASSERT_FALSE(found.empty());
  for (const Candidate& candidate : found)
    EXPECT_EQ(apply_edits(text, candidate.edits)->find("f:"), std::string::npos) << candidate.why;
}

TEST(BracketEngine, FindsTheBracketThatHasNoPartner) {
  expect_found(&propose_brackets,
               {{"a.rs",
                 "fn f(v: &[u8]) -> bool {\n    if v.is_empty) || v[0] == 1 {\n        return "
                 "true;\n    }\n    false\n}\n",
                 "fn f(v: &[u8]) -> bool {\n    if v.is_empty() || v[0] == 1 {\n        return "
                 "true;\n    }\n    false\n}\n",
                 6, 1, "unexpected closing delimiter: `}`"},
                {"a.py", "def f(xs):\n    return lenxs)\n# xs\n",
                 "def f(xs):\n    return len(xs)\n# xs\n", 2, 0, "unmatched ')'"},
                {"a.go", "func a(m map[string]int) int {\n\treturn m\"x\"]\n}\n",
                 "func a(m map[string]int) int {\n\treturn m[\"x\"]\n}\n", 2, 10, "expected"},
                {"a.c", "int f(int a) {\n  return g(h(a;\n}\n",
                 "int f(int a) {\n  return g(h(a);\n}\n", 2, 15, "expected ')'"},
                {"a.c", "int f(int a} {\n  return a;\n}\n", "int f(int a) {\n  return a;\n}\n", 1,
                 12, "expected ')'"}});
}

// The parser complains below, of what is right.
TEST(BracketEngine, TellsByTheIndentationWhereABlockLacksItsBrace) {
  expect_found(
      &propose_brackets,
      {{"a.ts",
        "class A {\n  f(n: number) {\n    for (const a of n)\n      g(a);\n      h(a);\n    }\n  "
        "}\n  i() {\n  }\n}\n",
        "class A {\n  f(n: number) {\n    for (const a of n) {\n      g(a);\n      h(a);\n    }\n  "
        "}\n  i() {\n  }\n}\n",
        8, 3, "Unexpected token. A constructor, method, accessor, or property was expected."},
       {"a.go", "func a() {\n\tfor {\n\t\tb()\n\tc()\n}\n\nfunc d() {\n}\n",
        "func a() {\n\tfor {\n\t\tb()\n\t}\n\tc()\n}\n\nfunc d() {\n}\n", 7, 6,
        "expected '(', found d"}});
}

TEST(BracketEngine, HasNothingToSayWhereBracketsPair) {
  std::vector<Candidate> found;
  const Slip slip{"a.c", "int f(int a) {\n  return b[a];\n}\n", "", 2, 10, "'b' undeclared"};
  const Diagnostic d = complaint(slip);
  propose_brackets(repair_place(d, slip.path, slip.wrong, nullptr), found);
  EXPECT_TRUE(found.empty());
}

TEST(SpellingEngine, KnowsTheWordsOfTheLanguage) {
  expect_found(
      &propose_spellings,
      {{"a.rs", "fn f() {\n    lte x = 1;\n}\n", "fn f() {\n    let x = 1;\n}\n", 2, 9,
        "expected one of `!`, found `x`", 4},
       {"a.py", "def f():\n    retrun 1\n", "def f():\n    return 1\n", 2, 0, "invalid syntax", 3},
       {"a.go", "package a\nfucn f() {}\n", "package a\nfunc f() {}\n", 2, 1,
        "expected declaration, found fucn", 2},
       {"a.go", "package a\nvar s = fmt.Srint(1)\n", "package a\nvar s = fmt.Sprint(1)\n", 2, 13,
        "Srint not declared by package fmt", 3}});
}

TEST(SpellingEngine, KnowsWhatOtherLanguagesCallIt) {
  expect_found(
      &propose_spellings,
      {{"a.rs", "fn f(n: size_t) {}\n", "fn f(n: usize) {}\n", 1, 9,
        "cannot find type `size_t` in this scope", 3},
       {"a.ts", "let n: int = 1;\n", "let n: number = 1;\n", 1, 8, "Cannot find name 'int'.", 3},
       {"a.go", "package a\nvar e error = null\n", "package a\nvar e error = nil\n", 2, 15,
        "undefined: null", 3},
       {"a.py", "def f(self):\n    return this.x\n", "def f(self):\n    return self.x\n", 2, 0,
        "name 'this' is not defined", 3},
       {"a.py", "def f(a, b):\n    return a && b\n", "def f(a, b):\n    return a and b\n", 2, 0,
        "invalid syntax", 4},
       {"a.cpp", "int* f() { return null; }\n", "int* f() { return nullptr; }\n", 1, 19,
        "'null' was not declared", 3}});
}

TEST(Vocabulary, DoesNotTranslateALanguagesOwnWords) {
  for (const char* name : {"cpp", "python", "typescript", "go", "rust"}) {
    const indexer::Language* language = indexer::language_by_name(name);
    ASSERT_NE(language, nullptr) << name;
    EXPECT_FALSE(own_words(language).empty()) << name;
    for (const std::string_view word : own_words(language))
      for (const std::string_view meant : meant_by(word, language)) EXPECT_NE(meant, word) << name;
  }
  EXPECT_EQ(meant_by("elif", indexer::language_by_name("go")),
            std::vector<std::string_view>{"else if"});
  EXPECT_EQ(meant_by("and", indexer::language_by_name("cpp")), std::vector<std::string_view>{"&&"});
  EXPECT_TRUE(own_words(nullptr).empty());
}

TEST(StatementEngine, PutsTheWordThatDeclares) {
  expect_found(
      &propose_statements,
      {{"a.ts", "function f() {\n  key = 1;\n  return key;\n}\n",
        "function f() {\n  const key = 1;\n  return key;\n}\n", 2, 3, "Cannot find name 'key'.", 1},
       {"a.cpp", "int f() {\n  n = 1;\n  return n;\n}\n",
        "int f() {\n  int n = 1;\n  return n;\n}\n", 2, 3, "'n' was not declared in this scope", 5},
       {"a.go", "package a\n\nNames(of string) {\n}\n", "package a\n\nfunc Names(of string) {\n}\n",
        3, 1, "expected declaration, found Names", 2},
       {"a.py", "class A:\n    total(self):\n        return 1\n",
        "class A:\n    def total(self):\n        return 1\n", 2, 0, "invalid syntax", 2}});
}

TEST(StatementEngine, PutsTheReturnThatIsMissing) {
  expect_found(
      &propose_statements,
      {{"a.ts", "function f(a: number): number {\n  const b = a;\n  a + b;\n}\n",
        "function f(a: number): number {\n  const b = a;\n  return a + b;\n}\n", 1, 24,
        "A function whose declared type is neither 'undefined', 'void', nor 'any' must return a "
        "value.",
        3},
       {"a.go", "package a\nfunc f() int {\n\t1 + 2\n}\n",
        "package a\nfunc f() int {\n\treturn 1 + 2\n}\n", 3, 2, "1 + 2 is not used", 3},
       {"a.rs",
        "fn f(n: u8) -> u8 {\n    match n {\n        0 => g(),\n        _ => Err(1),\n    }\n}\n",
        "fn f(n: u8) -> u8 {\n    match n {\n        0 => g(),\n        _ => return Err(1),\n    "
        "}\n}\n",
        4, 14, "`match` arms have incompatible types"}});
}

TEST(StatementEngine, DropsWhatIsNotUsedAndMovesWhatStandsWrong) {
  expect_found(
      &propose_statements,
      {{"a.go", "package a\nfunc f() {\n\tspare := 0\n\tg()\n}\n",
        "package a\nfunc f() {\n\tg()\n}\n", 3, 2, "spare declared but not used", 1},
       {"a.py", "def f(a):\n    b = a\n        c = b\n    return c\n",
        "def f(a):\n    b = a\n    c = b\n    return c\n", 3, 0, "unexpected indent", 3},
       {"a.py", "def f(a):\n    if a:\n    return 1\n", "def f(a):\n    if a:\n        return 1\n",
        3, 0, "expected an indented block after 'if' statement", 4}});
}

TEST(ModifierEngine, ChangesWhatMayBeChanged) {
  expect_found(&propose_modifiers,
               {{"a.ts", "function f() {\n  const n = 1;\n  n += 2;\n}\n",
                 "function f() {\n  let n = 1;\n  n += 2;\n}\n", 3, 3,
                 "Cannot assign to 'n' because it is a constant.", 1},
                {"a.cpp", "int f() {\n  const int n = 1;\n  n = 2;\n  return n;\n}\n",
                 "int f() {\n  int n = 1;\n  n = 2;\n  return n;\n}\n", 3, 5,
                 "assignment of read-only variable ‘n’", 1},
                {"a.rs", "fn f(s: String) {\n    g(&s);\n}\n",
                 "fn f(s: String) {\n    g(&mut s);\n}\n", 2, 7, "types differ in mutability", 2},
                {"a.cpp", "int A::f() {\n  return n;\n}\n", "int A::f() const {\n  return n;\n}\n",
                 1, 5, "no declaration matches ‘int A::f()’"},
                {"a.cpp", "void f(const A a) {}\n", "void f(const A& a) {}\n", 1, 6,
                 "no declaration matches ‘void f(A)’"}});
}

TEST(TypeEngine, PutsTheTypeThatTheMessageHas) {
  expect_found(&propose_types,
               {{"a.rs", "fn f(n: bool) -> u32 {\n    n\n}\n", "fn f(n: u32) -> u32 {\n    n\n}\n",
                 2, 5, "mismatched types: expected `u32`, found `bool`", 3},
                {"a.go",
                 "package a\ntype S struct {\n\tMean int\n}\nfunc (s S) off(x float64) float64 "
                 "{\n\treturn x - s.Mean\n}\n",
                 "package a\ntype S struct {\n\tMean float64\n}\nfunc (s S) off(x float64) float64 "
                 "{\n\treturn x - s.Mean\n}\n",
                 6, 9, "invalid operation: x - s.Mean (mismatched types float64 and int)", 8},
                {"a.ts", "function f(a: boolean): string {\n  return a;\n}\n",
                 "function f(a: string): string {\n  return a;\n}\n", 2, 3,
                 "Type 'boolean' is not assignable to type 'string'.", 3}});
}

TEST(ArgumentEngine, PutsDropsAndSwapsArguments) {
  expect_found(
      &propose_arguments,
      {{"a.go", "package a\nfunc f(s string) bool {\n\treturn g(s, \"x\") || g(s)\n}\n",
        "package a\nfunc f(s string) bool {\n\treturn g(s, \"x\") || g(s, \"x\")\n}\n", 3, 24,
        "not enough arguments in call to g", 2},
       {"a.cpp", "int f(int a) {\n  return g(a, 1);\n}\n", "int f(int a) {\n  return g(a);\n}\n", 2,
        10, "too many arguments to function ‘int g(int)’", 2},
       {"a.ts", "f(name, col);\n", "f(col, name);\n", 1, 3,
        "Argument of type 'string' is not assignable to parameter of type 'number'.", 3},
       {"a.rs", "fn at(&self, x: i64) -> bool {\n    self.cells[y + x]\n}\n",
        "fn at(&self, x: i64, y: i64) -> bool {\n    self.cells[y + x]\n}\n", 2, 16,
        "cannot find value `y` in this scope", 2}});
}

TEST(FixIts, OfSeveralPlacesAreMadeAllTogether) {
  Diagnostic d;
  d.place = {"a.rs", 1, 1, 0, 0};
  d.source = "rustc";
  d.fixits = {{{"a.rs", 2, 1, 3, 1}, "two\n"}, {{"a.rs", 1, 1, 2, 1}, "one\n"}};
  std::vector<Candidate> found;
  const std::string text = "1\n2\n3\n";
  propose_fixits(repair_place(d, "a.rs", text, nullptr), found);
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(*apply_edits(text, found[2].edits), "one\ntwo\n3\n");
}

// --- Tests that fail ------------------------------------------------------------------------------

bool mutates(const std::string& path, const std::string& wrong, const std::string& right,
             const std::string& told = "") {
  const indexer::Language* language = indexer::language_of(path, wrong);
  for (const Candidate& c : mutations_of(path, wrong, language, 0, wrong.size(), 1, told))
    if (*apply_edits(wrong, c.edits) == right) return true;
  return false;
}

TEST(Mutations, PutBackWhatLeftANameUnused) {
  EXPECT_TRUE(mutates("a.go", "func f(left, right int) int {\n\treturn left\n}\n",
                      "func f(left, right int) int {\n\treturn left - right\n}\n"));
  EXPECT_TRUE(mutates("a.py", "def f(a, b):\n    if a:\n        return 1\n",
                      "def f(a, b):\n    if a or b:\n        return 1\n"));
  EXPECT_TRUE(mutates("a.py", "from m import rows_of\n\ndef f(text):\n    return g(text)\n",
                      "from m import rows_of\n\ndef f(text):\n    return g(rows_of(text))\n"));
}

TEST(Mutations, TakeStringsFromTheTest) {
  EXPECT_TRUE(mutates("a.py", "def f():\n    return 'unkno_n'\n",
                      "def f():\n    return 'unknown'\n", "assert f() == 'unknown'"));
  EXPECT_TRUE(
      mutates("a.rs", "fn f() -> &str { \"x\" }\n", "fn f() -> &str { \"+\" }\n", "1 + 2 + 3"));
  EXPECT_FALSE(mutates("a.py", "def f():\n    return 'known'\n", "def f():\n    return 'knows'\n",
                       "'known' 'knows'"));
}

TEST(Mutations, MoveDropAndJoinLines) {
  EXPECT_TRUE(mutates("a.py", "def f(a):\n    b = a\n    b = a\n    return b\n",
                      "def f(a):\n    b = a\n    return b\n"));
  EXPECT_TRUE(mutates("a.py",
                      "def f(a):\n    for b in a:\n        g(b)\n        h(b)\n    return a\n",
                      "def f(a):\n    for b in a:\n        g(b)\n    h(b)\n    return a\n"));
  EXPECT_TRUE(mutates(
      "a.py", "def f(a):\n    if a:\n        b = 1\n    if c:\n        b = 2\n    return b\n",
      "def f(a):\n    if a:\n        b = 1\n    elif c:\n        b = 2\n    return b\n"));
  EXPECT_TRUE(mutates("a.c", "void f(int a) {\n  if (a > 1) g();\n  if (a > 0) h();\n}\n",
                      "void f(int a) {\n  if (a > 1) g();\n  else if (a > 0) h();\n}\n"));
  EXPECT_TRUE(mutates("a.py", "def f(a, b):\n    a, b\n", "def f(a, b):\n    return a, b\n"));
}

TEST(Mutations, NegateAndAccumulate) {
  EXPECT_TRUE(mutates("a.go", "func f(a bool) {\n\tif a {\n\t}\n}\n",
                      "func f(a bool) {\n\tif !a {\n\t}\n}\n"));
  EXPECT_TRUE(mutates("a.py", "def f(a, b):\n    return a and b\n",
                      "def f(a, b):\n    return a and not b\n"));
  EXPECT_TRUE(
      mutates("a.c", "void f(int a) {\n  total = a;\n}\n", "void f(int a) {\n  total += a;\n}\n"));
  EXPECT_FALSE(mutates("a.c", "void f(int a) {\n  int total = a;\n}\n",
                       "void f(int a) {\n  int total += a;\n}\n"));
}

// "negative = negative < 0" compiles in C++, and even passes tests.
TEST(Mutations, GiveNoNameItsOwnValueWhereItIsDeclared) {
  EXPECT_FALSE(mutates("a.cpp", "void f(int n) {\n  const bool low = n < 0;\n}\n",
                       "void f(int n) {\n  const bool low = low < 0;\n}\n"));
  EXPECT_TRUE(mutates("a.cpp", "void f(int n, int m) {\n  const bool low = n < 0;\n}\n",
                      "void f(int n, int m) {\n  const bool low = m < 0;\n}\n"));
}

// --- Where the fault of a failing test may be --------------------------------------------------------

class FaultOfATest : public testing::Test {
 protected:
  static std::vector<Candidate> find(const Diagnostic& failure,
                                     const std::map<std::string, std::string>& files) {
    return propose_for_test(failure, nullptr,
                            [&](const std::string& path) -> Expected<std::string> {
                              const auto file = files.find(path);
                              if (file == files.end()) return fail(Errc::kNotFound, "{}", path);
                              return file->second;
                            });
  }
  static Diagnostic failure(const std::string& path, int line) {
    Diagnostic d;
    d.place = {path, line, 0, 0, 0};
    d.message = "1 !== 2";
    d.test = "adds";
    return d;
  }
};

// Rust's tests call within macros, which no parser looks into; here in the same file.
TEST_F(FaultOfATest, IsLookedForBehindCallsInMacros) {
  const std::string text =
      "fn add(a: i64, b: i64) -> i64 {\n    a - b\n}\n\n#[test]\nfn adds() {\n    "
      "assert_eq!(add(1, 1), 2);\n}\n";
  const auto found = find(failure("src/lib.rs", 7), {{"src/lib.rs", text}});
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found.front().path, "src/lib.rs");
  EXPECT_TRUE(std::ranges::any_of(found, [&](const Candidate& c) {
    return apply_edits(text, c.edits)->find("a + b") != std::string::npos;
  }));
}

// A test that is no function: the calls in its block count, those behind the failing line do not.
TEST_F(FaultOfATest, IsLookedForInWhatTheTestHasComeTo) {
  const std::string text =
      "function add(a, b) {\n  return a - b;\n}\nfunction sub(a, b) {\n  return a - b;\n}\n"
      "test('adds', () => {\n  assert.equal(add(1, 1), 2);\n  assert.equal(sub(1, 1), 0);\n});\n";
  const auto found = find(failure("a.test.mjs", 8), {{"a.test.mjs", text}});
  for (const Candidate& c : found)
    EXPECT_LT(c.edits.front().start, text.find("function sub")) << c.why;
}

TEST_F(FaultOfATest, IsLikelierOnTheLinesOfTheTraceback) {
  const std::string text =
      "def f(a):\n    b = a + 1\n    c = b + 1\n    if c > 3:\n        raise ValueError\n    "
      "return c\n";
  Diagnostic d = failure("tests/test_a.py", 1);
  d.notes.push_back({{"a.py", 5, 0, 0, 0}, "in f"});
  const auto found = find(d, {{"a.py", text}});
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(LineTable(text).line_of(found.front().edits.front().start), 4);
}

}  // namespace
}  // namespace curlew::assist
