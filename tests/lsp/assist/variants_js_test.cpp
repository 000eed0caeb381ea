// JavaScript, TypeScript and TSX with variants: where they stand, and which of them node cannot read. What the made
// texts do is in variants_js_programs_test.cpp.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "lsp/assist/repair/rehearse/variant_blame.h"
#include "lsp/assist/repair/rehearse/variant_helper_js.h"
#include "lsp/assist/repair/rehearse/variant_scripts.h"

namespace curlew::assist {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  return at == text.npos ? text : text.replace(at, from.size(), to);
}

// --- Places ----------------------------------------------------------------------------------------

std::string made_of(const std::string& text, std::string_view from, std::string_view to,
                    const char* name = "javascript") {
  Variants variants(indexer::language_by_name(name), text);
  if (variants.add(0, replaced(text, from, to)) != Variants::Added::kYes) return "";
  std::vector<std::size_t> changes;
  std::string made = variants.make({}, changes).text;
  EXPECT_TRUE(made.ends_with(kScriptHelper));
  made.resize(made.size() - kScriptHelper.size());
  return replaced(std::move(made), kScriptHead, "");
}

// What it is in a made text with one variant.
std::string choice(std::string_view now, std::string_view was) {
  return fmt::format("(curlew_at(1, 1) ? curlew_is(\"curlew<1\", (\n{}\n), \"curlew>1\") : ({}))",
                     now, was);
}
std::string statements(std::string_view now, std::string_view was) {
  return fmt::format(
      "{{ if (curlew_at(1, 1)) {{ if (curlew_pick(1)) {{ \"curlew<1\";\n{}\n;\"curlew>1\" }} }} "
      "else {{{}}} }}",
      now, was);
}

TEST(ScriptVariants, ChooseBetweenValues) {
  EXPECT_EQ(made_of("if (a < 3) f()\n", "<", ">="), "if (" + choice("a >= 3", "a < 3") + ") f()\n");
  EXPECT_EQ(made_of("let b = f(a, 3)", "3", "4"), "let b = f(a, " + choice("4", "3") + ")");
  EXPECT_EQ(made_of("b = `x${a}y`", "a", "c"), "b = `x${" + choice("c", "a") + "}y`");
  EXPECT_EQ(made_of("const f = x => x + 1", "+ 1", "- 1"),
            "const f = x => " + choice("x - 1", "x + 1"));
  EXPECT_EQ(made_of("class A {\n  n = 3\n  m = 4\n}", "3", "5"),
            "class A {\n  n = " + choice("5", "3") + "\n  m = 4\n}");
  EXPECT_EQ(made_of("for (const a of all) f(a)", "all", "some"),
            "for (const a of " + choice("some", "all") + ") f(a)");
}

TEST(ScriptVariants, LeaveCallsTheirThis) {
  EXPECT_EQ(made_of("b = a.f(1)", ".f", ".g"), "b = " + choice("a.g(1)", "a.f(1)"));
  EXPECT_EQ(made_of("b = (a.f)(1)", ".f", ".g"), "b = " + choice("(a.g)(1)", "(a.f)(1)"));
  EXPECT_EQ(made_of("b = a?.b.c", "?.b", "?.d"), "b = " + choice("a?.d.c", "a?.b.c"));
  EXPECT_EQ(made_of("b = a[1].f(1)", "1", "2"), "b = a[" + choice("2", "1") + "].f(1)");
  EXPECT_EQ(made_of("b = new a.A(1)", ".A", ".B"), "b = " + choice("new a.B(1)", "new a.A(1)"));
  EXPECT_EQ(made_of("b = a.b`x`", ".b", ".c"), "b = " + choice("a.c`x`", "a.b`x`"));
}

TEST(ScriptVariants, DoNotBeginALineWithABracket) {
  EXPECT_EQ(made_of("f()\na.b(1)\n", "a.b", "a.c"),
            "f()\n" + statements("a.c(1)", "a.b(1)") + "\n");
  EXPECT_EQ(made_of("f()\na = 1\n", "a =", "b ="), "f()\n" + statements("b = 1", "a = 1") + "\n");
}

TEST(ScriptVariants, ChooseWhetherAStatementIsThere) {
  EXPECT_THAT(made_of("function f() {\n  g()\n  return 1\n}\n", "  g()\n", ""),
              HasSubstr("else {g()\n"));
  EXPECT_EQ(made_of("f()\ng()\n", "f()\n", "f()\nh()\n"),
            "f()\n\n{ if (curlew_at(1, 1)) { if (curlew_pick(1)) { \"curlew<1\";\nh()\n\n;"
            "\"curlew>1\" } } }g()\n");
  EXPECT_EQ(made_of("if (a) b()\nelse c()\n", "b()", "return"),
            "if (a) " + statements("return", "b()") + "\nelse c()\n");
}

