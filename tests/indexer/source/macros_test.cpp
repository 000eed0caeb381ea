#include "indexer/source/macros.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "indexer/source/c_tokens.h"
#include "indexer/source/parse.h"

namespace curlew::indexer {
namespace {

// The text with runs of blanks squeezed: what the parser sees.
std::string seen(std::string_view text) {
  const std::string masked =
      without_macros(*language_by_name("cpp"), text).value_or(std::string(text));
  EXPECT_EQ(masked.size(), text.size());
  std::string out;
  for (const char c : masked) {
    if (c != ' ' || (!out.empty() && out.back() != ' ' && out.back() != '\n')) out += c;
    if (c == '\n' && out.ends_with(" \n")) out.erase(out.size() - 2, 1);
  }
  return out;
}

TEST(Macros, AreBlankedWhereTheGrammarKnowsOfNone) {
  EXPECT_EQ(seen("class EXPORT Reader {};"), "class Reader {};");
  EXPECT_EQ(seen("class EXPORT(1) Reader final : public A {};"),
            "class Reader final : public A {};");
  EXPECT_EQ(seen("__BEGIN_DECLS\nint f();\n__END_DECLS\n"), "\nint f();\n\n");
  EXPECT_EQ(seen("API const char* name(int);"), "const char* name(int);");
  EXPECT_EQ(seen("__owur int name(int);"), "int name(int);");
  EXPECT_EQ(seen("int CALL name(int);"), "int name(int);");
  EXPECT_EQ(seen("void f() REQUIRES(mutex_) {}"), "void f() {}");
  EXPECT_EQ(seen("int f(int) __THROW __nonnull ((1));"), "int f(int) ;");
  EXPECT_EQ(seen("int f OF((int a));"), "int f (int a) ;");
  EXPECT_EQ(seen("EXTERN(int) name(void);"), "EXTERN name(void);");
  EXPECT_EQ(seen("PyAPI_DATA(PyObject *) PyExc;"), "PyAPI_DATA PyExc;");
  EXPECT_EQ(seen("int f(STACK_OF(X) *all, int b);"), "int f(STACK_OF *all, int b);");
  EXPECT_EQ(seen("enum E { A,\n#define A A\nB };"), "enum E { A,\n\nB };");
}

TEST(Macros, AreLeftWhereTheyAreCode) {
  for (const char* text : {
           "struct FILE_INFO info = {1};",
           "class READER {};",
           "class READER final {};",
           "FILE *open(int);",
           "DWORD count;",
           "DWORD count(int);",
           "enum { ONE };",
           "enum E {\n  ONE,\n  TWO\n};",
           "int a[] = {\n  ONE\n};",
           "void f() { if (x) DONE; }",
           "void f() { x = (int) LIMIT; }",
           "void f() { g(MAX(1, 2) * b); }",
           "void f() { return MAX(a, b); }",
           "#define EXPORT __attribute__((x))\n",
           "const char* s = \"class EXPORT Reader {\";",
           "// class EXPORT Reader {\n/* class EXPORT A { */",
           "auto s = R\"x(class EXPORT Reader {)x\";",
           "TEST(Suite, Name) { int x; }",
           "int x __attribute__((unused));",
           "A() noexcept;",
       }) {
    EXPECT_EQ(without_macros(*language_by_name("cpp"), text), std::nullopt) << text;
  }
  EXPECT_EQ(without_macros(*language_by_name("java"), "class EXPORT Reader {}"), std::nullopt);
}

TEST(Macros, DoNotMoveOrRenameWhatIsFound) {
  const std::string text = "class EXPORT Reader : public Base {\n  void f() LOCKS(mu_);\n};\n";
  const ParsedFile file = Parser().parse(*language_by_name("cpp"), text);
  ASSERT_EQ(file.symbols.size(), 2u);
  EXPECT_EQ(file.symbols[0].name, "Reader");
  EXPECT_EQ(file.symbols[0].kind, SymbolKind::kClass);
  EXPECT_EQ(file.symbols[0].name_range.start_col, 13u);
  EXPECT_EQ(file.symbols[0].signature, "class EXPORT Reader : public Base");
  EXPECT_EQ(file.symbols[1].signature, "void f() LOCKS(mu_)");
  EXPECT_EQ(file.error_nodes, 0);
}

TEST(Macros, SurviveAnyText) {
  static constexpr std::string_view kBits[] = {
      "class ", "EXPORT ", "(", ")",  "{",  "}",  ";",     "\n",   "enum ",   "#define X\n",
      "\\\n",   "\"",      "'", "/*", "*/", "//", "R\"x(", ")x\"", "__owur ", "int ",
      "f",      "*",       ",", ":",  "::", "=",  "<",     ">"};
  std::mt19937 random(11);
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (std::size_t n = random() % 40; n > 0; --n) text += kBits[random() % std::size(kBits)];
    const std::optional<std::string> masked = without_macros(*language_by_name("c"), text);
    if (!masked) continue;
    ASSERT_EQ(masked->size(), text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
      ASSERT_TRUE((*masked)[i] == text[i] || ((*masked)[i] == ' ' && text[i] != '\n')) << text;
    }
  }
}

TEST(CTokens, SkipCommentsAndKeepLiteralsWhole) {
  std::vector<std::string> words;
  const std::string text = "#if A \\\n B\nint x1 = 0x1f; /* \" */ 'a' \"b\\\"c\" R\"(\")\" // end";
  for (const CToken& t : c_tokens(text)) words.push_back(text.substr(t.start, t.end - t.start));
  EXPECT_THAT(words, testing::ElementsAre("#if A \\\n B", "int", "x1", "=", "0x1f", ";", "'a'",
                                          "\"b\\\"c\"", "R\"(\")\""));
}

}  // namespace
}  // namespace curlew::indexer
