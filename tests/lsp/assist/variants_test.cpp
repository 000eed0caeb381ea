// Texts with variants: where a change can stand beside what it changes, and that each made program does with
// each variant alive what the changed text does when it is compiled by itself.
#include "lsp/assist/repair/rehearse/variants.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>

#include "lsp/assist/repair/rehearse/variant_blame.h"
#include "lsp/assist/repair/rehearse/variant_scripts.h"

namespace curlew::assist {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

const indexer::Language* language(const char* name) {
  return indexer::language_by_name(name);
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  return at == text.npos ? text : text.replace(at, from.size(), to);
}

std::string without_helper(const std::string& made) {
  return made.substr(made.find("#line 1\n") + 8);
}

// --- Places ----------------------------------------------------------------------------------------

std::string made_of(const std::string& text, std::string_view from, std::string_view to,
                    const char* name = "c") {
  Variants variants(language(name), text);
  if (variants.add(0, replaced(text, from, to)) != Variants::Added::kYes) return "";
  std::vector<std::size_t> changes;
  return without_helper(variants.make({}, changes).text);
}

TEST(Variants, ChooseBetweenConditions) {
  EXPECT_EQ(made_of("int f(int a) {\n  if (a < 3) return 1;\n  return 2;\n}\n", "<", ">="),
            "int f(int a) {\n"
            "  if ((curlew_at(1, 1) ? (\n"
            "#line 20001\n"
            "!!(a >= 3) \n"
            "#line 2\n"
            ") : !!(a < 3))) return 1;\n"
            "  return 2;\n}\n");
}

TEST(Variants, ChooseBetweenStatements) {
  EXPECT_EQ(made_of("int f(int a) {\n  a = a + 1;\n  return a;\n}\n", "+", "-"),
            "int f(int a) {\n"
            "  { if (curlew_at(1, 1)) {\n"
            "#line 20001\n"
            "{ a = a - 1; } \n"
            "#line 2\n"
            "} else {a = a + 1;} }\n"
            "  return a;\n}\n");
}

TEST(Variants, ChooseWhetherAStatementIsThere) {
  const std::string text = "int f(int a) {\n  g();\n  return a;\n}\n";
  EXPECT_THAT(made_of(text, "  g();\n", ""), HasSubstr("else {g();\n"));
  EXPECT_THAT(made_of(text, "  return", "  if (a) return 1;\n  return"),
              HasSubstr("{ if (a) return 1; }"));
}

TEST(Variants, ChooseBetweenInitialValues) {
  EXPECT_THAT(made_of("int f(int a) { int b = a; return b; }", "= a", "= -a"),
              HasSubstr("(-a) \n#line 1\n) : (a)); return b;"));
  EXPECT_THAT(made_of("int f(int a) { for (int i = 0; i < a; i++) g(i); }", "i++", "i--"),
              HasSubstr("(void)(i--) \n#line 1\n) : (void)(i++)))"));
}

TEST(Variants, DoNotChooseWhereTheCompilerWorksItOut) {
  const std::pair<const char*, const char*> cases[] = {
      {"#define N 3\nint f(void) { return N; }", "3"},
      {"static int n = 3;\nint f(void) { return n; }", "3"},
      {"enum e { A = 3 };", "3"},
      {"int f(int a[3]);", "3"},
      {"int a[3];", "3"},
  };
  for (const auto& [text, from] : cases) EXPECT_EQ(made_of(text, from, "4"), "") << text;
  EXPECT_EQ(made_of("constexpr int f() { return 3; }", "3", "4", "cpp"), "");
  EXPECT_EQ(made_of("int f(int a) { start: a = 3; if (a) goto start; int b[3]; return 0; }", "b[3]",
                    "b[4]"),
            "")
      << "a label cannot stand there twice";
}

TEST(Variants, TakeTheWholeBlockWhereADeclarationChanges) {
  const std::string made =
      made_of("int f(int a) {\n  static int n = 3;\n  return a + n;\n}\n", "3", "4");
  EXPECT_THAT(made, HasSubstr("{ { static int n = 4; return a + n; } }"));
  EXPECT_THAT(made_of("int f(int a) { int b[3]; return a; }", "3", "4"), HasSubstr("int b[4];"));
  EXPECT_THAT(made_of("int f(int a) { switch (a) { case 3: return 1; } return 2; }", "3", "4"),
              HasSubstr("{ switch (a) { case 4: return 1; } }"));
}

TEST(Variants, KeepTheLinesOfTheText) {
  const std::string text =
      "int f(int a) {\n"
      "  if (a) { // yes\n"
      "    a = 1; /* one */ a = 2;\n"
      "  }\n"
      "  return __LINE__;\n"
      "}\n";
  const std::string made = made_of(text, "1;", "5;");
  EXPECT_THAT(made, HasSubstr("#line 3\n} else {a = 1;} } /* one */ a = 2;\n  }\n  return"));
}

TEST(Variants, PutChangesOnOneLine) {
  const auto* c = language("c");
  EXPECT_EQ(on_one_line("a = 1; // one\n  b = \"// no\";", c), "a = 1; b = \"// no\";");
  EXPECT_EQ(on_one_line("a /* x\ny */ = 1;\r\nb;", c), "a = 1; b;");
  EXPECT_FALSE(on_one_line("a;\n#ifdef X\nb;\n#endif\n", c));
  EXPECT_FALSE(on_one_line("a = R\"(\n)\";", c));
  EXPECT_FALSE(on_one_line("a = \"x // y", c));
}

TEST(Variants, KnowWhatCannotCompileInC) {
  const std::string text =
      "int all;\n"
      "int f(int a) {\n  { int inner = a; a = inner; }\n  return a;\n}\n";
  Variants variants(language("c"), text);
  EXPECT_EQ(variants.add(0, replaced(text, "return a", "return inner")), Variants::Added::kBroken);
  EXPECT_EQ(variants.add(1, replaced(text, "return a", "return all")), Variants::Added::kYes);
  EXPECT_EQ(variants.add(2, replaced(text, "a = inner", "a = -inner")), Variants::Added::kYes);
  EXPECT_EQ(variants.add(3, replaced(text, "return a", "return x.inner")), Variants::Added::kYes);
}

TEST(Variants, LeaveOutWhatIsNotWanted) {
  const std::string text = "int f(int a) { a = a + 1; return a; }";
  Variants variants(language("c"), text);
  variants.add(7, replaced(text, "+", "-"));
  variants.add(8, replaced(text, "+", "*"));
  variants.add(9, replaced(text, "return a", "return 1"));
  std::vector<std::size_t> changes;
  const MadeText made = variants.make({7}, changes);
  EXPECT_THAT(changes, ElementsAre(8u, 9u));
  EXPECT_THAT(made.text, Not(HasSubstr("a - 1")));
  ASSERT_EQ(made.places.size(), 2u);
  EXPECT_EQ(made.places[1].first, 2);
  variants.make({}, changes);
  EXPECT_EQ(changes.size(), 5u) << "numbers go on";
}

// --- Programs --------------------------------------------------------------------------------------

struct Program {
  const char* name;
  const char* language;
  const char* options;
  std::string text;
  std::vector<std::pair<const char*, const char*>> changes;
};

const Program kPrograms[] = {
    {"C89",
     "c",
     "-std=c89 -pedantic-errors -Wall -Wextra -Werror",
     R"(#include <stdio.h>
#include <stdlib.h>
#define TWICE(x) ((x) * 2)
static int table[] = {1, 2, 3};
static int pick(int value, int low, int high)
{
	if (value < low)
		if (value < -5) return -5;
		else return low;
	else if (value > high)
		return high; /* a comment */
	return value;
}
static int count(const char* text)
{
	int words = 0, inside = 0;
	for (; *text; text++) {
		if (*text == ' ') inside = 0;
		else if (!inside) { inside = 1, words++; }
	}
	return words;
}
int main(void)
{
	int i, sum = 0;
	for (i = 0; i < 3; i++) {
		switch (table[i]) {
		case 1: sum += TWICE(i); break;
		case 2: sum -= 1;
		default: sum += 10;
		}
	}
	do { sum++; } while (sum % 7 != 0);
	printf("%d %d %d %d %d", sum, pick(-9, 0, 4), pick(-2, 0, 4), pick(9, 0, 4), count("a bc  d"));
	printf("%s\n", sum > 20 ? "more" : "less");
	return 0;
}
)",
     {{"value < low", "value <= low"},
      {"value < -5", "value > -5"},
      {"else return low", "else return high"},
      {"value > high", "!(value > high)"},
      {"return high; /*", "return low; /*"},
      {"\t\tif (value < -5) return -5;\n\t\telse return low;", "\t\treturn low;"},
      {"text++", "text += 2"},
      {"' '", "'b'"},
      {"inside = 0;\n\t\telse", "inside = 1;\n\t\telse"},
      {"!inside", "inside"},
      {"inside = 1, words++", "words++, inside = 0"},
      {"words++", "words--"},
      {"words = 0", "words = 5"},
      {"return words", "return words + 1"},
      {"i = 0; i", "i = 1; i"},
      {"i < 3", "i < 2"},
      {"i++", "i += 2"},
      {"table[i]", "table[0]"},
      {"TWICE(i)", "TWICE(i + 1)"},
      {"TWICE(i); break;", "TWICE(i);"},
      {"case 1:", "case 3:"},
      {"sum -= 1;", "sum -= 1; break;"},
      {"sum++", "sum += 2"},
      {"% 7 != 0", "% 5 != 0"},
      {"int i, sum = 0;", "int i, sum = 100;"},
      {"\tint i, sum = 0;", "\tlong j = 2; int i, sum = (int)j;"},
      {"more\"", "most\""},
      {"sum > 20 ?", "sum < 20 ?"},
      {"return 0;", "return 3;"},
      {"\treturn value;", "\tvalue++;\n\treturn value;"}}},
    {"Cpp17",
     "cpp",
     "-std=c++17 -Wall -Wextra -Werror",
     R"(#include <cstdio>
#include <map>
#include <string>
#include <vector>
namespace {
struct Point {
  int x = 1, y = 2;
  Point(int a, int b) : x(a), y(b * 2) { ++x; }
  int sum() const { return x + y; }
};
template <class T>
T biggest(const std::vector<T>& all) {
  T best = all[0];
  for (const T& one : all)
    if (best < one) best = one;
  return best;
}
constexpr int square(int a) { return a * a; }
auto adder = [](int a) { return a + square(2); };
int half(int a) {
  if (const int b = a / 2; b > 1) return b;
  while (true) {
    if (a > 10) break;
    a += 3;
  }
  try {
    if (a % 2 == 0) throw a;
  } catch (int odd) {
    return odd - 1;
  }
  return a;
}
}  // namespace
int main() {
  std::map<std::string, int> ages{{"a", 3}, {"b", 4}};
  std::string text = "x";
  int total = 0;
  for (auto& [name, age] : ages) { text += name; total += age; }
  auto twice = [&](int n) { return n * total; };
  const char* raw = R"xx(a "raw" // one)xx";
  std::printf("%d %d %d %d %d %s %d %s\n", Point(1, 2).sum(), biggest<int>({1, 7, 3}), half(1),
              half(9), twice(3), text.c_str(), adder(1), raw);
}
)",
     {{"x(a)", "x(b)"},
      {"b * 2", "b * 3"},
      {"++x", "--x"},
      {"x + y", "x - y"},
      {"all[0]", "all[1]"},
      {"best < one", "one < best"},
      {"best = one;", "best = all[0];"},
      {"b > 1", "b > 100"},
      {"a / 2", "a / 3"},
      {"a > 10", "a > 11"},
      {"break;", "return 77;"},
      {"a += 3", "a += 4"},
      {"% 2 == 0", "% 2 != 0"},
      {"throw a", "throw a + 1"},
      {"odd - 1", "odd + 1"},
      {"\"x\"", "\"yy\""},
      {"text += name; ", ""},
      {"total += age;", "total -= age;"},
      {"n * total", "n + total"},
      {"{\"b\", 4}", "{\"b\", 5}"},
      {"half(9)", "half(90)"}}},
};