TEST(ScriptVariants, TakeTheWholeBodyWhereADeclarationChanges) {
  EXPECT_EQ(
      made_of("const f = () => { const a = 3; return a }", "const a", "let b"),
      "const f = () => " + statements("{ let b = 3; return a }", "{ const a = 3; return a }"));
  EXPECT_EQ(made_of("function f() { 'use strict'; let a = 3 }", "let a", "let b"), "");
  EXPECT_EQ(made_of("class B extends A { constructor() { super(); let a } }", "a }", "b }"), "");
}

TEST(ScriptVariants, DoNotChooseWhatIsNoValue) {
  const std::pair<const char*, const char*> cases[] = {
      {"'use strict'\n", "strict"}, {"import a from 'b'", "'b'"}, {"export { a }", "a"},
      {"export * from 'b'", "'b'"}, {"const a = 3", "a"},         {"function f(a) {}", "f"},
      {"class A { f() {} }", "f"},
  };
  for (const auto& [text, from] : cases) EXPECT_EQ(made_of(text, from, "other"), "") << text;
  EXPECT_EQ(made_of("b = typeof a", "a", "c"), "b = " + choice("typeof c", "typeof a"));
  EXPECT_EQ(made_of("b = delete a.b.c", ".b", ".d"), "b = delete " + choice("a.d", "a.b") + ".c");
  EXPECT_EQ(made_of("b = { a: 1 }", "a:", "c:"), "b = " + choice("{ c: 1 }", "{ a: 1 }"));
  EXPECT_EQ(made_of("b = 1;\n[a, b] = [b, a]\n", "[a, b]", "[b, a]"),
            "b = 1;\n" + statements("[b, a] = [b, a]", "[a, b] = [b, a]") + "\n");
  EXPECT_EQ(made_of("'use strict'\n", "'use", "f()\n'use"), "");
}

TEST(ScriptVariants, DoNotChooseWhatTheCompilerWorksOut) {
  const std::pair<const char*, const char*> cases[] = {
      {"let a: 3", "3"},
      {"type A = -1", "1"},
      {"enum E { A = 1 << 2 }", "2"},
      {"interface A { b: 'c' }", "'c'"},
      {"@a(3)\nclass A {}", "3"},
      {"declare const a: typeof b.c", "b"},
      {"import a = require('b')", "'b'"},
  };
  for (const auto& [text, from] : cases)
    EXPECT_EQ(made_of(text, from, "4", "typescript"), "") << text;
  EXPECT_EQ(made_of("a = b as C", "b", "d", "typescript"), "a = " + choice("d", "b") + " as C");
  EXPECT_EQ(made_of("a = b!.c", "b", "d", "typescript"), "a = " + choice("d", "b") + "!.c");
  EXPECT_EQ(made_of("a = f<T>(b)", "b", "d", "typescript"), "a = f<T>(" + choice("d", "b") + ")");
  EXPECT_EQ(made_of("function f(a: T = 3) {}", "3", "4", "typescript"),
            "function f(a: T = " + choice("4", "3") + ") {}");
  EXPECT_EQ(made_of("a = <B.C x={1} />", "1", "2", "tsx"),
            "a = <B.C x={" + choice("2", "1") + "} />");
  EXPECT_EQ(made_of("a = <B.C />", "B", "D", "tsx"), "a = " + choice("<D.C />", "<B.C />"));
}

