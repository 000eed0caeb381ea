#include "indexer/source/parse.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace curlew::indexer {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

ParsedFile parse(std::string_view language, std::string_view text) {
  return Parser().parse(*language_by_name(language), text);
}

// "method ns::A::f", one for each symbol.
std::vector<std::string> symbols(std::string_view language, std::string_view text) {
  std::vector<std::string> out;
  for (const Symbol& s : parse(language, text).symbols) {
    out.push_back(fmt::format("{} {}{}{}", symbol_kind_name(s.kind), s.container,
                              s.container.empty() ? "" : "::", s.name));
  }
  return out;
}

std::vector<std::string> references(std::string_view language, std::string_view text) {
  std::vector<std::string> out;
  for (const Reference& r : parse(language, text).references) {
    out.push_back(fmt::format("{} {}", reference_role_name(r.role), r.name));
  }
  return out;
}

std::string text_at(std::string_view text, const Range& range) {
  return std::string(text.substr(range.start_byte, range.end_byte - range.start_byte));
}

TEST(Parse, UnwindsCDeclarators) {
  EXPECT_THAT(symbols("c", "int *(*table[4])(int);"), ElementsAre("variable table"));
  EXPECT_THAT(symbols("c", "int *f(int);"), ElementsAre("function f"));
  EXPECT_THAT(symbols("c", "int (*f(int a))(char) { return 0; }"), ElementsAre("function f"));
  EXPECT_THAT(symbols("c", "int (f)(int);"), ElementsAre("function f"));
  EXPECT_THAT(symbols("c", "int a, *b, c[3];"),
              ElementsAre("variable a", "variable b", "variable c"));
}

TEST(Parse, KnowsWhatAnOutOfLineDefinitionBelongsTo) {
  EXPECT_THAT(symbols("cpp", "void A::f() {}"), ElementsAre("method A::f"));
  EXPECT_THAT(symbols("cpp", "A::A() {}"), ElementsAre("constructor A::A"));
  EXPECT_THAT(symbols("cpp", "A::~A() {}"), ElementsAre("method A::~A"));
  EXPECT_THAT(symbols("cpp", "template <class T> void A<T>::B::f() {}"),
              ElementsAre("method A::B::f"));
  EXPECT_THAT(symbols("cpp", "namespace n { void g(); }\nvoid n::g() {}"),
              ElementsAre("module n", "function n::g", "function n::g"));
  EXPECT_THAT(symbols("cpp", "bool A::operator<(const A& o) const { return true; }"),
              ElementsAre("method A::operator<"));
}

TEST(Parse, KeepsLocalsToThemselves) {
  const std::string_view text =
      "int g; int f(int arg) { int local = arg; for (int i = 0; i < g; ++i) use(local, i); }";
  EXPECT_THAT(symbols("cpp", text), ElementsAre("variable g", "function f"));
  EXPECT_THAT(references("cpp", text), ElementsAre("name g", "call use"));
}

TEST(Parse, ALocalOfOneFunctionIsNoLocalOfAnother) {
  const std::string_view text = "def a():\n  x = 1\n  return x\ndef b():\n  return x\n";
  EXPECT_THAT(references("python", text), ElementsAre("name x"));
}

TEST(Parse, TellsDefinitionsFromDeclarations) {
  const ParsedFile file = parse("cpp", "void f();\nvoid f() {}\nextern int x;\nint x;\n");
  std::vector<bool> defined;
  for (const Symbol& s : file.symbols) defined.push_back(s.is_definition);
  EXPECT_THAT(defined, ElementsAre(false, true, false, true));
}

TEST(Parse, SqueezesASignatureOntoOneLine) {
  const ParsedFile file = parse("cpp", "int  f(int a,\n       char *b)\n{\n  return 1;\n}\n");
  ASSERT_EQ(file.symbols.size(), 1u);
  EXPECT_EQ(file.symbols[0].signature, "int f(int a, char *b)");
}

TEST(Parse, CutsASignatureAtAWholeCharacter) {
  std::string text = "def f(";
  for (int i = 0; i < 200; ++i) text += "\xc3\xa4";
  const ParsedFile file = parse("python", text + "): pass\n");
  ASSERT_FALSE(file.symbols.empty());
  const std::string& signature = file.symbols[0].signature;
  EXPECT_LE(signature.size(), 240u);
  EXPECT_EQ(signature, text.substr(0, signature.size()));
  EXPECT_EQ((signature.size() - 6) % 2, 0u) << signature;
}

TEST(Parse, RangesPointIntoTheText) {
  const std::string text = "\xc3\xa4 = 1\r\nclass Caf\xc3\xa9:\r\n  def m(self): pass\r\n";
  const ParsedFile file = parse("python", text);
  ASSERT_EQ(file.symbols.size(), 3u);
  for (const Symbol& s : file.symbols) EXPECT_EQ(text_at(text, s.name_range), s.name);
  EXPECT_EQ(file.symbols[2].name_range.start_line, 2u);
  EXPECT_EQ(file.symbols[2].name_range.start_col, 6u);
}

TEST(Parse, TheRangeOfADefinitionHoldsItsDecorators) {
  const std::string text = "@one\n@two(1)\ndef f():\n  pass\n";
  const ParsedFile file = parse("python", text);
  ASSERT_EQ(file.symbols.size(), 1u);
  EXPECT_EQ(file.symbols[0].range.start_line, 0u);
  EXPECT_EQ(file.symbols[0].signature, "def f()");
}

