// Texts with the cursor written as ^: does the insertion there make the text parse worse?
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "indexer/source/parse.h"

namespace curlew::indexer {
namespace {

bool breaks(Parser& parser, std::string_view language, std::string text,
            std::string_view insertion) {
  const std::size_t cursor = text.find('^');
  EXPECT_NE(cursor, std::string::npos) << text;
  text.erase(cursor, 1);
  return parser.breaks_parse(*language_by_name(language), text, cursor, insertion);
}

bool breaks(std::string_view language, const std::string& text, std::string_view insertion) {
  Parser parser;
  return breaks(parser, language, text, insertion);
}

TEST(BreaksParse, WhatFitsDoesNot) {
  EXPECT_FALSE(breaks("cpp", "int f() {\n  ^\n}\n", "return 1;"));
  EXPECT_FALSE(breaks("cpp", "int f() {\n  return ^;\n}\n", "g(1, 2)"));
  EXPECT_FALSE(breaks("python", "def f(x):\n    ^\n", "return x + 1"));
  EXPECT_FALSE(breaks("javascript", "const a = ^;\n", "(b) => b * 2"));
  EXPECT_FALSE(breaks("go", "package p\nfunc f() int {\n\t^\n}\n", "return 1"));
  EXPECT_FALSE(breaks("rust", "fn f() -> i32 {\n    ^\n}\n", "let x = 1;\n    x"));
  EXPECT_FALSE(breaks("java", "class A {\n  ^\n}\n", "int f() { return 1; }"));
  EXPECT_FALSE(breaks("json", "{\"a\": ^}\n", "[1, 2]"));
}

TEST(BreaksParse, WhatDoesNotFitDoes) {
  EXPECT_TRUE(breaks("cpp", "int f() {\n  ^\n}\n", "return 1;\n}"));
  EXPECT_TRUE(breaks("cpp", "int f() {\n  return ^;\n}\n", "g(1, 2))"));
  EXPECT_TRUE(breaks("cpp", "int f() {\n  ^\n}\nint g() { return 0; }\n", "if (x) {"));
  EXPECT_TRUE(breaks("python", "def f(x):\n    ^\n\ndef g(): pass\n", "return (x"));
  EXPECT_TRUE(breaks("javascript", "const a = 1^;\nconst b = 1;\n", " + [1, 2"));
  EXPECT_TRUE(breaks("go", "package p\nfunc f() int {\n\t^\n}\n", "return 1 }"));
  EXPECT_TRUE(breaks("rust", "fn f() -> i32 {\n    ^\n}\n", "let = ;"));
  EXPECT_TRUE(breaks("java", "class A {\n  ^\n}\n", "int f() { return 1; } }"));
  EXPECT_TRUE(breaks("json", "{\"a\": 1^}\n", ", \"b\": [1, 2"));
}

TEST(BreaksParse, MendingIsNoBreaking) {
  EXPECT_FALSE(breaks("cpp", "int f() {\n  return g(^;\n}\n", "1)"));
  EXPECT_FALSE(breaks("cpp", "int f() {\n  if (x) {\n    a();^\n", "\n  }\n}"));
  EXPECT_FALSE(breaks("python", "x = [1, ^\n", "2]"));
}

TEST(BreaksParse, CodeThatIsBrokenElsewhereDoesNotExcuseMore) {
  EXPECT_FALSE(breaks("python", "def ok(x):\n    ^\n\nx = = 2\n", "return x"));
  EXPECT_TRUE(breaks("python", "def ok(x):\n    ^\n\nx = = 2\n", "return = x"));
}

TEST(BreaksParse, AnswersTheSameWhateverWasAskedBefore) {
  const std::string text = "int f(int a) {\n  int b = a;\n  ^\n  return b;\n}\n";
  Parser parser;
  for (int round = 0; round < 3; ++round) {
    EXPECT_FALSE(breaks(parser, "cpp", text, "b += 2;"));
    EXPECT_TRUE(breaks(parser, "cpp", text, "b += 2; }"));
    EXPECT_FALSE(breaks(parser, "python", "def f():\n    ^\n", "return 1"));
    EXPECT_TRUE(breaks(parser, "cpp", "int g;\n" + text, "b += ;"));
    EXPECT_FALSE(breaks(parser, "cpp", "int gg;\n" + text, "b += 1;"));
    EXPECT_FALSE(breaks(parser, "cpp", "^", "int x;"));
  }
}

TEST(BreaksParse, NothingAndUnknownLanguagesNeverBreak) {
  EXPECT_FALSE(breaks("cpp", "int f( ^", ""));
  EXPECT_FALSE(breaks("cmake", "set(a ^", ")))"));
  Parser parser;
  EXPECT_TRUE(parser.breaks_parse(*language_by_name("cpp"), "int a;", 1000, "}"));
}

TEST(BreaksParse, TellsInAFileThatIsTooLongToParseAtOnce) {
  std::string text;
  for (int i = 0; i < 16'000; ++i) {
    text += "int f" + std::to_string(i) + "(int a) {\n  return a + 1;\n}\n\n";
  }
  ASSERT_GT(text.size(), 512u << 10);
  const std::size_t at = text.find("return", text.size() / 2);
  Parser parser;
  EXPECT_FALSE(parser.breaks_parse(*language_by_name("cpp"), text, at, "a += 2;\n  "));
  EXPECT_TRUE(parser.breaks_parse(*language_by_name("cpp"), text, at, "a += 2; }\n  "));
}

}  // namespace
}  // namespace curlew::indexer