TEST(ScriptVariants, KeepTheirLinesAndSayWhich) {
  const std::string text = "#!/usr/bin/env node\nconst a = f(\n  1, // one\n  2)\nconst b = a\n";
  Variants variants(indexer::language_by_name("javascript"), text);
  ASSERT_EQ(variants.add(0, replaced(text, "f(", "g(")), Variants::Added::kYes);
  ASSERT_EQ(variants.add(1, replaced(text, "= a", "= -a")), Variants::Added::kYes);
  std::vector<std::size_t> changes;
  const MadeText made = variants.make({}, changes);
  EXPECT_THAT(made.text, StartsWith("#!/usr/bin/env node\n// @ts-nocheck\n"));
  EXPECT_THAT(made.text, HasSubstr("\ng(\n  1, // one\n  2)\n), \"curlew>1\") : (f(\n  1, // one"));
  ASSERT_EQ(made.variants.size(), 2u);
  EXPECT_EQ(made.variants[0].line_first, 5);
  EXPECT_EQ(made.variants[0].line_last, 7);
  ASSERT_EQ(made.places.size(), 2u);
  EXPECT_EQ(made.places[0].line_first, 4);
  EXPECT_EQ(made.places[0].line_last, 10);

  const std::map<std::string, MadeText> all = {{"a.ts", made}};
  const auto error_at = [](int line) {
    return std::vector<Diagnostic>{
        {.place = {"a.ts", line, 1, 0, 0}, .code = "TS1005", .message = "no", .source = "tsc"}};
  };
  EXPECT_THAT(blame(error_at(6), all, 2).variants, ElementsAre(1));
  EXPECT_THAT(blame(error_at(9), all, 2).suspects, ElementsAre(1));
  EXPECT_TRUE(blame(error_at(2), all, 2).is_empty());
}

TEST(ScriptVariants, AreBlamedForWhatNodeCannotRead) {
  Diagnostic said{.code = "SyntaxError", .message = "Unexpected token '||'", .source = "node"};
  EXPECT_TRUE(is_of_build(said));
  said.message = "Unexpected token } in JSON at position 3";
  EXPECT_FALSE(is_of_build(said));
  said = {.code = "TypeError", .message = "a is not a function", .source = "node"};
  EXPECT_FALSE(is_of_build(said));
}

// --- The hook --------------------------------------------------------------------------------------

TEST(ScriptVariantScripts, AreForNode) {
  EXPECT_TRUE(may_vary({"node", "--test"}));
  EXPECT_TRUE(may_vary({"/usr/bin/npm", "test"}));
  EXPECT_TRUE(may_vary({"make", "check"}));
  EXPECT_FALSE(may_vary({"cargo", "test"}));
  EXPECT_FALSE(may_vary({}));
  const NodeTexts node{.are_varied = true, .scripts = {"/it's/a.js"}};
  EXPECT_THAT(build_script("/f", node), HasSubstr("hook.cjs\" '/it'\\''s/a.js'\n"));
  EXPECT_EQ(build_script("/f").find("NODE_OPTIONS"), std::string::npos);
}

TEST(ScriptVariantScripts, FindVariantsThatNodeCannotRead) {
  char name[] = "/tmp/variants-js-XXXXXX";
  ASSERT_NE(mkdtemp(name), nullptr);
  const fs::path folder = name;
  for (const char* file : {"a.js", "a.mjs"}) {
    std::string text = file == std::string_view("a.mjs")
                           ? "import a from './b.mjs'\nexport default function f() {}\n"
                           : "";
    text +=
        "function g(a, b, c) {\n  if (a || b || c) return 1\n  b = /a+/.test(c)\n  return a - "
        "b\n}\n";
    Variants variants(indexer::language_by_name("javascript"), text);
    ASSERT_EQ(variants.add(0, replaced(text, "a || b", "a ?? b")), Variants::Added::kYes);
    ASSERT_EQ(variants.add(1, replaced(text, "a || b", "a && b")), Variants::Added::kYes);
    ASSERT_EQ(variants.add(2, replaced(text, "/a+/", "/(+/")), Variants::Added::kYes);
    ASSERT_EQ(variants.add(3, replaced(text, "return 1", "continue")), Variants::Added::kYes);
    ASSERT_EQ(variants.add(4, replaced(text, "a - b", "b - a")), Variants::Added::kYes);
    std::vector<std::size_t> changes;
    std::ofstream(folder / file) << variants.make({}, changes).text;
    std::ofstream(folder / "hook.cjs") << kNodeHook;
    fs::create_directories(folder / "kept");
    fs::remove(folder / "kept" / "broken");
    const std::string command = fmt::format("cd {0} && node hook.cjs {0}/{1}", name, file);
    if (std::system(command.c_str()) != 0) {
      fs::remove_all(folder);
      GTEST_SKIP() << "no node";
    }
    std::ifstream notes(folder / kBrokenFile);
    const std::string all((std::istreambuf_iterator<char>(notes)), {});
    std::set<std::size_t> broken;
    for (const int number : read_seen(all))
      broken.insert(changes[static_cast<std::size_t>(number) - 1]);
    EXPECT_THAT(broken, ElementsAre(0u, 2u, 3u)) << file;
  }
  fs::remove_all(folder);
}

}  // namespace
}  // namespace curlew::assist
