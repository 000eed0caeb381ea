// "rename A to B": what is renamed, what is left, what is refused.
#include "lsp/assist/edit/rename.h"

#include <gmock/gmock.h>

#include "lsp/assist/edit/instructed_edit.h"

namespace curlew::assist {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Expected<InstructedEdit> renamed(const std::string& path, std::string_view text,
                                 const std::string& instruction) {
  InstructedEditRequest request{.path = path, .text = text, .end = text.size()};
  request.instruction = instruction;
  return instructed_edit({}, request, {});
}

// The text after it, or the error.
std::string after(const std::string& path, std::string_view text, const std::string& instruction) {
  const auto made = renamed(path, text, instruction);
  return made ? made->after : made.error().message();
}

TEST(Rename, RefusesAWordOfTheLanguage) {
  EXPECT_EQ(after("a.py", "n = 0\n", "rename n to for"),
            "a.py: `for` is a word of python and cannot be a name");
  EXPECT_THAT(after("t.c", "int main(void) { return 0; }\n", "rename main to int"),
              HasSubstr("`int` is a word of c"));
  EXPECT_THAT(after("a.cpp", "int n;\n", "rename n to class"), HasSubstr("is a word of cpp"));
  EXPECT_THAT(after("a.go", "package p\n\nvar n = 1\n", "rename n to range"), HasSubstr("of go"));
  EXPECT_THAT(after("a.rs", "fn n() {}\n", "rename n to match"), HasSubstr("of rust"));
  EXPECT_THAT(after("a.ts", "let n = 1;\n", "rename n to new"), HasSubstr("of typescript"));
  EXPECT_EQ(after("a.py", "n = 0\n", "rename n to match"), "match = 0\n");  // a name elsewhere
}

TEST(Rename, RefusesWhatIsNoName) {
  for (const char* name : {"2x", "a-b", "a.b", "f()", "$x"})
    EXPECT_THAT(after("a.py", "n = 0\n", fmt::format("rename n to {}", name)),
                HasSubstr(fmt::format("`{}` is no name", name)));
  EXPECT_EQ(after("a.ts", "let n = 1;\n", "rename `n` to `$x`."), "let $x = 1;\n");
}

TEST(Rename, SaysWhetherTheTextParses) {
  EXPECT_EQ(renamed("a.py", "n = 0\n", "rename n to m")->parse_errors, 0);
  EXPECT_GT(renamed("a.py", "n = 0\nx = = 1\n", "rename n to m")->parse_errors, 0);
  EXPECT_EQ(renamed("a.unknown", "n = 0\n", "rename n to m")->parse_errors, std::nullopt);
}

TEST(Rename, FollowsFStrings) {
  EXPECT_EQ(
      after("a.py", "def f(n):\n    return f\"{n} {n!r:>{n}} {n=} {{n}} {a:n} n\" + \"{n}\"\n",
            "rename n to n2"),
      "def f(n2):\n    return f\"{n2} {n2!r:>{n2}} {n2=} {{n}} {a:n} n\" + \"{n}\"\n");
  EXPECT_EQ(after("a.py", "def f(n):\n    return f\"{d['n']} {x.n} {g(n=n)}\"\n", "rename n to m"),
            "def f(m):\n    return f\"{d['n']} {x.n} {g(n=m)}\"\n");
}

TEST(Rename, FollowsTemplates) {
  EXPECT_EQ(after("a.ts", "function f(x: number) { return `x ${x} ${a.x} ${g({ x: x })} $x`; }\n",
                  "rename x to y"),
            "function f(y: number) { return `x ${y} ${a.x} ${g({ x: y })} $x`; }\n");
  EXPECT_EQ(after("a.ts", "const f = (x: number) => `${`in ${x}`}`;\n", "rename x to y"),
            "const f = (y: number) => `${`in ${y}`}`;\n");
}

TEST(Rename, FollowsWhatRustFormats) {
  EXPECT_EQ(
      after("a.rs",
            "fn f(n: i32) {\n    println!(\"{n} {n:?} {:>n$} {{n}} n\", 1);\n    g(\"{n}\");\n}\n",
            "rename n to m"),
      "fn f(m: i32) {\n    println!(\"{m} {m:?} {:>m$} {{n}} n\", 1);\n    g(\"{n}\");\n}\n");
}

TEST(Rename, WritesShorthandOut) {
  EXPECT_EQ(after("a.ts", "function f(x: number) { return { x, z: x }; }\n", "rename x to y"),
            "function f(y: number) { return { x: y, z: y }; }\n");
  EXPECT_EQ(after("a.ts", "function f(p: P) { const { x } = p; return x; }\n", "rename x to y"),
            "function f(p: P) { const { x: y } = p; return y; }\n");
  EXPECT_EQ(after("a.rs", "fn f(n: i32) -> S {\n    S { n }\n}\n", "rename n to m"),
            "fn f(m: i32) -> S {\n    S { n: m }\n}\n");
}

TEST(Rename, LeavesMembersAndKeysOfThatName) {
  const auto made =
      renamed("a.py", "def f(n, o):\n    o.n = g(n=n)\n    return o.n\n", "rename n to m");
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_EQ(made->after, "def f(m, o):\n    o.n = g(n=m)\n    return o.n\n");
  EXPECT_THAT(made->notes,
              ElementsAre("line 2, 3: `n` of something else is left (a member or a key)"));
  // A parameter's own arguments are its name.
  EXPECT_EQ(after("a.py", "def f(n):\n    return n\nf(n=1)\n", "rename n to m"),
            "def f(m):\n    return m\nf(m=1)\n");
  // A member where it is one.
  EXPECT_EQ(after("a.cpp", "struct S { int n; };\nint f(S s) { return s.n; }\n", "rename n to m"),
            "struct S { int m; };\nint f(S s) { return s.m; }\n");
}

TEST(Rename, RefusesAnotherVariablesName) {
  EXPECT_EQ(after("a.py", "def f(xs):\n    n = 0\n    for x in xs:\n        n += x\n    return n\n",
                  "rename n to xs"),
            "a.py: `xs` is there already (line 1): both would be one name; choose another");
  EXPECT_THAT(after("a.c", "int total;\nint f(int n) { return n + total; }\n", "rename n to total"),
              HasSubstr("line 2"));
  EXPECT_THAT(after("a.cpp", "int a(int n) { int m = n; return m; }\n", "rename n to m"),
              HasSubstr("is there already"));
  EXPECT_THAT(
      after("a.py", "area = 1\ndef surface():\n    return area\n", "rename area to surface"),
      HasSubstr("line 2"));
}

TEST(Rename, CorrectsAMisspeltName) {
  EXPECT_EQ(after("a.c", "int length(int n) { return n; }\nint f(int n) { return lenght(n); }\n",
                  "rename lenght to length"),
            "int length(int n) { return n; }\nint f(int n) { return length(n); }\n");
}

TEST(Rename, TakesANameThatCannotClash) {
  // In another function, behind another receiver, of a file's variable that is not used here.
  EXPECT_THAT(
      after("a.cpp", "int a(int n) { return n; }\nint b(int m) { return m; }\n", "rename n to k"),
      HasSubstr("int a(int k) { return k; }"));
  const std::string text = "int a(int n) { return n; }\nint b(int m) { return m; }\n";
  InstructedEditRequest request{.path = "a.cpp", .text = text, .end = 20};
  request.instruction = "rename n to m";
  const auto made = instructed_edit({}, request, {});
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_THAT(made->after, HasSubstr("int a(int m) { return m; }"));
  EXPECT_EQ(after("a.py", "def f(n, o):\n    return n + o.total\n", "rename n to total"),
            "def f(total, o):\n    return total + o.total\n");
}

TEST(Rename, SaysWhatIsLeft) {
  const auto made = renamed("a.py", "n = 1  # n\nprint('n', n)\n", "rename n to m");
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_EQ(made->after, "m = 1  # n\nprint('n', m)\n");
  EXPECT_THAT(made->notes, ElementsAre("line 1, 2: `n` in strings and comments is left"));
  EXPECT_THAT(renamed("a.py", "n = 1\n", "rename n to m")->notes, IsEmpty());
  const std::string text = "int f() {\n  int n = 1;\n  return n;\n}\n";
  InstructedEditRequest request{.path = "a.c", .text = text, .start = 10, .end = 20};
  request.instruction = "rename n to m";
  EXPECT_EQ(instructed_edit({}, request, {})->used_outside,
            "line 3: `n` is used there, too, outside these lines");
  const std::string twice = "def area(w):\n    return w\nprint(area(1))\n";
  InstructedEditRequest head{.path = "a.py", .text = twice, .end = 5};
  head.instruction = "rename area to surface";
  EXPECT_EQ(instructed_edit({}, head, {})->used_outside,
            "line 3: `area` is used there, too, outside these lines");
}

}  // namespace
}  // namespace curlew::assist