TEST(Parse, FindsWhatItCanInBrokenCode) {
  const ParsedFile file = parse("cpp", "int ok() { return 1; }\n}}} )) struct {{\nint also() {}\n");
  EXPECT_GT(file.error_nodes, 0);
  EXPECT_THAT(symbols("cpp", "int ok() { return 1; }\n}}} )) struct {{\n"),
              Contains("function ok"));
  EXPECT_EQ(parse("cpp", "int ok() { return 1; }").error_nodes, 0);
}

// Inputs that have broken parsers: each in every language, and none may crash, hang or lose a line.
TEST(Parse, SurvivesOddBytes) {
  const std::string inputs[] = {
      "",
      "\n",
      "\r\n\r\n",
      " ",
      std::string("\0", 1),
      std::string("int a;\0\0int b;\n", 15),
      "\xff\xfe\xfd",
      "\xc3",
      "\xef\xbb\xbfint a;\n",
      "int a;",
      "int a;\r\nint b;\r\n",
      "int a;\rint b;\r",
      "\xed\xa0\x80 = 1\n",
      "/* never closed",
      "\"never closed",
      "'''",
      "#include",
      "#if 1\n#if 2\n",
      "```\n# not closed",
      "- [\n  - {",
  };
  Parser parser;
  for (const Language& language : languages()) {
    for (const std::string& text : inputs) {
      const ParsedFile file = parser.parse(language, text);
      for (const Symbol& s : file.symbols) {
        ASSERT_LE(s.range.end_byte, text.size()) << language.name;
        ASSERT_FALSE(s.name.empty()) << language.name;
      }
    }
  }
}

TEST(Parse, SurvivesDeepNesting) {
  constexpr int kDepth = 3'000;
  const auto nested = [&](std::string_view open, std::string_view close) {
    std::string text;
    for (int i = 0; i < kDepth; ++i) text += open;
    for (int i = 0; i < kDepth; ++i) text += close;
    return text;
  };
  struct Case {
    std::string_view language, open, close;
  };
  const Case cases[] = {
      {"c", "(", ")"},
      {"cpp", "namespace n {", "}"},
      {"cpp", "struct S {", "};"},
      {"python", "[", "]"},
      {"javascript", "function f(){", "}"},
      {"javascript", "(a=>", ")"},
      {"json", "[", "]"},
      {"json", "{\"a\":", "}"},
      {"rust", "mod m {", "}"},
      {"java", "class C {", "}"},
      {"bash", "$(", ")"},
      {"markdown", "> ", ""},
      {"yaml", "- ", ""},
      {"go", "func f() {", "}"},
      {"typescript", "namespace n {", "}"},
      {"c_sharp", "class C {", "}"},
      {"toml", "a=[", "]"},
  };
  Parser parser;
  for (const Case& c : cases) {
    const auto start = std::chrono::steady_clock::now();
    parser.parse(*language_by_name(c.language), nested(c.open, c.close));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    EXPECT_LT(took.count(), 30) << c.language << " " << c.open;
  }
}

TEST(Parse, GivesUpOnAFileThatTakesTooLongButKeepsItsText) {
  std::string text;
  while (text.size() < (12u << 20))
    text += "template <class T> auto f(T t) -> decltype(t < (t > t));\n";
  const ParsedFile file = parse("cpp", text);
  ASSERT_THAT(file.notes, Contains("parse stopped after 500 ms"));
  EXPECT_THAT(file.chunks, Not(IsEmpty()));
}

TEST(Parse, TheSameParserServesManyLanguagesAndFiles) {
  Parser parser;
  const auto names = [&](std::string_view language, std::string_view text) {
    std::vector<std::string> out;
    for (const Symbol& s : parser.parse(*language_by_name(language), text).symbols) {
      out.push_back(s.name);
    }
    return out;
  };
  for (int round = 0; round < 3; ++round) {
    EXPECT_THAT(names("cpp", "int a() {}"), ElementsAre("a"));
    EXPECT_THAT(names("python", "def b(): pass"), ElementsAre("b"));
    EXPECT_THAT(names("go", "package p\nfunc c() {}\n"), ElementsAre("p", "c"));
  }
}

TEST(SplitIdentifier, FindsTheWords) {
  EXPECT_THAT(split_identifier("parse_httpHeader2"), ElementsAre("parse", "http", "header", "2"));
  EXPECT_THAT(split_identifier("HTTPServer"), ElementsAre("http", "server"));
  EXPECT_THAT(split_identifier("kMaxURLBytes"), ElementsAre("k", "max", "url", "bytes"));
  EXPECT_THAT(split_identifier("__init__"), ElementsAre("init"));
  EXPECT_THAT(split_identifier("utf8"), ElementsAre("utf", "8"));
  EXPECT_THAT(split_identifier("A::f-g.h"), ElementsAre("a", "f", "g", "h"));
  EXPECT_THAT(split_identifier("gr\xc3\xb6\xc3\x9f"
                               "e"),
              ElementsAre("gr\xc3\xb6\xc3\x9f"
                          "e"));
  EXPECT_THAT(split_identifier(""), IsEmpty());
  EXPECT_THAT(split_identifier("___"), IsEmpty());
}

}  // namespace
}  // namespace curlew::indexer