class MadeProgram : public testing::TestWithParam<const Program*> {
 protected:
  void SetUp() override {
    char name[] = "/tmp/variants-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  // What a command prints, and how it ends.
  std::string run(const std::string& command) const {
    FILE* pipe = popen(fmt::format("cd {} && {} 2>&1", folder_.string(), command).c_str(), "r");
    std::string said;
    for (int c = 0; (c = std::fgetc(pipe)) != EOF;) said += static_cast<char>(c);
    const int status = pclose(pipe);
    return fmt::format("{}[{}]", said, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
  }
  std::string compile(const std::string& text, const char* program, const char* more = "") const {
    const Program& of = *GetParam();
    const bool is_c = std::string_view(of.language) == "c";
    const std::string file = fmt::format("{}.{}", program, is_c ? "c" : "cpp");
    std::ofstream(folder_ / file) << text;
    return run(
        fmt::format("{} {} {} {} -o {}", is_c ? "cc" : "c++", of.options, more, file, program));
  }
  // A changed text may deserve a warning that a made one does not.
  std::string plain(const std::string& text) const {
    EXPECT_EQ(compile(text, "plain", "-w"), "[0]");
    return run("timeout 10 ./plain");
  }

  fs::path folder_;
};

TEST_P(MadeProgram, DoesWithEachVariantWhatTheChangedTextDoes) {
  const Program& program = *GetParam();
  if (run("cc --version").find("[0]") == std::string::npos ||
      run("c++ --version").find("[0]") == std::string::npos)
    GTEST_SKIP() << "no compiler";
  for (const bool has_returns : {false, true}) {
    std::string text = program.text;
    if (has_returns)
      for (std::size_t at = 0; (at = text.find('\n', at)) != text.npos; at += 2)
        text.insert(at, 1, '\r');
    Variants variants(language(program.language), text);
    std::vector<std::string> expected;
    for (std::size_t i = 0; i < program.changes.size(); ++i) {
      std::string from = program.changes[i].first;
      if (has_returns && from.find('\n') != from.npos) {
        expected.emplace_back();
        continue;
      }
      const std::string changed = replaced(text, from, program.changes[i].second);
      EXPECT_EQ(variants.add(i, changed), Variants::Added::kYes) << from;
      expected.push_back(has_returns ? "" : plain(changed));
    }
    std::vector<std::size_t> changes;
    const MadeText made = variants.make({}, changes);
    EXPECT_EQ(compile(made.text, "made"), "[0]");
    EXPECT_EQ(run("./made"), plain(text)) << "with none alive";
    EXPECT_EQ(run("CURLEW_SEEN=$PWD/seen ./made"), plain(text)) << "with notes";
    EXPECT_EQ(run("CURLEW_PICK=9999 ./made"), plain(text));
    if (has_returns) continue;
    for (std::size_t i = 0; i < changes.size(); ++i)
      EXPECT_EQ(run(fmt::format("CURLEW_PICK={} timeout 10 ./made", i + 1)), expected[changes[i]])
          << program.changes[changes[i]].first << " -> " << program.changes[changes[i]].second;
#if defined(__x86_64__) || defined(__aarch64__)
    std::ifstream notes(folder_ / "seen");
    const std::string all((std::istreambuf_iterator<char>(notes)), {});
    EXPECT_FALSE(read_seen(all).empty());
    std::set<int> firsts;
    for (const MadePlace& place : made.places) firsts.insert(place.first);
    for (const int number : read_seen(all)) EXPECT_TRUE(firsts.contains(number)) << number;
#endif
  }
}

INSTANTIATE_TEST_SUITE_P(Languages, MadeProgram, testing::Values(&kPrograms[0], &kPrograms[1]),
                         [](const auto& info) { return std::string(info.param->name); });

// --- Blame -----------------------------------------------------------------------------------------

Diagnostic error_at(const char* path, int line, const char* message = "no") {
  return {.place = {path, line, 1, 0, 0}, .message = message, .source = "gcc"};
}

TEST(VariantBlame, GoesByTheLine) {
  const std::map<std::string, MadeText> places = {
      {"a.c", {"", {{1, 3, 10, 20}, {4, 5, 12, 12}}, {}}}};
  const std::vector<Diagnostic> exact = {error_at("a.c", 20'002)};
  EXPECT_THAT(blame(exact, places, 5).variants, ElementsAre(2));
  const std::vector<Diagnostic> around = {error_at("a.c", 12)};
  EXPECT_THAT(blame(around, places, 5).suspects, UnorderedElementsAre(4, 5)) << "the inner place";
  const std::vector<Diagnostic> elsewhere = {error_at("b.c", 12), error_at("a.c", 99),
                                             error_at("a.c", 20'006)};
  EXPECT_TRUE(blame(elsewhere, places, 5).is_empty());
  std::vector<Diagnostic> noted = {error_at("a.h", 7)};
  noted[0].notes.push_back({{"a.c", 20'004, 1, 0, 0}, "in expansion of macro"});
  EXPECT_THAT(blame(noted, places, 5).variants, ElementsAre(4));
  std::vector<Diagnostic> of_test = exact;
  of_test[0].source = "output";
  EXPECT_TRUE(blame(of_test, places, 5).is_empty());
}

TEST(VariantBlame, KnowsWhichSymbolIsMissing) {
  EXPECT_EQ(missing_symbol({.message = "undefined reference to `f'", .source = "ld"}), "f");
  EXPECT_EQ(missing_symbol({.message = "undefined reference to `n::f(int)'", .source = "ld"}),
            "n::f");
  EXPECT_EQ(missing_symbol({.message = "multiple definition of `f'", .source = "ld"}), "");
}

// --- Scripts ---------------------------------------------------------------------------------------

TEST(VariantScripts, AreNotForProgramsOfOtherLanguages) {
  EXPECT_TRUE(may_compile_c({"make", "check"}));
  EXPECT_TRUE(may_compile_c({"sh", "-c", "cargo test"})) << "who knows";
  EXPECT_TRUE(may_compile_c({"./go"}) == may_compile_c({"go"})) << "by its name";
  EXPECT_FALSE(may_compile_c({"/usr/bin/cargo", "test"}));
  EXPECT_FALSE(may_compile_c({"node", "--test"}));
  EXPECT_FALSE(may_compile_c({}));
}

TEST(VariantScripts, AreReadAsTheyPrint) {
  const std::string said =
      "\x1e"
      "curlew pick 0 1 12\nas it is"
      "\x1e"
      "curlew pick 7 0 1500\n3 passed\n"
      "\x1e"
      "curlew pick x"
      "\x1e"
      "curlew pick 8 124 5\n";
  const auto runs = read_picks(said);
  ASSERT_EQ(runs.size(), 3u);
  EXPECT_EQ(runs[0].pick, 0);
  EXPECT_EQ(runs[0].exit_code, 1);
  EXPECT_EQ(runs[0].output, "as it is");
  EXPECT_EQ(runs[1].seconds, 1.5);
  EXPECT_EQ(runs[2].exit_code, 124);
  EXPECT_THAT(read_seen("3\n12\nx\n\n4"), ElementsAre(3, 12, 4));
  EXPECT_THAT(read_picks("nothing"), IsEmpty());
}

}  // namespace
}  // namespace curlew::assist
